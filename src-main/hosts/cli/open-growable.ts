/**
 * What a command line can name to grow from: a style file, a model of one image, or a picture that a model encodes.
 * All become styles (app/growing.ts).
 */
import { basename } from 'node:path';
import type { RuleValues } from '#domain/automaton.ts';
import type { ModelSpec } from '#domain/model-spec.ts';
import { readModelFile } from '#engine/files/model-file.ts';
import { readFields } from '#engine/files/morphogen-metadata.ts';
import { parseSafetensors } from '#engine/files/safetensors.ts';
import { readStyleFile } from '#engine/files/style-file.ts';
import { inferLatents, inferRules, readRules, rulesOfLatents } from '#engine/network/inference.ts';
import { weightShapes, type Weights } from '#engine/network/weights.ts';
import { openGrowth } from '#engine/rollout/growth.ts';
import type { RuleTensors } from '#engine/rollout/rollout.ts';
import { tf } from '#engine/tf.ts';
import type { OpenGrowth, Style } from '#app/growing.ts';
import { readFileBytes } from '#storage/atomic-file.ts';
import type { Engine } from './open-engine.ts';
import { openPicture } from './open-picture.ts';
import { UsageError } from './usage-error.ts';

/** Of a name on the command line: a file of ours, or else a picture. */
export function isSafetensors(path: string): boolean {
  return /\.safetensors$/i.test(path);
}

/** The port of app/growing.ts on this engine. */
export function growthOn(engine: Engine): OpenGrowth {
  return (plan) => openGrowth(plan, engine.implementation);
}

/**
 * The rule in a style file or in a model of one image; null for a model with an encoder, which has none of its own.
 * @throws AppError not-found, bad-file, bad-spec or mismatch
 */
export async function openRule(path: string): Promise<Style | null> {
  const bytes = await readFileBytes(path);
  const name = basename(path);
  const { kind } = readFields(parseSafetensors(bytes, { name }), name);
  if (kind !== 'model') {
    const { spec, image, w0, b0, w1 } = readStyleFile(bytes, { name });
    return { name: image?.name ?? name, spec, rule: { count: 1, w0, b0, w1 } };
  }
  const { spec, weights } = readModelFile(bytes, { name, expected: weightShapes });
  if (spec.network !== null) return null;
  const values = (part: string): Float32Array => weights.get(part)?.data ?? new Float32Array();
  return { name, spec, rule: { count: 1, w0: values('w0'), b0: values('b0'), w1: values('w1') } };
}

/** A name that must have a rule. @throws UsageError for a model with an encoder */
export async function openStyleOf(path: string): Promise<Style> {
  const style = await openRule(path);
  if (style !== null) return style;
  throw new UsageError(
    `${basename(path)} is a model with an encoder, which has no rule of its own: name a picture for it to encode, or a style`,
  );
}

/** A picture's style, with what it was made from. */
export interface EncodedPicture extends Style {
  /** [E] */
  readonly latent: Float32Array;
  /** As the model sees it: premultiplied, 0…1, [H, W, 4]. */
  readonly rgba: Float32Array;
}

/** A picture's style by a model that can encode. */
export async function encodePicture(
  model: { readonly spec: ModelSpec; readonly weights: Weights },
  path: string,
): Promise<EncodedPicture> {
  const { spec, weights } = model;
  const { name, rgba } = await openPicture(path, spec);
  const z = inferLatents(weights, spec, rgba);
  try {
    const latent = (await z.data<'float32'>()).slice();
    const rule = await takeRules(rulesOfLatents(weights, spec, z));
    return { name, spec: { ...spec, network: null }, rule, latent, rgba };
  } finally {
    z.dispose();
  }
}

/** The rules of pictures [n, H, W, 4], as values. */
export async function encodeRules(
  weights: Weights,
  spec: ModelSpec,
  rgba: Float32Array,
): Promise<RuleValues> {
  return takeRules(inferRules(weights, spec, rgba));
}

/** Their values; the tensors are disposed of. */
async function takeRules(rules: RuleTensors): Promise<RuleValues> {
  try {
    return await readRules(rules);
  } finally {
    tf.dispose([rules.w0, rules.b0, rules.w1]);
  }
}
