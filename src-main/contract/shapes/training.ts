/** Training as both contracts speak of it. */
import { z } from 'zod';
import { presetNames } from '#domain/model-presets.ts';
import { bytes, count, id, score, skippedFile } from './values.ts';

export const trainingSource = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('folder'), path: z.string().min(1).max(32_768) }),
  z.object({ kind: z.literal('sample'), name: z.enum(['digits', 'emoji']) }),
  /** Files sent by the window beforehand, as one folder. */
  z.object({ kind: z.literal('upload'), id }),
]);
export type TrainingSource = z.output<typeof trainingSource>;

/** What the user decides; everything else has measured defaults. */
export const trainingWishes = z.object({
  preset: z.enum(presetNames as [(typeof presetNames)[number], ...(typeof presetNames)[number][]]),
  /** Start from this model's weights; its spec replaces the preset's. */
  modelId: id.nullable().default(null),
  /** For `single`. */
  mode: z.enum(['grow', 'persist', 'regenerate']).default('persist'),
  iterations: z.number().int().min(1).max(1e9).nullable().default(null),
  batch: z.number().int().min(1).max(65_536).nullable().default(null),
  learningRate: z.number().positive().max(1).nullable().default(null),
  /** Enlarge pictures smaller than the grid instead of skipping them. */
  enlarge: z.boolean().default(false),
  /** At most so many pictures. */
  limit: z.number().int().min(1).nullable().default(null),
});
export type TrainingWishes = z.output<typeof trainingWishes>;

export const scanProgress = z.object({
  phase: z.enum(['scanning', 'decoding']),
  done: count,
  total: count.nullable(),
  skipped: count,
});
export type ScanProgress = z.output<typeof scanProgress>;

export const scanReport = z.object({
  /** Pictures that can be used. */
  count,
  duplicates: count,
  /** In all; `skipped` lists the first thousand. */
  skippedCount: count,
  skipped: z.array(skippedFile).max(1000),
  warnings: z.array(z.object({ path: z.string(), message: z.string() })).max(1000),
  /** PNG, a strip of the first pictures as the model sees them: `previewCount` squares side by side. */
  preview: bytes,
  previewCount: count,
});
export type ScanReport = z.output<typeof scanReport>;

/** Measured on this machine, with these pictures, in a few iterations. */
export const trainingEstimate = z.object({
  iterations: count,
  batch: count,
  msPerIteration: z.number(),
  seconds: z.number(),
  peakBytes: z.number(),
  freeBytes: z.number(),
});
export type TrainingEstimate = z.output<typeof trainingEstimate>;

/** A place where pictures to train on were looked for before. */
export const recentSource = z.object({
  source: trainingSource,
  name: z.string(),
  pictures: count,
  skipped: count,
  scannedMs: z.number(),
});
export type RecentSource = z.output<typeof recentSource>;

export const curvePoint = z.object({
  iteration: count,
  seconds: z.number(),
  /** Mean since the point before. */
  loss: z.number(),
});
export type CurvePoint = z.output<typeof curvePoint>;

export const validationPoint = score.extend({ iteration: count, seconds: z.number() });
export type ValidationPoint = z.output<typeof validationPoint>;

export const trainingReport = curvePoint.extend({
  iterations: count,
  learningRate: z.number(),
  iterationsPerSecond: z.number(),
  etaSeconds: z.number(),
});
export type TrainingReport = z.output<typeof trainingReport>;
