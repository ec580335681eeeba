/**
 * When there is a page that lends the engine processes its graphics processor: as long as the settings let one be used. One
 * that goes away is opened again after a pause, but not for ever; the engines, which hear it from their ports, go on without
 * it meanwhile. Nothing here knows Electron.
 */
import type { Settings } from '#contract/settings.ts';
import type { SupervisionClock } from '#hosts/engine/supervision/supervision-clock.ts';
import type { EngineProcesses } from './engine-processes.ts';
import type { GpuWindow, GpuWindowOptions } from './gpu-window.ts';

/** One more in a row, and it stays closed. */
export const PAUSES_MS: readonly number[] = [1000, 5000, 30_000];
/** Having been there so long, it is taken to run well. */
export const WELL_MS = 300_000;

export interface GraphicsPlaceSetup {
  readonly open: (onGone: GpuWindowOptions['onGone']) => Promise<GpuWindow>;
  readonly engines: Pick<EngineProcesses, 'lendGraphics' | 'lackGraphics'>;
  /** What the program does before it ends. */
  readonly save: () => Promise<void>;
  readonly clock: SupervisionClock;
  /** A sentence for whoever looks at the terminal. */
  readonly log: (sentence: string) => void;
}

export interface GraphicsPlace {
  /** Opens it or closes it, as they have it; opened anew, it is tried as often as at first. */
  follow(settings: Pick<Settings, 'backend' | 'threads'>): void;
  /** For good, and not before what trains is saved. */
  end(): void;
}

/** What a page is there for. */
interface Life {
  window: GpuWindow | null;
  stopLending: () => void;
}

export function createGraphicsPlace({ open, engines, save, clock, log }: GraphicsPlaceSetup): GraphicsPlace {
  let isWanted = false;
  let hasEnded = false;
  let life: Life | null = null;
  let losses = 0;
  let callOff = (): void => undefined;

  function later(ms: number, action: () => void): void {
    callOff();
    callOff = clock.after(ms, action);
  }

  async function begin(): Promise<void> {
    const mine: Life = { window: null, stopLending: () => undefined };
    life = mine;
    try {
      const window = await open((why) => lost(mine, why));
      if (life !== mine) {
        window.close();
        return;
      }
      mine.window = window;
      mine.stopLending = engines.lendGraphics(window);
      later(WELL_MS, () => (losses = 0));
    } catch (failure) {
      lost(mine, failure instanceof Error ? failure.message : String(failure));
    }
  }

  function lost(mine: Life, why: string): void {
    if (life !== mine) return;
    leave();
    if (hasEnded) return;
    const pauseMs = PAUSES_MS[losses];
    const what = `The page that computes on the graphics processor ended: ${why}`;
    if (pauseMs === undefined) {
      tell(
        `${what}, ${losses + 1} times in a row. It is not opened again before the backend is chosen anew.`,
      );
      return;
    }
    losses += 1;
    tell(`${what}. It is opened again in ${pauseMs / 1000} s.`);
    later(pauseMs, () => void begin());
  }

  function tell(sentence: string): void {
    log(sentence);
    engines.lackGraphics(sentence);
  }

  function leave(): void {
    callOff();
    const left = life;
    life = null;
    left?.stopLending();
    left?.window?.close();
  }

  return {
    follow({ backend, threads }) {
      const wasWanted = isWanted;
      // As the engines: who asks for a number of threads means the processor's cores.
      isWanted = backend === 'webgpu' || (backend === 'auto' && threads === null);
      if (hasEnded || isWanted === wasWanted) return;
      losses = 0;
      if (isWanted) void begin();
      else {
        leave();
        engines.lackGraphics(null);
      }
    },
    end() {
      if (hasEnded) return;
      hasEnded = true;
      if (life === null) leave();
      else void save().finally(leave);
    },
  };
}
