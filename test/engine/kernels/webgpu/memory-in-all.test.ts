/**
 * What a training takes of a graphics processor's memory, in all: tfjs's tensors and the rollout's scratch. Iterations run
 * on a device that computes nothing and counts the bytes of its buffers, so that the largest preset is no matter.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { presets } from '#domain/model-presets.ts';
import { variableOf, weightShapes } from '#engine/network/weights.ts';
import { tf } from '#engine/tf.ts';
import { defaultTraining } from '#engine/training/options.ts';
import { createTrainer } from '#engine/training/trainer.ts';
import { pretendedDevice, pretendWebgpu } from './pretended-device.ts';

pretendWebgpu();
const { useWebgpuBackend } = await import('#engine/kernels/webgpu/register.ts');

const GIBIBYTE = 1024 ** 3;
const BATCH = 64;

/** Bytes at most, in the first iterations of a training in batches of 64 with an average of the weights; and all kernels. */
async function trained(
  preset: 'faces' | 'small-images' | 'digits',
): Promise<{ peaks: number[]; sources: readonly string[]; submissions: number }> {
  const spec = presets[preset];
  const pretended = pretendedDevice();
  const { device, memory, now, sources } = pretended;
  // As nothing, but more than none, so that submissions are told.
  pretended.msOf = () => 1e-9;
  await useWebgpuBackend({ device, name: 'Pretended', now });
  const weights = new Map(
    weightShapes(spec).map(({ name, shape }) => {
      const size = shape.reduce((product, length) => product * length, 1);
      return [name, variableOf(new Float32Array(size), shape)];
    }),
  );
  const cells = spec.grid.height * spec.grid.width;
  const data = { count: BATCH, batch: () => new Float32Array(BATCH * cells * 4) };
  const adam = { ...defaultTraining.adam, averageDecay: 0.999 };
  const options = { ...defaultTraining, batchSize: BATCH, adam };
  const trainer = createTrainer({ spec, data, options, seed: 1, weights });
  const peaks = [];
  let submissions = 0;
  for (let i = 0; i < 3; i++) {
    const before = pretended.submissions.length;
    await trainer.step();
    submissions = pretended.submissions.length - before;
    peaks.push(memory.peak);
  }
  trainer.dispose();
  tf.removeBackend('webgpu');
  return { peaks, sources, submissions };
}

test('faces at batch 64 train within 4 GiB in all, from the first iteration on, and it does not grow', async () => {
  const { peaks, sources } = await trained('faces');
  // Most of it is five times 646 MiB: weights, two moments, an average and gradients.
  assert.ok(peaks[0] > 5 * 646 * 2 ** 20, String(peaks));
  assert.ok(peaks[2] < 3.75 * GIBIBYTE, peaks.map((bytes) => (bytes / GIBIBYTE).toFixed(3)).join());
  assert.ok(peaks[2] - peaks[1] < 2 ** 22, String(peaks));

  // All of tfjs's programs that a training runs can be cut (cut-device.ts).
  const programs = sources.filter((source) => source.includes('fn _start('));
  assert.ok(programs.length > 10);
  for (const program of programs) assert.match(program, /GlobalId \+ cutOfDispatch\.origin/);
});

test('small images take less, and so have all the scratch memory that they can use', async () => {
  const { peaks } = await trained('small-images');
  assert.ok(peaks[2] < 3 * GIBIBYTE, peaks.map((bytes) => (bytes / GIBIBYTE).toFixed(3)).join());
});

test('an iteration of a small model goes out as few submissions, each of which takes its time to hand over', async () => {
  const { submissions } = await trained('digits');
  assert.ok(submissions <= 40, String(submissions));
});
