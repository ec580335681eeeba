/**
 * The two engine processes of an application. The live one is always there; the heavy one is started for the first
 * call that needs it, and ended some time after the last one, so that its memory goes back.
 */
import type { Engines } from '#app/ports.ts';
import type { EngineSettings, SupervisedEngine } from '#hosts/engine/supervision/supervise-engine.ts';

export type OpenEngine = (kind: 'live' | 'heavy', settings: EngineSettings) => SupervisedEngine;

const IDLE_MS = 20_000;

export interface ServiceEngines extends Engines {
  close(): Promise<void>;
}

export function createEngines(
  openEngine: OpenEngine,
  first: EngineSettings,
  idleMs: number = IDLE_MS,
): ServiceEngines {
  let settings = first;
  const live = openEngine('live', settings);
  let heavy: SupervisedEngine | null = null;
  let running = 0;
  let idle: NodeJS.Timeout | undefined;

  async function endHeavy(): Promise<void> {
    clearTimeout(idle);
    const ended = heavy;
    heavy = null;
    await ended?.close();
  }

  return {
    live,
    heavy: {
      async call(method, params, options) {
        clearTimeout(idle);
        running++;
        // It died too often: whoever asks again wants it to be tried again.
        if (heavy?.state().status === 'failed') await endHeavy();
        const engine = (heavy ??= openEngine('heavy', settings));
        try {
          return await engine.call(method, params, options);
        } finally {
          running--;
          clearTimeout(idle);
          // What cannot be ended now ends with the application.
          if (running === 0) idle = setTimeout(() => void endHeavy().catch(() => undefined), idleMs).unref();
        }
      },
    },
    state: () => live.state(),
    onState: (listener) => live.onState(listener),
    async restart(next) {
      settings = { backend: next.backend, threads: next.threads };
      // A job that runs keeps the engine that it has.
      if (running === 0) await endHeavy();
      return live.restart(settings);
    },
    async close() {
      await Promise.all([live.close(), endHeavy()]);
    },
  };
}
