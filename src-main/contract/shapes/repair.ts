/**
 * Repairing a photo: what is asked, what is told on the way, and what came of it. All coordinates are pixels of the photo
 * held upright, as people see it (EXIF's turn is applied).
 */
import { z } from 'zod';
import { bytes, count, id } from './values.ts';

export const photoRegion = z.object({ x: count, y: count, width: count, height: count });
export type PhotoRegion = z.output<typeof photoRegion>;

/** What a window can show of it at once. */
export const viewedRegion = z.object({
  ...{ x: count, y: count },
  width: z.number().int().min(1).max(4096),
  height: z.number().int().min(1).max(4096),
});

/** A photo that is open. */
export const openedPhoto = z.object({
  repairId: id,
  /** The file's base name. */
  name: z.string(),
  width: count,
  height: count,
  /** The photo in sRGB, at most 2048 a side: JPEG, or PNG where it has transparency. */
  preview: bytes,
  previewWidth: count,
  previewHeight: count,
  /** What the photo is saved as by `original`. */
  format: z.enum(['jpeg', 'png', 'webp', 'avif', 'tiff', 'gif']),
  bitDepth: z.union([z.literal(8), z.literal(16)]),
  hasAlpha: z.boolean(),
  /** Whether a file of the original's format keeps every pixel as it is; PNG always does. */
  isLossless: z.boolean(),
  /** Sentences, e.g. that its colours were converted. */
  notices: z.array(z.string()),
});
export type OpenedPhoto = z.output<typeof openedPhoto>;

export const repairOptions = z.object({
  /** The model whose encoder looks at the damaged photo; null: the one that suits best. */
  modelId: id.nullable().default(null),
  /** Trains a rule on the photo's intact parts first: minutes, and no model is needed. */
  learns: z.boolean().default(false),
  /**
   * What is known outside the mask is held at every step; by a model that was not trained for that, what grows is made to
   * meet it at the edge instead. Without, the paper's plain way.
   */
  isLocked: z.boolean().default(true),
  /** Pixels outside the mask over which the result fades into the photo. */
  feather: z.number().min(0).max(256).default(2),
  /** Of learning, at most. */
  iterations: z.number().int().min(1).max(10_000).default(400),
});
export type RepairOptions = z.output<typeof repairOptions>;

export const repairProgress = z.object({
  /** For people, e.g. "Growing". */
  phase: z.string(),
  done: count,
  total: count,
  /** A PNG to be laid over `region`: the hole as it grows, transparent elsewhere. */
  preview: bytes.nullable(),
  region: photoRegion.nullable(),
});
export type RepairProgress = z.output<typeof repairProgress>;

export const repairResult = z.object({
  /** The whole repaired photo at the preview's size, as the preview of the photo. */
  preview: bytes,
  /** What may differ from the photo. */
  region: photoRegion,
  /** Pixels of the photo, those that may change (mask and feather), and those outside that are as they were. */
  pixels: count,
  repaired: count,
  identical: count,
  seconds: z.number(),
  /** Patches that were grown. */
  patches: count,
  /** Sentences, e.g. why learning ended early. */
  notices: z.array(z.string()),
});
export type RepairResult = z.output<typeof repairResult>;

/** A photo that is open still, or was left behind by a window that closed. */
export const keptRepair = z.object({
  photo: openedPhoto,
  /** The mask as it was kept last, a PNG; null where nothing was painted. */
  mask: bytes.nullable(),
  /** What came of it last, and how it was made. */
  result: repairResult.nullable(),
  options: repairOptions.nullable(),
  /** The job that learns it now, or did last. */
  jobId: id.nullable(),
});
export type KeptRepair = z.output<typeof keptRepair>;

/** `original`: as the photo; `png`: every pixel outside the mask stays exactly as it was, whatever the photo is. */
export const repairFormat = z.enum(['original', 'png']);
export type RepairFormat = z.output<typeof repairFormat>;

export const savedRepair = z.object({
  /** Where it was written; null where it waits at `/downloads/repair/ID`. */
  path: z.string().nullable(),
  fileName: z.string(),
  bytes: count,
  /** Whether the file keeps every pixel outside mask and feather as it was: not where its format is lossy. */
  isExact: z.boolean(),
});
export type SavedRepair = z.output<typeof savedRepair>;
