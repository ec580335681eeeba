/**
 * A mix by latents grows from a model, which no picture carries. Where it is the same from the first step to the last it
 * is one rule, which takes its place; where it changes on the way, nothing can be carried.
 */
import { fuseStyles } from '#app/growing.ts';
import { plainMix } from '#contract/shapes/mix.ts';
import { ruleHash } from '#storage/library/rules.ts';
import { rulesToKeep } from '../kept-rules.ts';
import { latentsOf, withoutLatents } from '../latents.ts';
import type { ExportedGrowth } from './grown-frames.ts';

/** Whether it grows without any model. */
export function isSelfContained({ recipe: { mix, events } }: Pick<ExportedGrowth, 'recipe'>): boolean {
  return (
    mix.kind !== 'latent' && !events.some((event) => event.kind === 'mix' && event.mix.kind === 'latent')
  );
}

/** @throws AppError unsupported where the latents are not there, not-found, mismatch */
export async function decodedMix(growth: ExportedGrowth): Promise<ExportedGrowth> {
  const { recipe, styles, latents = null, decoded = [] } = growth;
  const { mix, events } = recipe;
  if (mix.kind !== 'latent' || events.some(({ kind }) => kind === 'mix')) return growth;
  const open = latents && latentsOf(latents);
  try {
    const [rule] = await rulesToKeep([mix], decoded, open);
    if (rule === undefined) throw withoutLatents();
    const { w0, b0, w1 } = rule;
    const plain = styles.map(({ name, spec, ...rule }) => ({ name, spec, rule: { count: 1, ...rule } }));
    const { spec } = fuseStyles(plain, recipe.seed);
    const name = styles.map((style) => style.name).join(' and ');
    const style = {
      ...{ name, spec: { ...spec, network: null } },
      ...{ w0, b0, w1 },
    };
    const hash = ruleHash(style);
    return {
      ...{ name: growth.name, digest: growth.digest, styles: [style] },
      recipe: {
        ...recipe,
        mix: { ...plainMix, gain: mix.gain },
        styles: [{ styleId: hash.slice(0, 32), name, ruleHash: hash }],
      },
    };
  } finally {
    open?.dispose();
  }
}
