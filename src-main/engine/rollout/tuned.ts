/**
 * Before a training or a growth begins, its backend may find out which way of computing is quickest for it: only one on a
 * graphics processor does (engine/kernels/webgpu/tuning.ts), and only where its host asked for that.
 */
import type { Automaton, Grid } from '#domain/automaton.ts';
import { AppError } from '#domain/errors.ts';
import { tf } from '#engine/tf.ts';

export interface TunedWork {
  readonly automaton: Automaton;
  readonly grid: Grid;
  readonly batch: number;
  /** With gradients, and a rule a sample. */
  readonly training: boolean;
}

/** What a tfjs backend has that can be tuned. */
export interface TunableBackend {
  tuneRollout(work: TunedWork): Promise<void>;
  /** How it computes that work, for people; results may differ in their last bits from another way. */
  rolloutWay(work: TunedWork): string;
}

/**
 * Lets the active backend find its way, which it then keeps; at once where it has one. Where there is no memory for trying,
 * it stays with the usual way, as rolloutWay then tells.
 */
export async function tuneRollout(work: TunedWork): Promise<void> {
  try {
    await tunable()?.tuneRollout(work);
  } catch (failure) {
    if (!(failure instanceof AppError && failure.code === 'out-of-memory')) throw failure;
  }
}

/** null where the active backend has but one way. */
export function rolloutWay(work: TunedWork): string | null {
  return tunable()?.rolloutWay(work) ?? null;
}

function tunable(): TunableBackend | null {
  const backend = tf.backend() as Partial<TunableBackend>;
  return backend.tuneRollout === undefined ? null : (backend as TunableBackend);
}
