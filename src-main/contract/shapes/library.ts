/** What the library holds, as the window sees it. Pictures are named by hash and fetched as `/pictures/HASH`. */
import { z } from 'zod';
import { recipe } from './growth.ts';
import { count, grid, hash, id, name, score } from './values.ts';

export const itemKind = z.enum(['style', 'artwork']);
export const itemRef = z.object({ kind: itemKind, id });
export type ItemRef = z.output<typeof itemRef>;

export const galleryItem = itemRef.extend({
  name: z.string(),
  /** A PNG, at the grid's size. */
  picture: hash,
  grid,
  isFavourite: z.boolean(),
  tags: z.array(z.string()),
  createdMs: z.number(),
});
export type GalleryItem = z.output<typeof galleryItem>;

export const relative = galleryItem.pick({ kind: true, id: true, name: true, picture: true });
export type Relative = z.output<typeof relative>;

export const styleDetail = galleryItem.extend({
  kind: z.literal('style'),
  modelId: id.nullable(),
  modelName: z.string().nullable(),
  /** The picture it was made from, as the model saw it. */
  sourcePicture: hash.nullable(),
  sourceName: z.string().nullable(),
  /** Of the growth against the source. */
  score: score.nullable(),
  steps: count,
  channels: count,
  hidden: count,
  ruleHash: hash,
  ruleBytes: count,
  hasLatent: z.boolean(),
  isRefined: z.boolean(),
  parents: z.array(relative),
  children: z.array(relative),
  similar: z.array(relative),
});
export type StyleDetail = z.output<typeof styleDetail>;

export const artworkDetail = galleryItem.extend({
  kind: z.literal('artwork'),
  recipe,
  /** sha256 of the final state's RGBA bytes: a replay must give the same. */
  digest: hash,
  /** Styles and artworks that it was made from. */
  parents: z.array(relative),
  children: z.array(relative),
});
export type ArtworkDetail = z.output<typeof artworkDetail>;

export const itemDetail = z.discriminatedUnion('kind', [styleDetail, artworkDetail]);
export type ItemDetail = z.output<typeof itemDetail>;

export const model = z.object({
  id,
  name: z.string(),
  preset: z.string(),
  isBundled: z.boolean(),
  /** Whether it has an encoder; without one it is the rule of one picture. */
  canEncode: z.boolean(),
  grid,
  steps: count,
  latent: count.nullable(),
  iterations: count,
  seconds: z.number(),
  data: z.string(),
  notes: z.string(),
  score: score.nullable(),
  bytes: count,
  styles: count,
  createdMs: z.number(),
});
export type Model = z.output<typeof model>;

/** How a style fares beyond its training: likeness to its own picture, in dB, at most 100. */
export const styleHealth = z.object({
  /** With a wound in its middle; and that after as many steps again. */
  wounded: z.number(),
  healed: z.number(),
  /** At `steps`, four times as many as it was trained for. */
  kept: z.number(),
  steps: count,
});
export type StyleHealth = z.output<typeof styleHealth>;

export const galleryQuery = z.object({
  kinds: z.array(itemKind).min(1).default(['style', 'artwork']),
  /** Names and tags, by the beginnings of their words. */
  search: z.string().max(200).default(''),
  tags: z.array(name).max(20).default([]),
  favouritesOnly: z.boolean().default(false),
  modelId: id.nullable().default(null),
  sort: z.enum(['newest', 'oldest', 'name']).default('newest'),
  offset: count.default(0),
  limit: z.number().int().min(1).max(500).default(200),
});
export type GalleryQuery = z.output<typeof galleryQuery>;

export const galleryPage = z.object({ total: count, items: z.array(galleryItem) });
export type GalleryPage = z.output<typeof galleryPage>;

export const itemPatch = z.object({
  name: name.optional(),
  isFavourite: z.boolean().optional(),
  addTags: z.array(name).max(50).optional(),
  removeTags: z.array(name).max(50).optional(),
});
export type ItemPatch = z.output<typeof itemPatch>;

/** After every change; what to show of the undo stack, and how much there is. */
export const librarySummary = z.object({
  styles: count,
  artworks: count,
  models: count,
  /** "Delete 3 styles", or null where there is nothing. */
  undo: z.string().nullable(),
  redo: z.string().nullable(),
});
export type LibrarySummary = z.output<typeof librarySummary>;
