/** Pictures grown from the seed by one rule, with fixed draws: the same rule always gives the same pictures. */
import type { ModelSpec } from '#domain/model-spec.ts';
import { visibleRgba } from '#engine/metrics/score.ts';
import { rollout, type RolloutImplementation, type RuleTensors } from '#engine/rollout/rollout.ts';
import { tf } from '#engine/tf.ts';
import { tiledSeed } from '#engine/training/trainer.ts';

export interface GrowPicturesOptions {
  readonly steps: number;
  /** Growths that differ by their draws alone; the first draws as `eval`'s first picture does. */
  readonly count: number;
  readonly implementation: RolloutImplementation;
}

/**
 * @param rule makes the rule's tensors, which are disposed of
 * @returns [count, H, W, 4], values 0…1
 */
export async function growPictures(
  spec: ModelSpec,
  rule: () => RuleTensors,
  { steps, count, implementation }: GrowPicturesOptions,
): Promise<Float32Array> {
  const state = tf.tidy(() => {
    const draw = { seed: 1, firstStep: 0, firstSample: 0 };
    return rollout(tiledSeed(spec, count), rule(), spec.automaton, { steps, draw, implementation });
  });
  try {
    return visibleRgba(await state.data<'float32'>(), spec.automaton.channels);
  } finally {
    state.dispose();
  }
}
