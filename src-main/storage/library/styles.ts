/** Styles: added, and what growing, refining and exporting one needs. */
import type { LibraryStore, NewStyle, StoredRule } from '#contract/library-store.ts';
import { AppError } from '#domain/errors.ts';
import { query } from './connection.ts';
import type { StoreContext } from './context.ts';
import { addItem } from './items.ts';
import { keepPicture, readPicture } from './pictures.ts';
import { bytesOf, floatsOf, keepRule, readRule, ruleHash } from './rules.ts';

interface StyleRow {
  readonly name: string;
  readonly rule: string;
  readonly latent: Buffer | null;
  readonly model: string | null;
  readonly model_name: string | null;
  readonly model_hash: string | null;
  readonly model_deleted_ms: number | null;
  readonly source_name: string | null;
  readonly source_hash: string | null;
  readonly source_picture: string | null;
}

const findSame = query<[rule: string, sourceHash: string | null], { id: string }>(`
  SELECT items.id FROM styles JOIN items ON items.seq = styles.item
    WHERE styles.rule = ? AND styles.source_hash IS ? AND items.deleted_ms IS NULL LIMIT 1`);
const insert = query<
  [
    item: number,
    rule: string,
    latent: Uint8Array | null,
    model: string | null,
    sourceName: string | null,
    sourceHash: string | null,
    sourcePicture: string | null,
    mse: number | null,
    psnr: number | null,
    ssim: number | null,
    isRefined: number,
  ]
>(`INSERT INTO styles
    (item, rule, latent, model, source_name, source_hash, source_picture, mse, psnr, ssim, is_refined)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`);
/** Also of deleted styles: a recipe or an open growth may need them until they are collected. */
const find = query<[id: string], StyleRow>(`
  SELECT items.name, rule, latent, model, models.name AS model_name, models.hash AS model_hash,
      models.deleted_ms AS model_deleted_ms, source_name, source_hash, source_picture
    FROM items JOIN styles ON styles.item = items.seq LEFT JOIN models ON models.id = styles.model
    WHERE items.id = ?`);

/** Within a transaction. */
export function addStyle(context: StoreContext, style: NewStyle): string {
  const same = context.connection.get(findSame, ruleHash(style.rule), style.source?.hash ?? null);
  if (same !== undefined) return same.id;
  const rule = keepRule(context, style.rule);
  const { source, score } = style;
  const { id, seq } = addItem(context, {
    kind: 'style',
    name: style.name,
    picture: keepPicture(context, style.picture),
    grid: style.rule.spec.grid,
    tags: style.tags,
    parents: style.parents,
  });
  context.connection.run(
    insert,
    seq,
    rule,
    style.latent === null ? null : bytesOf(style.latent),
    style.modelId,
    source?.name ?? null,
    source?.hash ?? null,
    source?.picture ? keepPicture(context, source.picture) : null,
    score?.mse ?? null,
    score?.psnr ?? null,
    score?.ssim ?? null,
    Number(style.isRefined),
  );
  return id;
}

export function styleRule(
  context: StoreContext,
  styleId: string,
): StoredRule & { readonly name: string; readonly hash: string } {
  const { name, rule } = styleRow(context, styleId);
  return { ...readRule(context, rule, name), name, hash: rule };
}

export function styleSource(context: StoreContext, styleId: string): ReturnType<LibraryStore['styleSource']> {
  const row = styleRow(context, styleId);
  return {
    latent: row.latent === null ? null : floatsOf(row.latent),
    modelId: row.model_deleted_ms === null ? row.model : null,
    model:
      row.model_name === null || row.model_hash === null
        ? null
        : { name: row.model_name, hash: row.model_hash },
    image: row.source_hash === null ? null : { name: row.source_name ?? '', hash: row.source_hash },
    sourcePicture: row.source_picture === null ? null : readPicture(context, row.source_picture),
  };
}

function styleRow({ connection }: StoreContext, styleId: string): StyleRow {
  const row = connection.get(find, styleId);
  if (row === undefined)
    throw new AppError('not-found', 'This style is not in the library any more: choose another one.');
  return row;
}
