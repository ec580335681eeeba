/** One picture grown from the seed by one rule, with fixed draws: the same rule always gives the same picture. */
import type { ModelSpec } from '#domain/model-spec.ts';
import { visibleRgba } from '#engine/metrics/score.ts';
import { rollout, type RolloutImplementation, type RuleTensors } from '#engine/rollout/rollout.ts';
import { tf } from '#engine/tf.ts';
import { tiledSeed } from '#engine/training/trainer.ts';

/**
 * @param rule makes the rule's tensors, which are disposed of
 * @returns [H, W, 4], values 0…1
 */
export async function growPicture(
  spec: ModelSpec,
  rule: () => RuleTensors,
  { steps, implementation }: { readonly steps: number; readonly implementation: RolloutImplementation },
): Promise<Float32Array> {
  const state = tf.tidy(() => {
    const draw = { seed: 1, firstStep: 0, firstSample: 0 };
    return rollout(tiledSeed(spec, 1), rule(), spec.automaton, { steps, draw, implementation });
  });
  const grown = visibleRgba(await state.data<'float32'>(), spec.automaton.channels);
  state.dispose();
  return grown;
}
