/** What a model makes of one picture, or of several at once. */
import type { RuleValues } from '#domain/automaton.ts';
import type { ModelSpec } from '#domain/model-spec.ts';
import { inferLatents, inferRules, readRules, rulesOfLatents } from '#engine/network/inference.ts';
import type { DecoderName, Weights } from '#engine/network/weights.ts';
import type { RuleTensors } from '#engine/rollout/rollout.ts';
import { tf } from '#engine/tf.ts';

export interface EncodingModel {
  readonly spec: ModelSpec;
  readonly weights: Weights;
}

export interface Encoding {
  /** [E] */
  readonly latent: Float32Array;
  readonly rule: RuleValues;
}

/** One picture, [H, W, 4]: by itself, for among others its last bits may be others. */
export async function encodeInput(
  { spec, weights }: EncodingModel,
  rgba: Float32Array,
  decoder: DecoderName = 'decoder',
): Promise<Encoding> {
  const z = inferLatents(weights, spec, rgba);
  try {
    const latent = (await z.data<'float32'>()).slice();
    return { latent, rule: await takeRules(rulesOfLatents(weights, spec, z, decoder)) };
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
