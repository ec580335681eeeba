/**
 * A growth on a page's graphics processor that the page cannot take away: it remembers the last state that it has seen and
 * what was asked since, and when the page is gone it does that again on this process's own backend, and goes on there.
 * Whoever plays it notices a pause, no more: same step, same events, nothing asked is lost.
 */
import { setImmediate as immediately } from 'node:timers/promises';
import type { GrowthPicture, GrowthUnderWay } from '#app/growing.ts';
import { makeMark, type GrowthMark } from '#domain/growth-marks.ts';
import type { Mix } from '#domain/mix.ts';
import type { Graphics } from './graphics.ts';
import type { GraphicsPlan, RemoteGrowth } from './remote-growth.ts';

export interface SurvivingSetup {
  readonly graphics: Pick<Graphics, 'openGrowth'>;
  readonly plan: GraphicsPlan;
  /** The same plan on this process's own backend, at step 0. */
  readonly openOwn: () => GrowthUnderWay;
  /** It goes on here, and somebody looks at it: why, for the user. */
  readonly onMoved: (why: Error) => void;
  /** A clock that never jumps. */
  readonly nowMs?: () => number;
}

/** What changes the state, in its order; a state that was asked for stands among them. */
type Deed =
  | { readonly kind: 'advance'; readonly steps: number }
  | { readonly kind: 'replace'; readonly state: Float32Array; readonly step: number }
  | { readonly kind: 'mark'; readonly marks: readonly GrowthMark[] }
  | { readonly kind: 'remix'; readonly mix: Mix }
  | { readonly kind: 'state'; readonly step: number; readonly answer: Answer<Float32Array> | null }
  | {
      readonly kind: 'picture';
      readonly canvas: string | null;
      readonly answer: Answer<GrowthPicture | null>;
    };

interface Answer<T> {
  readonly resolve: (value: T) => void;
  readonly reject: (failure: unknown) => void;
}

/** Where it would begin again. */
interface Base {
  /** null: the seed. */
  readonly state: Float32Array | null;
  readonly step: number;
  readonly mix: Mix;
}

/** Steps that may have to be made again are so many at most; of large grids fewer, as each takes longer here. */
const MOST_AGAIN = { steps: 512, least: 128, cells: 2 ** 26 };
/** Computing at a stretch. */
const SLICE_MS = 8;

export function survivingGrowth(setup: SurvivingSetup): GrowthUnderWay {
  const { plan, openOwn, onMoved, nowMs = () => performance.now() } = setup;
  const { height, width } = plan.spec.grid;
  const mostAgain = Math.max(
    MOST_AGAIN.least,
    Math.min(MOST_AGAIN.steps, Math.floor(MOST_AGAIN.cells / (height * width))),
  );
  let remote: RemoteGrowth | null = setup.graphics.openGrowth(plan);
  let own: GrowthUnderWay | null = null;
  let base: Base = { state: null, step: 0, mix: plan.mix };
  /** Done on the page since the base. */
  let done: Deed[] = [];
  let waiting: Deed[] = [];
  /** The step and the mix after all that waits, and after all that is done. */
  let asked = 0;
  let mix = plan.mix;
  let movedBecause: Error | null = null;
  let isDisposed = false;
  /** What ended it for good. */
  let broken: { readonly failure: unknown } | null = null;
  let working: Promise<void> | null = null;

  function ask(deed: Deed): void {
    if (isDisposed) return;
    if (broken !== null) {
      if ('answer' in deed) deed.answer?.reject(broken.failure);
      return;
    }
    waiting.push(deed);
    working ??= work();
  }

  async function work(): Promise<void> {
    let deed: Deed | undefined;
    try {
      while (!isDisposed && (deed = waiting.shift()) !== undefined) {
        if (own !== null) await doHere(own, deed);
        else {
          done.push(deed);
          await doThere(remote!, deed).catch((failure: unknown) => move(asError(failure)));
        }
      }
    } catch (failure) {
      broken = { failure };
      const left = [deed, ...done, ...waiting];
      [done, waiting] = [[], []];
      for (const one of left) if (one !== undefined && 'answer' in one) one.answer?.reject(failure);
    }
    // In the same moment in which nothing was left to do: whoever asks next begins anew.
    working = null;
  }

  async function doThere(there: RemoteGrowth, deed: Deed): Promise<void> {
    switch (deed.kind) {
      case 'advance':
        await there.advance(deed.steps);
        rememberSoon();
        return;
      case 'replace':
        settle({ state: deed.state, step: deed.step, mix });
        await there.replace(deed.state, deed.step);
        return;
      case 'mark':
        await there.mark(deed.marks);
        return;
      case 'remix':
        await there.remix(deed.mix);
        mix = deed.mix;
        return;
      case 'state': {
        const state = await there.state();
        // Whoever asked may write on it.
        settle({ state: deed.answer === null ? state : state.slice(), step: deed.step, mix });
        deed.answer?.resolve(state);
        return;
      }
      case 'picture': {
        const picture = await there.picture(deed.canvas);
        done.pop();
        deed.answer.resolve(picture);
        return;
      }
      default:
        deed satisfies never;
    }
  }

  /** All that was done so far is in it. */
  function settle(now: Base): void {
    base = now;
    done = [];
  }

  function rememberSoon(): void {
    const since = done.reduce((steps, deed) => steps + (deed.kind === 'advance' ? deed.steps : 0), 0);
    const isAsked = waiting.some(({ kind }) => kind === 'state' || kind === 'replace');
    if (since < mostAgain || isAsked) return;
    waiting.unshift({ kind: 'state', step: base.step + since, answer: null });
  }

  /** Goes on here: what is done there since the base is to be done again. */
  function move(why: Error): void {
    remote?.close();
    remote = null;
    movedBecause = why;
    own = openOwn();
    if (base.mix !== plan.mix) own.remix(base.mix);
    if (base.state !== null) own.replace(base.state, base.step);
    waiting = [...done, ...waiting];
    settle({ ...base, state: null });
  }

  async function doHere(here: GrowthUnderWay, deed: Deed): Promise<void> {
    switch (deed.kind) {
      case 'advance':
        await advanceInSlices(here, deed.steps, nowMs, () => isDisposed);
        return;
      case 'replace':
        here.replace(deed.state, deed.step);
        return;
      case 'mark': {
        const state = await here.state();
        for (const mark of deed.marks) makeMark(state, mark, plan.spec);
        here.replace(state);
        return;
      }
      case 'remix':
        here.remix(deed.mix);
        return;
      case 'state':
        if (deed.answer !== null) deed.answer.resolve(await here.state());
        return;
      case 'picture':
        if (movedBecause !== null) onMoved(movedBecause);
        movedBecause = null;
        deed.answer.resolve(null);
        return;
      default:
        deed satisfies never;
    }
  }

  return {
    get step() {
      return asked;
    },
    advance(steps) {
      if (steps <= 0) return;
      asked += steps;
      ask({ kind: 'advance', steps });
    },
    state: () =>
      new Promise((resolve, reject) => {
        ask({ kind: 'state', step: asked, answer: { resolve, reject } });
      }),
    replace(state, step = asked) {
      asked = step;
      ask({ kind: 'replace', state: state.slice(), step });
    },
    mark: (marks) => ask({ kind: 'mark', marks }),
    remix: (mix) => ask({ kind: 'remix', mix }),
    async made() {
      await working;
      if (broken !== null) throw broken.failure;
    },
    picture: (canvas) =>
      new Promise((resolve, reject) => {
        ask({ kind: 'picture', canvas, answer: { resolve, reject } });
      }),
    dispose() {
      isDisposed = true;
      remote?.close();
      // Not under the hands of what it is doing.
      void Promise.resolve(working).then(() => own?.dispose());
    },
  };
}

/** Everything else of this process has its turn in between. */
async function advanceInSlices(
  growth: GrowthUnderWay,
  steps: number,
  nowMs: () => number,
  isOver: () => boolean,
): Promise<void> {
  let slice = 1;
  for (let left = steps; left > 0;) {
    const size = Math.min(slice, left);
    const beginMs = nowMs();
    growth.advance(size);
    await growth.made?.();
    left -= size;
    const tookMs = nowMs() - beginMs;
    if (tookMs < SLICE_MS / 2) slice *= 2;
    else if (tookMs > SLICE_MS) slice = Math.max(1, slice >> 1);
    if (left === 0) return;
    await immediately();
    if (isOver()) return;
  }
}

function asError(failure: unknown): Error {
  return failure instanceof Error ? failure : new Error(String(failure));
}
