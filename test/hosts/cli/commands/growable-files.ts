/** Files that grow: rules written by hand, whose pictures can be foretold, and a small model with an encoder. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import type { ModelSpec } from '#domain/model-spec.ts';
import type { NamedValues } from '#engine/files/morphogen-metadata.ts';
import { modelFileChunks } from '#engine/files/model-file.ts';
import { styleFileChunks } from '#engine/files/style-file.ts';
import { createWeights, disposeWeights, weightShapes } from '#engine/network/weights.ts';
import { tf } from '#engine/tf.ts';
import { readTensors } from '#engine/training/tensor-values.ts';
import { card, joined } from '#test/engine/files/model-samples.ts';
import { tinySpec } from '#test/engine/network/tiny-spec.ts';
import { idxBytes, patternImage } from '#test/media/sample-images.ts';

/** 8×8 cells on white, without an encoder. */
export const blobSpec: ModelSpec = { ...tinySpec, preset: 'blob', image: 'rgba', steps: 20, network: null };

export interface Rule {
  readonly w0: Float32Array;
  readonly b0: Float32Array;
  readonly w1: Float32Array;
}

/**
 * From the seed, a blob of one colour that fills the grid: a cell that fires comes closer to full alpha by `rate` of
 * what it lacks, and its colour stays in proportion. `colour` is sRGB in 0…1.
 */
export function blob(
  colour: readonly [number, number, number],
  rate = 0.5,
  spec: ModelSpec = blobSpec,
): Rule {
  const { channels: C, hidden: d, sobelSizes } = spec.automaton;
  const w0 = new Float32Array(C * (2 + 2 * sobelSizes.length) * d);
  const b0 = new Float32Array(d);
  const w1 = new Float32Array(d * C);
  // The first hidden value is 1 − alpha; the features begin with the channels themselves.
  w0[3 * d] = -1;
  b0[0] = 1;
  w1.set([...colour, 1].map((value) => value * rate));
  return { w0, b0, w1 };
}

export const orange = [1, 0.5, 0] as const;
export const blue = [0, 0.5, 1] as const;

/** A model of one image. */
export async function writeRuleModel(path: string, rule: Rule, spec: ModelSpec = blobSpec): Promise<void> {
  const { channels: C, hidden: d } = spec.automaton;
  const weights = new Map<string, NamedValues>([
    ['w0', { shape: [rule.w0.length / d, d], data: rule.w0 }],
    ['b0', { shape: [d], data: rule.b0 }],
    ['w1', { shape: [d, C], data: rule.w1 }],
  ]);
  await writeFile(path, joined(modelFileChunks({ spec, card, weights }, () => [])));
}

export async function writeStyle(path: string, rule: Rule, spec: ModelSpec = blobSpec): Promise<void> {
  await writeFile(path, joined(styleFileChunks({ spec, image: null, model: null, latent: null, ...rule })));
}

/** A model with an encoder: random weights around a blob, so that each picture grows into something of its own. */
export async function writeEncoderModel(path: string): Promise<void> {
  await tf.setBackend('cpu');
  const variables = createWeights(tinySpec, 7);
  const weights = await readTensors(variables);
  disposeWeights(variables);
  const last = tinySpec.network?.decoder.length ?? 0;
  const { w0, b0, w1 } = blob([1, 1, 1], 0.3, tinySpec);
  for (const [part, values] of Object.entries({ w0, b0, w1 })) {
    weights.get(`decoder.${part}.${last}.bias`)?.data.set(values);
  }
  await writeFile(path, joined(modelFileChunks({ spec: tinySpec, card, weights }, weightShapes)));
}

/** Two pictures, p.png and q.png, and two more in digits.idx3-ubyte. */
export async function writePictures(folder: string): Promise<void> {
  await patternImage(8, 8, 3, 1).png().toFile(join(folder, 'p.png'));
  const turned = await patternImage(8, 8, 3, 5).rotate(180).png().toBuffer();
  await sharp(turned).toFile(join(folder, 'q.png'));
  const values = Uint8Array.from({ length: 2 * 64 }, (_, i) => (i < 64 ? i * 4 : i % 8 < 4 ? 255 : 0));
  await writeFile(join(folder, 'digits.idx3-ubyte'), idxBytes(2, 8, 8, values));
}
