/**
 * The graphics processors that pages lend this process: lines come and go, and one of them is used at a time. A page is
 * asked only when that is wanted; until then it has not touched its processor. What is refused is told in a sentence.
 */
import type { Port } from '#contract/port.ts';
import type { KeptVariants } from '../webgpu/kept-variants.ts';
import type { TriedProcessors } from '../webgpu/tried-processors.ts';
import { connectGraphics, type Graphics, type GraphicsLine } from './graphics.ts';

export interface LentSetup {
  readonly tried: Pick<TriedProcessors, 'known' | 'remember' | 'verdict'>;
  /** Of the processors, what was found quickest on them. */
  readonly variants?: KeptVariants;
  /** One came, or went away, or why there is none. */
  readonly onChange: () => void;
  /** Sentences for the user. */
  readonly onNotice: (sentence: string) => void;
  /** From a loss to asking the same page again, whose driver may have been reset. */
  readonly againMs?: number;
  /** As connectGraphics. */
  readonly answerMs?: number;
}

export interface LentGraphics {
  /** A page has one to lend. */
  add(line: Port): void;
  /** Whoever opens pages has none, for this reason; null: nobody misses one. */
  lack(why: string | null): void;
  /** From now on. @param softwareToo asked for by name: software will do, and what was wrong before is tried again */
  use(softwareToo: boolean): void;
  current(): Graphics | null;
  /** As `current`, when the pages that are there have answered. */
  settled(): Promise<Graphics | null>;
  /**
   * As `current`, but where a page is just being asked, or may be about to come (this process has just begun, or the page
   * that was used went away, as one does that is loaded again), this waits for it, for a moment at most.
   */
  soon(): Promise<Graphics | null>;
  /** Why a page that was asked lends none, or there is none; null where one does, or none was asked. */
  refusal(): string | null;
}

const AGAIN_MS = 1500;
/** What is opened in that moment had better wait than grow elsewhere for good. */
const SOON_MS = 2000;
/** Of one page; then its processor is left alone. */
const MOST_LOSSES = 3;

interface Line {
  readonly graphics: GraphicsLine;
  losses: number;
  /** Asked, and refused, for this reason. */
  refusal: string | null;
}

export function createLentGraphics(setup: LentSetup): LentGraphics {
  const { tried, onChange, onNotice, againMs = AGAIN_MS } = setup;
  let wishes: { readonly softwareToo: boolean } | null = null;
  /** The newest last: of several windows it is the one that is looked at. */
  let lines: Line[] = [];
  let absence: string | null = null;
  let current: Graphics | null = null;
  let usedLine: Line | null = null;
  let asking: Promise<void> | null = null;
  /** This process has just begun, or the page that was used has closed and may be loaded again. */
  let isExpected = false;
  let endExpectation: NodeJS.Timeout | undefined;
  const waiters: (() => void)[] = [];

  function expect(): void {
    isExpected = true;
    clearTimeout(endExpectation);
    endExpectation = setTimeout(() => (isExpected = false), SOON_MS).unref();
  }

  function changed(): void {
    if (current !== null || (asking === null && !isExpected)) {
      for (const waiter of waiters.splice(0)) waiter();
    }
    onChange();
  }

  function look(): void {
    if (wishes === null || current !== null || asking !== null) return;
    const line = lines.findLast(({ refusal }) => refusal === null);
    if (line === undefined) return;
    asking = ask(line, wishes.softwareToo).finally(() => {
      asking = null;
      isExpected = false;
      look();
      changed();
    });
  }

  async function ask(line: Line, softwareToo: boolean): Promise<void> {
    try {
      const graphics = await line.graphics.open({
        ...{ softwareToo, known: tried.known(softwareToo) },
        ...(setup.variants && { variants: setup.variants }),
      });
      const { key, wasTried, wrong } = graphics.info;
      if (wasTried) await tried.remember(key, wrong);
      const verdict = wrong ?? (wasTried ? null : tried.verdict(key));
      if (typeof verdict === 'string') line.refusal = verdict;
      else if (!graphics.lost.aborted) take(line, graphics);
      else if (lines.includes(line)) throw graphics.lost.reason;
    } catch (failure) {
      line.refusal = failure instanceof Error ? failure.message : String(failure);
    }
  }

  function take(line: Line, graphics: Graphics): void {
    [current, usedLine] = [graphics, line];
    const stopNotices = graphics.onNotice(onNotice);
    graphics.lost.addEventListener('abort', () => {
      stopNotices();
      current = null;
      line.refusal = (graphics.lost.reason as Error).message;
      line.losses++;
      // The page may be there still, and have its processor again in a moment.
      if (line.losses < MOST_LOSSES) setTimeout(() => askAgain(line), againMs).unref();
      look();
      changed();
    });
  }

  function askAgain(line: Line): void {
    line.refusal = null;
    look();
  }

  return {
    add(port) {
      const line: Line = { graphics: connectGraphics(port, setup.answerMs), losses: 0, refusal: null };
      lines.push(line);
      absence = null;
      port.onClose(() => {
        lines = lines.filter((other) => other !== line);
        if (line === usedLine) expect();
      });
      look();
    },
    lack(why) {
      if (absence === why) return;
      absence = why;
      onChange();
    },
    use(softwareToo) {
      wishes = { softwareToo };
      expect();
      look();
    },
    current: () => current,
    async settled() {
      while (asking !== null) await asking;
      return current;
    },
    async soon() {
      if (current !== null || (asking === null && !isExpected)) return current;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, SOON_MS);
        waiters.push(() => {
          clearTimeout(timer);
          resolve();
        });
      });
      return current;
    },
    refusal() {
      if (current !== null) return null;
      return lines.findLast(({ refusal }) => refusal !== null)?.refusal ?? absence;
    },
  };
}
