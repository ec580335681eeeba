/**
 * Growths that are open: each lives in the live engine process, and is known here by what it was grown from, for saving.
 * A growth that no window watches is closed after a while, as its window is gone, or has lost its connection for
 * longer than it takes to come back. When the engine process dies, its growths are gone, too.
 */
import { AppError } from '#domain/errors.ts';
import type { ItemRef } from '#contract/shapes/library.ts';
import type { Recipe } from '#contract/shapes/growth.ts';
import type { AppPorts } from '../ports.ts';

export interface GrowthSession {
  readonly id: string;
  /** Of the engine. */
  readonly engineId: string;
  readonly styles: Recipe['styles'];
  /** At first. */
  readonly mix: Recipe['mix'];
  readonly seed: number;
  /** The artwork that it was opened from. */
  readonly parents: readonly ItemRef[];
  /** Of the model of its latents, as the artwork's recipe has it; null for the styles' own. */
  readonly latentModel: string | null;
}

export interface GrowthSessions {
  add(session: Omit<GrowthSession, 'id'>): GrowthSession;
  /** @throws AppError not-found */
  get(growthId: string): GrowthSession;
  /** Runs while somebody watches it. */
  watch(growthId: string, watching: (session: GrowthSession) => Promise<void>): Promise<void>;
  /** Nothing happens where it is closed already. */
  close(growthId: string): Promise<void>;
  /** The engine process that held them is gone. */
  forgetAll(): void;
  readonly count: number;
}

/** Longer than a window takes to load again. */
const UNWATCHED_MS = 60_000;

interface Open {
  readonly session: GrowthSession;
  watchers: number;
  callOff: (() => void) | null;
}

export function createGrowthSessions({
  engines,
  timers,
  newId,
  onBug,
}: Pick<AppPorts, 'engines' | 'timers' | 'newId' | 'onBug'>): GrowthSessions {
  const open = new Map<string, Open>();

  function find(growthId: string): Open {
    const found = open.get(growthId);
    if (found !== undefined) return found;
    throw new AppError('not-found', 'This growth is not open any more: open its styles again.');
  }

  function waitForWatcher(entry: Open): void {
    entry.callOff?.();
    entry.callOff = timers.after(UNWATCHED_MS, () => {
      close(entry.session.id).catch(onBug);
    });
  }

  async function close(growthId: string): Promise<void> {
    const entry = open.get(growthId);
    if (entry === undefined) return;
    entry.callOff?.();
    open.delete(growthId);
    try {
      await engines.live.call('growth.close', { growthId: entry.session.engineId });
    } catch (failure) {
      // It is gone either way.
      if (!(failure instanceof AppError)) throw failure;
    }
  }

  return {
    add(given) {
      const session: GrowthSession = { ...given, id: newId() };
      const entry: Open = { session, watchers: 0, callOff: null };
      open.set(session.id, entry);
      waitForWatcher(entry);
      return session;
    },
    get: (growthId) => find(growthId).session,
    async watch(growthId, watching) {
      const entry = find(growthId);
      entry.watchers++;
      entry.callOff?.();
      entry.callOff = null;
      try {
        await watching(entry.session);
      } finally {
        entry.watchers--;
        if (entry.watchers === 0 && open.get(growthId) === entry) waitForWatcher(entry);
      }
    },
    close,
    forgetAll() {
      for (const { callOff } of open.values()) callOff?.();
      open.clear();
    },
    get count() {
      return open.size;
    },
  };
}
