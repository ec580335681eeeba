/**
 * The two engine processes of an application. The live one is always there; the heavy one is started for the first
 * call that needs it, and ended some time after the last one, so that its memory goes back.
 */
import type { Engines } from '#app/ports.ts';
import type { ByteLine } from '#hosts/engine/graphics/graphics-lines.ts';
import { createWaitingLines } from '#hosts/engine/supervision/waiting-lines.ts';
import type { EngineSettings, SupervisedEngine } from '#hosts/engine/supervision/supervise-engine.ts';

export type OpenEngine = (kind: 'live' | 'heavy', settings: EngineSettings) => SupervisedEngine;

const IDLE_MS = 20_000;

export interface ServiceEngines extends Engines {
  /** Sentences for the user, of both. */
  onNotice(listener: (sentence: string) => void): void;
  /** A page lends its graphics processor to one of them; the heavy one gets it when it begins. */
  lendGraphics(kind: 'live' | 'heavy', line: ByteLine): void;
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
  let isClosed = false;
  const lines = createWaitingLines();
  const listeners: ((sentence: string) => void)[] = [];
  const tell = (sentence: string): void => {
    for (const listener of listeners) listener(sentence);
  };
  live.onNotice(tell);

  function beginHeavy(): SupervisedEngine {
    const begun = openEngine('heavy', settings);
    begun.onNotice(tell);
    lines.handOver((line) => begun.lendGraphics(line));
    return begun;
  }

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
        const engine = (heavy ??= beginHeavy());
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
    onNotice: (listener) => void listeners.push(listener),
    lendGraphics(kind, line) {
      if (isClosed) line.close('Morphogen was closed');
      else if (kind === 'live') live.lendGraphics(line);
      else if (heavy !== null) heavy.lendGraphics(line);
      else lines.add(line);
    },
    async restart(next) {
      settings = { backend: next.backend, threads: next.threads };
      // A job that runs keeps the engine that it has.
      if (running === 0) await endHeavy();
      return live.restart(settings);
    },
    async close() {
      isClosed = true;
      lines.close('Morphogen was closed');
      await Promise.all([live.close(), endHeavy()]);
    },
  };
}
