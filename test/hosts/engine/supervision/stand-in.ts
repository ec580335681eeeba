/** Supervised programs of stand-in-engine.ts. */
import { after } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { EngineState } from '#contract/shapes/engine-state.ts';
import { spawnChildEngine } from '#hosts/engine/supervision/engine-child.ts';
import { superviseEngine, type SupervisedEngine } from '#hosts/engine/supervision/supervise-engine.ts';

const entry = fileURLToPath(new URL('stand-in-engine.ts', import.meta.url));

export interface Supervised {
  readonly engine: SupervisedEngine;
  readonly states: EngineState[];
  /** Once it is so. */
  becomes(status: EngineState['status']): Promise<EngineState>;
}

/** The real engine, or a stand-in that does its worst; ended with the test file. */
export function supervise(
  worst: 'hang' | 'deaf' | 'memory' | null,
  options: {
    readonly stallMs?: number;
    readonly beatMs?: number;
    readonly onSpawn?: (pid: number) => void;
  } = {},
): Supervised {
  const { onSpawn, ...times } = options;
  const states: EngineState[] = [];
  const engine = superviseEngine({
    settings: { backend: 'auto', threads: 2 },
    ...times,
    spawn() {
      const quiet = { onWords: () => undefined };
      const nodeFlags = worst === 'memory' ? ['--max-old-space-size=40'] : [];
      const child = spawnChildEngine(worst === null ? quiet : { ...quiet, nodeFlags, entry, args: [worst] });
      if (child.pid !== undefined) onSpawn?.(child.pid);
      return child;
    },
  });
  engine.onState((state) => states.push(state));
  after(() => engine.close());
  return {
    engine,
    states,
    becomes(status) {
      if (engine.state().status === status) return Promise.resolve(engine.state());
      return new Promise((resolve) => {
        engine.onState((state) => {
          if (state.status === status) resolve(state);
        });
      });
    },
  };
}
