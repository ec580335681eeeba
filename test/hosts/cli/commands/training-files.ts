/** What the tests of `train` train on, and what a run leaves behind, without the times in it. */
import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ModelSpec } from '#domain/model-spec.ts';
import { readModelFile } from '#engine/files/model-file.ts';
import type { NamedValues } from '#engine/files/morphogen-metadata.ts';
import { weightShapes } from '#engine/network/weights.ts';
import { readCheckpoint, type Checkpoint } from '#engine/training/checkpoint.ts';
import { tinySpec } from '#test/engine/network/tiny-spec.ts';
import { tinyPictures } from '#test/engine/training/tiny-run.ts';
import { idxBytes } from '#test/media/sample-images.ts';

/** One image of 8×8 cells, without an encoder. */
export const tinySingle: ModelSpec = { ...tinySpec, network: null, seed: 'hidden', klWeight: 0 };

/** digits.idx3-ubyte with 18 pictures of 8×8, one.idx3-ubyte with one, and specs for both: tiny.json, single.json. */
export async function writeTrainingFiles(folder: string): Promise<void> {
  const count = 18;
  const rgba = tinyPictures(count);
  const values = Uint8Array.from({ length: count * 64 }, (_, i) => Math.round(rgba[i * 4] * 255));
  await writeFile(join(folder, 'digits.idx3-ubyte'), idxBytes(count, 8, 8, values));
  await writeFile(join(folder, 'one.idx3-ubyte'), idxBytes(1, 8, 8, values.subarray(0, 64)));
  await writeFile(join(folder, 'tiny.json'), JSON.stringify(tinySpec));
  await writeFile(join(folder, 'single.json'), JSON.stringify(tinySingle));
}

/** Of a model, oldest first. */
export async function checkpointsOf(folder: string, model: string): Promise<string[]> {
  const names = await readdir(join(folder, `${model}.checkpoints`));
  return names.sort().map((name) => join(folder, `${model}.checkpoints`, name));
}

export async function lastCheckpoint(folder: string, model: string): Promise<Checkpoint> {
  const path = (await checkpointsOf(folder, model)).at(-1);
  assert.ok(path !== undefined, `${model} has no checkpoint`);
  return readCheckpoint(await readFile(path), { name: path });
}

export interface Result {
  readonly iterations: number;
  readonly spec: ModelSpec;
  readonly run: Checkpoint['run'];
  /** Counters and order; the tensors are below. */
  readonly state: Readonly<Record<string, unknown>>;
  /** Shape and digest by name, of the model and, as `checkpoint/NAME`, of the last checkpoint. */
  readonly digests: ReadonlyMap<string, string>;
}

/** All that a run left, bit for bit, but for how long it took. */
export async function resultOf(folder: string, model: string): Promise<Result> {
  const path = join(folder, `${model}.safetensors`);
  const { spec, card, weights } = readModelFile(await readFile(path), { name: path, expected: weightShapes });
  const { run, snapshot } = await lastCheckpoint(folder, model);
  const { tensors, ...state } = snapshot;
  const digests = new Map([...digestsOf('', weights), ...digestsOf('checkpoint/', tensors)]);
  return { iterations: card.iterations, spec, run, state, digests };
}

function digestsOf(prefix: string, tensors: ReadonlyMap<string, NamedValues>): [string, string][] {
  return Array.from(tensors, ([name, { data, shape }]) => {
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    return [prefix + name, `${shape.join('×')} ${hash('sha256', bytes)}`];
  });
}
