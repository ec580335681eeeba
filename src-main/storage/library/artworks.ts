/** Artworks: added with their recipe, the rules it needs, and their kin. */
import type { NewArtwork } from '#contract/library-store.ts';
import type { Recipe } from '#contract/shapes/growth.ts';
import { recipe as recipeShape } from '#contract/shapes/growth.ts';
import type { ItemRef } from '#contract/shapes/library.ts';
import { AppError } from '#domain/errors.ts';
import { query } from './connection.ts';
import type { StoreContext } from './context.ts';
import { addItem } from './items.ts';
import { keepPicture } from './pictures.ts';
import { canonicalJson, hasRule, keepRule } from './rules.ts';

const insert = query<[item: number, recipe: string, digest: string]>(
  'INSERT INTO artworks (item, recipe, digest) VALUES (?, ?, ?)',
);
const needRule = query<[item: number, rule: string]>(
  'INSERT INTO artwork_rules (item, rule) VALUES (?, ?) ON CONFLICT DO NOTHING',
);

const findByDigest = query<[digest: string], { id: string; recipe: string }>(`
  SELECT items.id, artworks.recipe FROM artworks JOIN items ON items.seq = artworks.item
    WHERE artworks.digest = ? AND items.deleted_ms IS NULL ORDER BY items.seq`);

/** Within a transaction. @throws AppError not-found where a rule of the recipe is not there */
export function addArtwork(context: StoreContext, artwork: NewArtwork): string {
  const { connection } = context;
  const { recipe, rules = [] } = artwork;
  const kept = rules.map((rule) => keepRule(context, rule));
  if (recipe.decoded?.rules.some(({ ruleHash }) => !kept.includes(ruleHash))) {
    throw new RangeError('a recipe names a decoded rule that did not come with it');
  }
  for (const style of recipe.styles) {
    if (!hasRule(context, style.ruleHash)) {
      throw new AppError(
        'not-found',
        `The style ${style.name} is not in the library any more, so what grew from it cannot be kept: import it again.`,
      );
    }
  }
  const styles = recipe.styles.map(({ styleId }): ItemRef => ({ kind: 'style', id: styleId }));
  const { id, seq } = addItem(context, {
    kind: 'artwork',
    name: artwork.name,
    picture: keepPicture(context, artwork.picture),
    grid: recipe.grid,
    tags: [],
    parents: [...styles, ...artwork.parents],
  });
  connection.run(insert, seq, JSON.stringify(recipe), artwork.digest);
  for (const hash of [...recipe.styles.map(({ ruleHash }) => ruleHash), ...kept])
    connection.run(needRule, seq, hash);
  return id;
}

export function artworkLike({ connection }: StoreContext, recipe: Recipe, digest: string): string | null {
  const wanted = sameGrowth(recipe);
  const found = connection
    .all(findByDigest, digest)
    .find((row) => sameGrowth(recipeShape.parse(JSON.parse(row.recipe))) === wanted);
  return found?.id ?? null;
}

/** Of a recipe, what decides the picture. */
function sameGrowth({ styles, mix, seed, grid, steps, events }: Recipe): string {
  return canonicalJson([styles.map(({ ruleHash }) => ruleHash), mix, seed, grid, steps, events]);
}
