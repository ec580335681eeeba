/** The real engine process, with files for it in a folder that goes away with the test file. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import type { ParamsIn, Result } from '#contract/contract.ts';
import {
  engineContract,
  type EncodedStyle,
  type EngineContract,
  type StyleValues,
} from '#contract/engine-contract.ts';
import { createClient, type Client } from '#contract/rpc.ts';
import type { ModelSpec } from '#domain/model-spec.ts';
import { modelFileChunks } from '#engine/files/model-file.ts';
import { createWeights, disposeWeights, weightShapes } from '#engine/network/weights.ts';
import { readTensors } from '#engine/training/tensor-values.ts';
import {
  spawnChildEngine,
  type EngineChild,
  type EngineExit,
} from '#hosts/engine/supervision/engine-child.ts';
import { tinySpec } from '#test/engine/network/tiny-spec.ts';
import { tinyPictures } from '#test/engine/training/tiny-run.ts';
import { idxBytes } from '#test/media/sample-images.ts';

export interface ProcessStage {
  readonly folder: string;
  readonly child: EngineChild;
  readonly client: Client<EngineContract>;
  readonly exit: Promise<EngineExit>;
}

const card = { data: 'none', iterations: 0, seconds: 0, machine: 'none', scores: {}, notes: '' };

/** A folder that goes away with the test file. */
export async function scratchFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'morphogen-engine-'));
  after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** Open, on two threads; it ends with the test file. */
export async function startEngine(folder: string): Promise<ProcessStage> {
  const child = spawnChildEngine();
  const exit = new Promise<EngineExit>((resolve) => child.onExit(resolve));
  const client = createClient(engineContract, child.port, { peer: 'the engine' });
  after(async () => {
    client.close();
    await exit;
  });
  await client.call('engine.open', { backend: 'auto', threads: 2 });
  return { folder, child, client, exit };
}

/** A model of 8×8 pictures that nobody trained, its weights times a factor. */
export async function writeTinyModel(path: string, factor = 1): Promise<void> {
  const weights = createWeights(tinySpec, 5);
  const values = await readTensors(weights);
  disposeWeights(weights);
  for (const { data } of values.values()) for (let i = 0; i < data.length; i++) data[i] *= factor;
  const chunks = modelFileChunks({ spec: tinySpec, card, weights: values }, weightShapes);
  await writeFile(path, Buffer.concat([...chunks]));
}

/** An IDX file of 18 pictures of 8×8. */
export async function writeTinyPictures(path: string): Promise<void> {
  const rgba = tinyPictures(18);
  const values = Uint8Array.from({ length: 18 * 64 }, (_, i) => Math.round(rgba[i * 4] * 255));
  await mkdir(join(path, '..'), { recursive: true });
  await writeFile(path, idxBytes(18, 8, 8, values));
}

export interface EncodedAll extends Result<EngineContract, 'pictures.encode'> {
  readonly styles: readonly EncodedStyle[];
  readonly progress: readonly { readonly done: number; readonly total: number; readonly count: number }[];
}

/** All that a model makes of pictures. */
export async function encodeAll(
  { client, folder }: ProcessStage,
  asked: { modelPath: string; paths: string[]; limit?: number; skip?: number },
): Promise<EncodedAll> {
  const { modelPath, paths, limit = null, skip = 0 } = asked;
  const progress: EncodedAll['progress'][number][] = [];
  const styles: EncodedStyle[] = [];
  const result = await client.call(
    'pictures.encode',
    { modelPath, paths, limit, skip, cacheFolder: join(folder, 'cache') },
    {
      onProgress({ done, total, styles: some }) {
        progress.push({ done, total, count: some.length });
        styles.push(...some);
      },
    },
  );
  return { ...result, styles, progress };
}

/** A run of tiny.safetensors on digits.idx3-ubyte, both in the folder. */
export function trainingOf(
  folder: string,
  iterations: number,
  run = 'run',
): ParamsIn<EngineContract, 'training.run'> {
  return {
    folder: join(folder, run),
    source: join(folder, 'digits.idx3-ubyte'),
    cacheFolder: join(folder, 'cache'),
    wishes: { preset: 'sketch', iterations, batch: 4 },
    modelPath: join(folder, 'tiny.safetensors'),
    data: 'digits',
  };
}

export function styleOf({ name, w0, b0, w1 }: Omit<StyleValues, 'spec'>, spec: ModelSpec): StyleValues {
  return { name, spec: { ...spec, network: null }, w0, b0, w1 };
}
