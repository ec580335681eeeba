/** All that is known of one item, with its parents and children. */
import type { ArtworkDetail, ItemDetail, ItemRef, Relative, StyleDetail } from '#contract/shapes/library.ts';
import { recipe as recipeShape } from '#contract/shapes/growth.ts';
import { AppError } from '#domain/errors.ts';
import { parseModelSpec } from '#domain/model-check.ts';
import { query } from './connection.ts';
import type { StoreContext } from './context.ts';
import { findItem, galleryItem, type ItemRow } from './gallery.ts';
import type { SimilarStyles } from './similar.ts';

interface StyleRow {
  readonly rule: string;
  readonly spec: string;
  readonly rule_bytes: number;
  readonly has_latent: number;
  readonly model_id: string | null;
  readonly model_name: string | null;
  readonly source_name: string | null;
  readonly source_picture: string | null;
  readonly mse: number | null;
  readonly psnr: number | null;
  readonly ssim: number | null;
  readonly is_refined: number;
}

const SIMILAR = 12;

const findStyle = query<[item: number], StyleRow>(`
  SELECT rule, rules.spec, length(w0) + length(b0) + length(w1) AS rule_bytes, latent IS NOT NULL AS has_latent,
      iif(models.deleted_ms IS NULL, models.id, NULL) AS model_id, models.name AS model_name,
      source_name, source_picture, mse, psnr, ssim, is_refined
    FROM styles JOIN rules ON rules.hash = styles.rule LEFT JOIN models ON models.id = styles.model
    WHERE item = ?`);
const findArtwork = query<[item: number], { recipe: string; digest: string }>(
  'SELECT recipe, digest FROM artworks WHERE item = ?',
);
const findParents = query<[child: number], Relative>(`
  SELECT kind, id, name, picture FROM lineage JOIN items ON items.seq = parent
    WHERE child = ? AND deleted_ms IS NULL ORDER BY seq`);
const findChildren = query<[parent: number], Relative>(`
  SELECT kind, id, name, picture FROM lineage JOIN items ON items.seq = child
    WHERE parent = ? AND deleted_ms IS NULL ORDER BY seq`);

/** @throws AppError not-found */
export function itemDetail(context: StoreContext, similar: SimilarStyles, item: ItemRef): ItemDetail {
  const row = findItem(context, item);
  if (row === undefined) {
    throw new AppError(
      'not-found',
      `This ${item.kind} is not in the library any more: it was deleted meanwhile.`,
    );
  }
  return row.kind === 'style' ? styleDetail(context, similar, row) : artworkDetail(context, row);
}

function styleDetail(context: StoreContext, similar: SimilarStyles, row: ItemRow): StyleDetail {
  const style = context.connection.get(findStyle, row.seq)!;
  const spec = parseModelSpec(JSON.parse(style.spec));
  const { mse, psnr, ssim } = style;
  return {
    ...galleryItem(row),
    kind: 'style',
    modelId: style.model_id,
    modelName: style.model_name,
    sourcePicture: style.source_picture,
    sourceName: style.source_name,
    score: mse === null || psnr === null || ssim === null ? null : { mse, psnr, ssim },
    steps: spec.steps,
    channels: spec.automaton.channels,
    hidden: spec.automaton.hidden,
    ruleHash: style.rule,
    ruleBytes: style.rule_bytes,
    hasLatent: style.has_latent === 1,
    isRefined: style.is_refined === 1,
    ...kin(context, row),
    similar: similar.find(row.id, SIMILAR),
  };
}

function artworkDetail(context: StoreContext, row: ItemRow): ArtworkDetail {
  const { recipe, digest } = context.connection.get(findArtwork, row.seq)!;
  return {
    ...galleryItem(row),
    kind: 'artwork',
    recipe: recipeShape.parse(JSON.parse(recipe)),
    digest,
    ...kin(context, row),
  };
}

function kin({ connection }: StoreContext, { seq }: ItemRow): { parents: Relative[]; children: Relative[] } {
  return { parents: connection.all(findParents, seq), children: connection.all(findChildren, seq) };
}
