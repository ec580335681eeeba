/**
 * Styles of one model by the distance of their latents. All latents of a model lie in one Float32Array, [n, E], filled
 * as styles are added; a search is one pass over it. Deleted styles stay in the matrix and are passed over.
 */
import type { Relative } from '#contract/shapes/library.ts';
import { query } from './connection.ts';
import type { StoreContext } from './context.ts';
import { floatsOf } from './rules.ts';

interface Latents {
  /** E. */
  readonly size: number;
  /** [capacity, E]; the first `count` rows are filled. */
  values: Float32Array;
  items: Int32Array;
  count: number;
  lastItem: number;
}

export interface SimilarStyles {
  /** Nearest first; none for a style without latent. */
  find(styleId: string, limit: number): Relative[];
  /** After rows were removed for good, or the database was replaced. */
  forget(): void;
}

/** A model of 10,000 styles and 1,024 values takes 40 MB. */
const MODELS_KEPT = 2;

/** Values between two looks at whether a row is already too far. */
const RUN = 64;

const findLatent = query<[id: string], { item: number; model: string; latent: Buffer }>(`
  SELECT item, model, latent FROM items JOIN styles ON styles.item = items.seq
    WHERE items.id = ? AND latent IS NOT NULL AND model IS NOT NULL`);
const after = query<[model: string, item: number], { item: number; latent: Buffer }>(
  'SELECT item, latent FROM styles WHERE model = ? AND item > ? AND latent IS NOT NULL ORDER BY item',
);
const deleted = query<[], { seq: number }>('SELECT seq FROM items WHERE deleted_ms IS NOT NULL');
const findRelative = query<[item: number], Relative>(
  'SELECT kind, id, name, picture FROM items WHERE seq = ? AND deleted_ms IS NULL',
);

export function createSimilarStyles({ connection }: StoreContext): SimilarStyles {
  /** The most recently used last. */
  const models = new Map<string, Latents>();

  function latentsOf(model: string, size: number): Latents {
    const known = models.get(model) ?? {
      size,
      values: new Float32Array(0),
      items: new Int32Array(0),
      count: 0,
      lastItem: 0,
    };
    models.delete(model);
    models.set(model, known);
    for (const oldest of [...models.keys()].slice(0, -MODELS_KEPT)) models.delete(oldest);
    for (const row of connection.all(after, model, known.lastItem)) append(known, row);
    return known;
  }

  return {
    find(styleId, limit) {
      const style = connection.get(findLatent, styleId);
      if (style === undefined) return [];
      const latent = floatsOf(style.latent);
      const latents = latentsOf(style.model, latent.length);
      const hidden = new Set(connection.all(deleted).map(({ seq }) => seq));
      hidden.add(style.item);
      return nearest(latents, latent, limit, hidden).flatMap(
        (item) => connection.get(findRelative, item) ?? [],
      );
    },
    forget() {
      models.clear();
    },
  };
}

function append(latents: Latents, row: { readonly item: number; readonly latent: Buffer }): void {
  const { size } = latents;
  latents.lastItem = row.item;
  if (row.latent.byteLength !== size * Float32Array.BYTES_PER_ELEMENT) return;
  if (latents.count === latents.items.length) {
    const capacity = Math.max(64, latents.count * 2);
    const { values, items } = latents;
    latents.values = new Float32Array(capacity * size);
    latents.values.set(values);
    latents.items = new Int32Array(capacity);
    latents.items.set(items);
  }
  latents.values.set(floatsOf(row.latent), latents.count * size);
  latents.items[latents.count] = row.item;
  latents.count++;
}

/** The items of the `limit` rows with the smallest Σ(row − latent)², the smallest first. */
function nearest(
  { values, items, size, count }: Latents,
  latent: Float32Array,
  limit: number,
  hidden: ReadonlySet<number>,
): number[] {
  const found: { item: number; distance: number }[] = [];
  let worst = limit > 0 ? Infinity : -1;
  for (let row = 0; row < count; row++) {
    const start = row * size;
    let distance = 0;
    // In runs: a sum past the worst kept one need not be finished.
    for (let i = 0; i < size && distance < worst; i += RUN)
      distance += squares(values, start + i, latent, i, Math.min(RUN, size - i));
    if (!(distance < worst) || hidden.has(items[row])) continue;
    let at = found.length;
    while (at > 0 && found[at - 1].distance > distance) at--;
    found.splice(at, 0, { item: items[row], distance });
    if (found.length > limit) found.pop();
    if (found.length === limit) worst = found[limit - 1].distance;
  }
  return found.map(({ item }) => item);
}

/** Σ(a[i] − b[j])² over `length` values; four sums that do not wait for each other. */
function squares(a: Float32Array, i: number, b: Float32Array, j: number, length: number): number {
  let sum0 = 0;
  let sum1 = 0;
  let sum2 = 0;
  let sum3 = 0;
  let k = 0;
  for (; k + 3 < length; k += 4) {
    const d0 = a[i + k] - b[j + k];
    const d1 = a[i + k + 1] - b[j + k + 1];
    const d2 = a[i + k + 2] - b[j + k + 2];
    const d3 = a[i + k + 3] - b[j + k + 3];
    sum0 += d0 * d0;
    sum1 += d1 * d1;
    sum2 += d2 * d2;
    sum3 += d3 * d3;
  }
  for (; k < length; k++) sum0 += (a[i + k] - b[j + k]) ** 2;
  return sum0 + sum1 + sum2 + sum3;
}
