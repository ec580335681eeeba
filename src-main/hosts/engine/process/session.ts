/** The backend of this process, opened once; everything else that is asked needs it. */
import process from 'node:process';
import type { MethodName } from '#contract/contract.ts';
import type { EngineContract } from '#contract/engine-contract.ts';
import type { Handler } from '#contract/rpc.ts';
import { AppError } from '#domain/errors.ts';
import { machineName } from '../machine-name.ts';
import { openEngine, type Engine, type EngineChoice } from '../open-engine.ts';

/** Handlers of some of the methods. */
export type HandlersOf<M extends MethodName<EngineContract>> = {
  readonly [N in M]: Handler<EngineContract, N>;
};

export interface Session {
  /** @throws AppError busy until it is open */
  engine(): Engine;
  /** @throws AppError internal if it does not work any more */
  check(): void;
  /** @throws AppError busy if it was opened before; bad-argument or unsupported where the backend does not work */
  open(choice: EngineChoice): Promise<Engine>;
}

export function createSession(): Session {
  let opening: Promise<Engine> | undefined;
  let engine: Engine | undefined;
  return {
    engine() {
      if (engine !== undefined) return engine;
      throw new AppError('busy', 'The engine is still starting: try again in a moment.');
    },
    check() {
      if (engine?.isBroken() !== true) return;
      throw new AppError(
        'internal',
        'A thread of the engine, or its graphics processor, is lost: begin it again.',
      );
    },
    async open(choice) {
      if (opening !== undefined) {
        throw new AppError('busy', 'The engine was opened before: end it to open another backend.');
      }
      opening = openEngine({ ...choice, isWatched: true });
      opening.catch(() => (opening = undefined));
      return (engine = await opening);
    },
  };
}

export function sessionHandlers(session: Session): HandlersOf<'engine.open' | 'engine.ping'> {
  return {
    async 'engine.open'({ backend, threads }) {
      const engine = await session.open({ backend, threads: threads ?? undefined });
      const { backend: name, threads: count, description } = engine;
      return { backend: name, threads: count, description, device: machineName() };
    },
    'engine.ping'() {
      session.check();
      return { residentBytes: process.memoryUsage.rss() };
    },
  };
}
