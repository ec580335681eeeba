/** A training run of the tiny model on a handful of drawn pictures, for plain loops. */
import type { ModelSpec } from '#domain/model-spec.ts';
import { createRandom } from '#domain/random.ts';
import { registerReferenceKernels } from '#engine/kernels/reference/register.ts';
import { defaultTraining } from '#engine/training/options.ts';
import type { TrainingOptions } from '#engine/training/options.ts';
import { createTrainer } from '#engine/training/trainer.ts';
import type { Trainer, TrainingData } from '#engine/training/trainer.ts';
import { tinySpec } from '#test/engine/network/tiny-spec.ts';

registerReferenceKernels();

export const tinyOptions: TrainingOptions = {
  ...defaultTraining,
  batchSize: 4,
  schedule: { ...defaultTraining.schedule, learningRate: 3e-3, warmup: 5 },
};

/** Rectangles of different places and shades, [count, 8, 8, 4] with R = G = B = alpha. */
export function tinyPictures(count: number, seed = 7): Float32Array {
  const { height: H, width: W } = tinySpec.grid;
  const random = createRandom(seed);
  const pictures = new Float32Array(count * H * W * 4);
  for (let n = 0; n < count; n++) {
    const [top, left] = [1 + random.int(3), 1 + random.int(3)];
    const [bottom, right] = [5 + random.int(3), 5 + random.int(3)];
    const shade = 0.5 + 0.5 * random.next();
    for (let y = top; y < bottom; y++) {
      const row = (n * H + y) * W;
      pictures.fill(shade, (row + left) * 4, (row + right) * 4);
    }
  }
  return pictures;
}

export function tinyData(pictures: Float32Array): TrainingData {
  const size = tinySpec.grid.height * tinySpec.grid.width * 4;
  return {
    count: pictures.length / size,
    batch(indices) {
      const batch = new Float32Array(indices.length * size);
      indices.forEach((index, i) => batch.set(pictures.subarray(index * size, (index + 1) * size), i * size));
      return batch;
    },
  };
}

export function tinyTrainer(
  changes: Partial<TrainingOptions> = {},
  specChanges: Partial<ModelSpec> = {},
  seed = 11,
): Trainer {
  return createTrainer({
    spec: { ...tinySpec, ...specChanges },
    data: tinyData(tinyPictures(6)),
    options: { ...tinyOptions, ...changes },
    seed,
  });
}
