/**
 * How well a model redraws pictures: encoded to the mean latent, grown for the spec's steps, compared with the
 * pictures on premultiplied RGBA clamped to 0…1. The draws are fixed, so the same weights give the same scores.
 */
import type { ModelSpec } from '#domain/model-spec.ts';
import { meanScore, scorePicture, visibleRgba } from '#engine/metrics/score.ts';
import type { Score } from '#engine/metrics/score.ts';
import { inferRules } from '#engine/network/inference.ts';
import type { Weights } from '#engine/network/weights.ts';
import { rollout } from '#engine/rollout/rollout.ts';
import type { RolloutImplementation } from '#engine/rollout/rollout.ts';
import { tf } from '#engine/tf.ts';
import { tiledSeed } from '#engine/training/trainer.ts';

export interface EvaluationOptions {
  readonly batchSize: number;
  /** T; the spec's if left out. */
  readonly steps?: number;
  /** Of the masks; 1 if left out. Picture i draws as sample firstSample + i. */
  readonly seed?: number;
  /** 0 if left out; for pictures that are handed in a part at a time. */
  readonly firstSample?: number;
  readonly implementation?: RolloutImplementation;
  /** Between two batches: lets everything else in the process have its turn. */
  readonly pause?: () => Promise<void>;
}

export interface Evaluation extends Score {
  readonly count: number;
  /** In the order of the pictures. */
  readonly each: Score[];
}

/** Pictures [count, H, W, 4] → what the model grows from them, [count, H, W, 4], values 0…1. */
export async function reconstruct(
  weights: Weights,
  spec: ModelSpec,
  rgba: Float32Array,
  options: EvaluationOptions,
): Promise<Float32Array> {
  const size = spec.grid.height * spec.grid.width * 4;
  const count = rgba.length / size;
  const grown = new Float32Array(rgba.length);
  for (let first = 0; first < count; first += options.batchSize) {
    const batch = rgba.subarray(first * size, Math.min(count, first + options.batchSize) * size);
    const state = growBatch(weights, spec, batch, (options.firstSample ?? 0) + first, options);
    try {
      grown.set(visibleRgba((await state.data()) as Float32Array, spec.automaton.channels), first * size);
    } finally {
      state.dispose();
    }
    await options.pause?.();
  }
  return grown;
}

/** Scores of pictures [count, H, W, 4]. */
export async function evaluate(
  weights: Weights,
  spec: ModelSpec,
  rgba: Float32Array,
  options: EvaluationOptions,
): Promise<Evaluation> {
  const grown = await reconstruct(weights, spec, rgba, options);
  const each = scorePictures(spec, grown, rgba);
  return { count: each.length, ...meanScore(each), each };
}

/** Scores of grown pictures [count, H, W, 4] against their targets, one each. */
export function scorePictures(spec: ModelSpec, grown: Float32Array, targets: Float32Array): Score[] {
  const size = spec.grid.height * spec.grid.width * 4;
  return Array.from({ length: targets.length / size }, (_, i) =>
    scorePicture(
      grown.subarray(i * size, (i + 1) * size),
      4,
      targets.subarray(i * size, (i + 1) * size),
      spec.grid,
    ),
  );
}

function growBatch(
  weights: Weights,
  spec: ModelSpec,
  rgba: Float32Array,
  firstSample: number,
  { steps, seed, implementation }: EvaluationOptions,
): tf.Tensor4D {
  return tf.tidy(() => {
    const rules = inferRules(weights, spec, rgba);
    const draw = { seed: seed ?? 1, firstStep: 0, firstSample };
    return rollout(tiledSeed(spec, rules.w0.shape[0]), rules, spec.automaton, {
      steps: steps ?? spec.steps,
      draw,
      ...(implementation && { implementation }),
    });
  });
}
