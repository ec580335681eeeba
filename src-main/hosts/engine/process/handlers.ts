/** All that the engine process answers, put together: a module a topic. */
import type { EngineContract } from '#contract/engine-contract.ts';
import type { Handlers } from '#contract/rpc.ts';
import { encodingHandlers } from './encoding-handlers.ts';
import { createSession, sessionHandlers } from './session.ts';
import { fileHandlers } from './file-handlers.ts';
import { growthHandlers } from './growth-handlers.ts';
import { refinementHandlers } from './refinement-handlers.ts';
import { trainingHandlers } from './training-handlers.ts';

export function createEngineHandlers(): Handlers<EngineContract> {
  const session = createSession();
  return {
    ...sessionHandlers(session),
    ...growthHandlers(session),
    ...fileHandlers(session),
    ...encodingHandlers(session),
    ...refinementHandlers(session),
    ...trainingHandlers(session),
  };
}
