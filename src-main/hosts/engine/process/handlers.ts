/** All that the engine process answers, put together: a module a topic. */
import type { EngineContract } from '#contract/engine-contract.ts';
import type { Handler, Handlers } from '#contract/rpc.ts';
import { AppError } from '#domain/errors.ts';
import { createDirectLines, type DirectLines } from './direct-lines.ts';
import { encodingHandlers } from './encoding-handlers.ts';
import { createSession, sessionHandlers, type Session } from './session.ts';
import { exportHandlers } from './export-handlers.ts';
import { fileHandlers } from './file-handlers.ts';
import { growthHandlers } from './growth-handlers.ts';
import { healthHandlers } from './health-handlers.ts';
import { mixHandlers } from './mix-handlers.ts';
import { refinementHandlers } from './refinement-handlers.ts';
import { repairHandlers } from './repair-handlers.ts';
import { trainingHandlers } from './training-handlers.ts';

export function createEngineHandlers(
  session: Session = createSession(),
  lines: DirectLines = createDirectLines(),
): Handlers<EngineContract> {
  return tellingMemory({
    ...sessionHandlers(session),
    ...growthHandlers(session, lines),
    ...mixHandlers(session),
    ...fileHandlers(session),
    ...exportHandlers(session),
    ...encodingHandlers(session),
    ...refinementHandlers(session),
    ...healthHandlers(session),
    ...repairHandlers(session),
    ...trainingHandlers(session),
  });
}

/** What JavaScript throws where there is no memory is no bug. */
function tellingMemory(handlers: Handlers<EngineContract>): Handlers<EngineContract> {
  const tell = (failure: unknown): never => {
    const isMemory = failure instanceof RangeError && /allocation failed|array length/i.test(failure.message);
    if (!isMemory) throw failure;
    throw new AppError(
      'out-of-memory',
      'There is not enough memory for this: choose a smaller grid, batch or preset, or close other programs.',
      { cause: failure },
    );
  };
  const told = Object.entries<Handler<EngineContract, never>>(handlers).map(([method, handle]) => [
    method,
    async (...call: Parameters<typeof handle>) => {
      try {
        return await handle(...call);
      } catch (failure) {
        return tell(failure);
      }
    },
  ]);
  return Object.fromEntries(told) as Handlers<EngineContract>;
}
