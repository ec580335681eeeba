/**
 * The two engine processes of an application. The live one is always there; the heavy one is started for the first
 * call that needs it, and ended some time after the last one, so that its memory goes back.
 */
import type { Engines } from '#app/ports.ts';
import type { MethodName, ParamsIn, Progress, Result } from '#contract/contract.ts';
import type { EngineContract } from '#contract/engine-contract.ts';
import type { CallOptions } from '#contract/rpc.ts';
import type { Settings } from '#contract/settings.ts';
import type { EngineState } from '#contract/shapes/engine-state.ts';

export type EngineSettings = Pick<Settings, 'backend' | 'threads'>;

/** A process that is watched, and begun again when it dies. */
export interface EngineProcess {
  /** Waits until it is ready. */
  call<M extends MethodName<EngineContract>>(
    method: M,
    params: ParamsIn<EngineContract, M>,
    options?: CallOptions<Progress<EngineContract, M>>,
  ): Promise<Result<EngineContract, M>>;
  state(): EngineState;
  onState(listener: (state: EngineState) => void): void;
  restart(settings: EngineSettings): Promise<EngineState>;
  close(): Promise<void>;
}

export type OpenEngine = (kind: 'live' | 'heavy', settings: EngineSettings) => EngineProcess;

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
  let heavy: EngineProcess | null = null;
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
        const engine = (heavy ??= openEngine('heavy', settings));
        running++;
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
