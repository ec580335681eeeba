/** Repairing photos as windows ask for it. */
import type { AppContract } from '#contract/app-contract.ts';
import type { Handler } from '#contract/rpc.ts';
import { AppError } from '#domain/errors.ts';

type RepairMethod = `repair.${'open' | 'apply' | 'stop' | 'save' | 'close'}`;

export function repairHandlers(): { readonly [M in RepairMethod]: Handler<AppContract, M> } {
  const gone = (): never => {
    throw new AppError('not-found', 'This photo is not open any more: open it again.');
  };
  return {
    'repair.open': gone,
    'repair.apply': gone,
    'repair.stop': gone,
    'repair.save': gone,
    'repair.close': () => ({}),
  };
}
