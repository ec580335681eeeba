/** One way for every command to start the engine: the options --backend and --threads, and a line on stderr about it. */
import type { BackendChoice } from '#contract/shapes/engine-state.ts';
import { openEngine, type Engine, type EngineChoice } from '#hosts/engine/open-engine.ts';
import type { Output } from './command.ts';

const backends = [
  'auto',
  'webgpu',
  'wasm',
  'tensorflow',
  'reference',
  'composed',
] as const satisfies readonly BackendChoice[];

/** For the table of options of a command that runs the engine. */
export const engineOptions = {
  backend: {
    type: 'string',
    choices: backends,
    default: 'auto',
    help: 'what computes: webgpu (graphics processor), wasm (fast), tensorflow (once set up), reference or composed (slow); auto: the best that works',
  },
  threads: {
    type: 'integer',
    placeholder: 'N',
    min: 1,
    max: 256,
    help: 'threads of the backends wasm and tensorflow; all cores if left out',
  },
} as const;

/** Runs `work` with an engine, which it closes whatever happens. */
export async function withEngine<T>(
  choice: EngineChoice,
  err: Output,
  work: (engine: Engine) => Promise<T>,
): Promise<T> {
  const engine = await openEngine(choice);
  err.line(`Backend ${engine.description}`);
  try {
    return await work(engine);
  } finally {
    engine.dispose();
  }
}
