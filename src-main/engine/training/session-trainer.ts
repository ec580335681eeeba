/** A trainer as a session drives it, of many pictures or of one: restored from its checkpoint, and made into the next. */
import type { Checkpoint } from '#engine/training/checkpoint.ts';
import type { SessionTrainer } from '#engine/training/training-session.ts';

interface Restorable<S> extends Omit<SessionTrainer, 'checkpoint'> {
  snapshot(options: { shared: boolean }): Promise<S>;
  restore(snapshot: S): void;
}

/**
 * @param start null: as it is
 * @param toCheckpoint of a snapshot whose values may be the tensors' own arrays, valid until the next step
 * @throws AppError mismatch if the snapshot is not of such a trainer, which is disposed of then
 */
export function sessionTrainer<S>(
  trainer: Restorable<S>,
  start: S | null,
  toCheckpoint: (snapshot: S, progress: Checkpoint['progress']) => Checkpoint,
): SessionTrainer {
  try {
    if (start !== null) trainer.restore(start);
  } catch (failure) {
    trainer.dispose();
    throw failure;
  }
  return {
    get iteration() {
      return trainer.iteration;
    },
    get bestWeights() {
      return trainer.bestWeights;
    },
    step: () => trainer.step(),
    checkpoint: async (progress) => toCheckpoint(await trainer.snapshot({ shared: true }), progress),
    dispose: () => trainer.dispose(),
  };
}
