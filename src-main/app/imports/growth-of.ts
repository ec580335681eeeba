/** What grows an item of the library, for an export: an artwork by its recipe, a style as it was trained. */
import type { ParamsIn } from '#contract/contract.ts';
import type { EngineContract } from '#contract/engine-contract.ts';
import type { Recipe } from '#contract/shapes/growth.ts';
import type { ExportItem } from '#contract/app-contract.ts';
import { plainMix, type MorphRef } from '#contract/shapes/mix.ts';
import { AppError } from '#domain/errors.ts';
import { decodedOf } from '../growths/growth-handlers.ts';
import { latentsOf } from '../growths/mix-handlers.ts';
import type { AppPorts } from '../ports.ts';

type LatentPorts = Pick<AppPorts, 'store' | 'content' | 'files'>;

export type GrowthToExport = ParamsIn<EngineContract, 'growth.export'>['growth'];

/** @throws AppError not-found */
export function growthOf(ports: LatentPorts, item: ExportItem): GrowthToExport {
  const { store } = ports;
  if (item.kind === 'morph') return morphOf(ports, item);
  if (item.kind === 'style') {
    const { name, hash, spec, w0, b0, w1 } = store.rule(item.id);
    return {
      ...{ name, digest: null, styles: [{ name, spec, w0, b0, w1 }] },
      recipe: {
        version: 1,
        styles: [{ styleId: item.id, name, ruleHash: hash }],
        ...{ mix: plainMix, seed: 1, grid: spec.grid, steps: spec.steps, events: [], backend: '' },
      },
    };
  }
  const detail = store.detail(item);
  if (detail.kind !== 'artwork') throw new RangeError(`${item.id} is a ${detail.kind}`);
  const { name, recipe, digest } = detail;
  const styles = recipe.styles.map(({ name: styleName, ruleHash }) => {
    const { spec, w0, b0, w1 } = store.ruleByHash(ruleHash);
    return { name: styleName, spec, w0, b0, w1 };
  });
  return {
    name,
    recipe,
    digest,
    styles,
    latents: latentsOrNull(ports, recipe),
    decoded: decodedOf(store, recipe),
  };
}

/** @throws AppError not-found, unsupported where the styles have no latents of one model */
function morphOf(ports: LatentPorts, { styleIds, seed, grid, morph }: MorphRef): GrowthToExport {
  const { latents, problem } = latentsOf(ports, styleIds);
  if (latents === null) throw new AppError('unsupported', problem);
  const rules = styleIds.map((id) => ports.store.rule(id));
  const [{ spec }] = rules;
  return {
    name: rules.map(({ name }) => name).join(' to '),
    styles: rules.map(({ name, spec, w0, b0, w1 }) => ({ name, spec, w0, b0, w1 })),
    ...{ latents, morph, digest: null },
    recipe: {
      version: 1,
      styles: rules.map(({ name, hash }, i) => ({ styleId: styleIds[i], name, ruleHash: hash })),
      ...{ mix: plainMix, seed, grid: grid ?? spec.grid, steps: spec.steps, events: [], backend: '' },
    },
  };
}

/** Styles that are gone from the library have no latents any more. */
function latentsOrNull(ports: LatentPorts, { styles }: Recipe) {
  if (styles.length < 2) return null;
  try {
    return latentsOf(
      ports,
      styles.map(({ styleId }) => styleId),
    ).latents;
  } catch (failure) {
    if (failure instanceof AppError) return null;
    throw failure;
  }
}

/** What the end of a file's name is. */
export function endingOf(format: string): string {
  switch (format) {
    case 'still-webp':
      return 'webp';
    case 'sheet':
    case 'frames':
      return 'png';
    default:
      return format;
  }
}

/** `{name}`, `{seed}`, `{steps}` and `{number}` filled in; what else stands in braces stays. */
export function nameByPattern(
  pattern: string,
  { name, recipe }: Pick<GrowthToExport, 'name' | 'recipe'>,
  number: string,
): string {
  const values = new Map([
    ['name', name],
    ['seed', String(recipe.seed)],
    ['steps', String(recipe.steps)],
    ['number', number],
  ]);
  return pattern.replace(/\{(\w+)\}/g, (whole, key: string) => values.get(key) ?? whole);
}
