import assert from 'node:assert/strict';
import test from 'node:test';
import { AppError } from '#domain/errors.ts';
import type { ModelSpec } from '#domain/model-spec.ts';
import { metadataOf } from '#engine/files/morphogen-metadata.ts';
import { parseSafetensors } from '#engine/files/safetensors.ts';
import { safetensorsChunks } from '#engine/files/safetensors-write.ts';
import { tf } from '#engine/tf.ts';
import { defaultAdam } from '#engine/training/adam.ts';
import { checkpointChunks, readCheckpoint } from '#engine/training/checkpoint.ts';
import type { Checkpoint } from '#engine/training/checkpoint.ts';
import { singleOptions } from '#engine/training/single-options.ts';
import { createSingleTrainer } from '#engine/training/single.ts';
import { tinySpec } from '#test/engine/network/tiny-spec.ts';
import { tinyOptions, tinyPictures, tinyTrainer } from './tiny-run.ts';

await tf.setBackend('cpu');

const name = 'checkpoint-000000001.safetensors';
const bytesOf = (chunks: Iterable<Uint8Array>): Uint8Array => new Uint8Array(Buffer.concat([...chunks]));

async function imagesCheckpoint(): Promise<Checkpoint> {
  const options = { ...tinyOptions, adam: { ...defaultAdam, averageDecay: 0.9 } };
  const trainer = tinyTrainer(options);
  await trainer.step();
  const snapshot = await trainer.snapshot();
  trainer.dispose();
  return { spec: tinySpec, run: { kind: 'images', options }, snapshot, progress: { elapsedMs: 12.5 } };
}

test('a checkpoint comes back from its bytes as it was', async () => {
  const checkpoint = await imagesCheckpoint();
  const read = readCheckpoint(bytesOf(checkpointChunks(checkpoint)), { name });
  assert.deepEqual(read, checkpoint);
});

test("so does one of a single image's run, with its pool", async () => {
  const spec: ModelSpec = { ...tinySpec, network: null };
  const options = { ...singleOptions, batchSize: 2, poolSize: 4, steps: null };
  const single = createSingleTrainer({ spec, target: tinyPictures(1), mode: 'persist', options, seed: 1 });
  await single.step();
  const checkpoint: Checkpoint = {
    spec,
    run: { kind: 'single', mode: 'persist', options },
    snapshot: await single.snapshot(),
    progress: {},
  };
  single.dispose();
  const read = readCheckpoint(bytesOf(checkpointChunks(checkpoint)), { name });
  assert.deepEqual(read, checkpoint);
});

test('a checkpoint that lacks a tensor, or whose options or counters are none, is refused', async () => {
  const bytes = bytesOf(checkpointChunks(await imagesCheckpoint()));
  const file = parseSafetensors(bytes, { name });
  const fields = JSON.parse(file.metadata.get('morphogen') ?? '') as {
    run: { options: { batchSize: unknown; schedule: { decay: unknown } } };
    state: { iteration: unknown };
    spec: unknown;
  };
  const refused = (change: (copy: typeof fields, tensors: Map<string, unknown>) => void): void => {
    const copy = structuredClone(fields);
    const tensors = new Map(file.tensors);
    change(copy, tensors);
    const changed = bytesOf(safetensorsChunks(tensors, metadataOf('checkpoint', copy)));
    assert.throws(() => readCheckpoint(changed, { name }), AppError);
  };
  refused((_, tensors) => tensors.delete('adam.v.latent.mean.bias'));
  refused((copy) => (copy.run.options.batchSize = '4'));
  refused((copy) => (copy.run.options.schedule.decay = 'never'));
  refused((copy) => (copy.state.iteration = -1));
  refused((copy) => (copy.spec = { ...tinySpec, network: null }));
});
