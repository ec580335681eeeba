/**
 * The rules that mixes by latent were decoded to. An artwork keeps them beside its recipe, so that it grows again, to the
 * same bytes, when the model that decoded them is gone.
 */
import type { RuleValues } from '#domain/automaton.ts';
import { blendLatents } from '#domain/mix-blend.ts';
import type { LatentPath, Mix } from '#domain/mix.ts';
import type { ModelSpec } from '#domain/model-spec.ts';
import { rulesOfValues } from '#engine/network/inference.ts';
import type { DecodeLatent } from '#engine/rollout/mix-rules.ts';
import { withoutLatents, type OpenLatents } from './latents.ts';

type Shares = readonly number[];

/** What a mix by latent was decoded to. */
export interface KeptRule {
  readonly weights: Shares;
  readonly path: LatentPath;
  /** [K, d], [d], [d, C] */
  readonly w0: Float32Array<ArrayBuffer>;
  readonly b0: Float32Array<ArrayBuffer>;
  readonly w1: Float32Array<ArrayBuffer>;
}

/** A slider that is dragged makes some sixty mixes a second; more are not kept, and need the model. */
const MOST_KEPT = 256;

/** Whether all of the mixes by latent are kept: they grow without the model. */
export function areKept(mixes: readonly Mix[], kept: readonly KeptRule[]): boolean {
  const keys = new Set(kept.map(({ weights, path }) => keyOf(weights, path)));
  return latentMixes(mixes).every(({ weights, path }) => keys.has(keyOf(weights, path)));
}

/** What was kept as it was; anything else from the model. Without either there is none. */
export function decodeKept(
  spec: ModelSpec,
  kept: readonly KeptRule[],
  source: Pick<OpenLatents, 'decode'> | null,
): DecodeLatent | undefined {
  if (kept.length === 0) return source?.decode;
  const rules = new Map(
    kept.map(({ weights, path, ...rule }): [string, RuleValues] => [
      keyOf(weights, path),
      { count: 1, ...rule },
    ]),
  );
  return (weights, path) => {
    const rule = rules.get(keyOf(weights, path));
    if (rule !== undefined) return rulesOfValues(spec, rule);
    if (source === null) throw withoutLatents();
    return source.decode(weights, path);
  };
}

/** As decodeKept, as values: for whoever computes elsewhere. null where there are none. */
export function decodeKeptValues(
  kept: readonly KeptRule[],
  source: OpenLatents | null,
): ((weights: Shares, path: LatentPath) => Promise<RuleValues>) | null {
  if (kept.length === 0 && source === null) return null;
  const rules = new Map(kept.map((rule) => [keyOf(rule.weights, rule.path), rule]));
  return async (weights, path) => {
    const rule = rules.get(keyOf(weights, path));
    if (rule === undefined && source === null) throw withoutLatents();
    const { w0, b0, w1 } = rule ?? (await decoded(source!, weights, path));
    return { count: 1, w0, b0, w1 };
  };
}

/** The rules of the mixes by latent, each once; none where there are too many of them. @throws AppError as the model's file */
export async function rulesToKeep(
  mixes: readonly Mix[],
  kept: readonly KeptRule[],
  source: OpenLatents | null,
): Promise<KeptRule[]> {
  const wanted = new Map(
    latentMixes(mixes).map(({ weights, path }) => [keyOf(weights, path), { weights, path }]),
  );
  if (wanted.size > MOST_KEPT) return [];
  const known = new Map(kept.map((rule) => [keyOf(rule.weights, rule.path), rule]));
  const rules: KeptRule[] = [];
  for (const [key, { weights, path }] of wanted) {
    const old = known.get(key);
    if (old === undefined && source === null) continue;
    rules.push(old ?? (await decoded(source!, weights, path)));
  }
  return rules;
}

async function decoded(source: OpenLatents, weights: Shares, path: LatentPath): Promise<KeptRule> {
  await source.open();
  const { w0, b0, w1 } = await source.ruleOf(blendLatents(source.values, weights, path));
  const copies = { w0: Float32Array.from(w0), b0: Float32Array.from(b0), w1: Float32Array.from(w1) };
  return { weights, path, ...copies };
}

function latentMixes(mixes: readonly Mix[]) {
  return mixes.flatMap((mix) => (mix.kind === 'latent' ? [mix] : []));
}

function keyOf(weights: Shares, path: LatentPath): string {
  return `${path} ${weights.join()}`;
}
