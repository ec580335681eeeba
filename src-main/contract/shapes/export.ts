/**
 * How a growth leaves the program: as which kind of file, which of its steps, how large, on what, how fast, and whether
 * the file carries what it was grown from.
 */
import { z } from 'zod';
import { bytes, count } from './values.ts';

/**
 * `safetensors`: rules and recipe alone. `png`, `still-webp`: the last step. `sheet`: steps side by side, a PNG. `frames`:
 * numbered PNGs. The others move.
 */
export const exportFormat = z.enum([
  'gif',
  'apng',
  'webp',
  'png',
  'still-webp',
  'sheet',
  'frames',
  'safetensors',
]);
export type ExportFormat = z.output<typeof exportFormat>;

export const exportOptions = z.object({
  format: exportFormat,
  framesPerSecond: z.number().min(0.5).max(50).default(25),
  /** Times to play; 0 is for ever. */
  loop: z.number().int().min(0).max(65_535).default(0),
  /** Forwards, then backwards. */
  isBoomerang: z.boolean().default(false),
  /** How long the last frame stays; of a boomerang, the one in the middle. */
  holdMs: z.number().int().min(0).max(600_000).default(1000),
  firstStep: count.max(1_000_000).default(0),
  /** Null: the recipe's, or as many as the style was trained for. */
  lastStep: count.max(1_000_000).nullable().default(null),
  /** Steps between two frames; null: such that there are at most 250. Of a sheet: at most 24. */
  every: z.number().int().min(1).max(1_000_000).nullable().default(null),
  /** Pixels of the longer side, at most; crisp cells are whole squares. Null: 320. */
  size: z.number().int().min(3).max(1024).nullable().default(null),
  isSmooth: z.boolean().default(false),
  /** `auto`: black for digits, white for others. */
  background: z
    .string()
    .regex(/^(auto|transparent|#[0-9a-f]{6})$/i)
    .default('auto'),
  /** Of a GIF. */
  colours: z.number().int().min(2).max(255).default(255),
  isDithered: z.boolean().default(false),
  /**
   * How near pixels come to what they should be, of a GIF or WebP. Null: 75 of a GIF; of a WebP 100, which is to the last
   * bit, as the other kinds are.
   */
  quality: z.number().int().min(1).max(100).nullable().default(null),
  /** The file is to be smaller than this: quality, size, colours and frames give way. */
  budgetBytes: z.number().int().min(1000).max(1e9).nullable().default(null),
  /** Rules and recipe go with it, so that it grows again. */
  carriesRecipe: z.boolean().default(true),
});
export type ExportOptions = z.output<typeof exportOptions>;

/** What came of it. */
export const exportSummary = z.object({
  /** Of the file, or of all files. */
  bytes: count,
  frames: count,
  width: count,
  height: count,
  /** Sentences: what a budget chose, what was left out. */
  notes: z.array(z.string()),
});
export type ExportSummary = z.output<typeof exportSummary>;

export const exportProgress = z.object({
  phase: z.enum(['Growing', 'Encoding', 'Searching']),
  done: count,
  total: count,
});
export type ExportProgress = z.output<typeof exportProgress>;

export const exportedFrame = z.object({
  /** From 0, of so many. */
  frame: count,
  frames: count,
  /** How long it stays. */
  ms: z.number(),
  height: count,
  width: count,
  /** Straight (not premultiplied) RGBA, [H, W, 4], on its background. */
  rgba: bytes,
});
export type ExportedFrame = z.output<typeof exportedFrame>;
