/** Work that takes long, is kept in the library, and survives what happens to the program. */
import { z } from 'zod';
import { trainingReport, trainingSource, trainingWishes, validationPoint } from './training.ts';
import { count, hash, id } from './values.ts';

export const jobKind = z.enum(['training', 'refinement', 'encoding', 'import', 'export', 'repair']);
export type JobKind = z.output<typeof jobKind>;

/**
 * `interrupted`: it was running when the program ended; it can be resumed. `stopped`: ended early by the user, with what
 * there was kept. `paused`: gave its turn away, goes on when resumed.
 */
export const jobState = z.enum([
  'queued',
  'running',
  'pausing',
  'paused',
  'stopping',
  'interrupted',
  'done',
  'stopped',
  'cancelled',
  'failed',
]);
export type JobState = z.output<typeof jobState>;

export const job = z.object({
  id,
  kind: jobKind,
  /** "Train on Icons". */
  title: z.string(),
  state: jobState,
  done: count,
  /** null while it is not known. */
  total: count.nullable(),
  /** What `done` counts, in the plural. */
  unit: z.string(),
  /** What it is doing, e.g. "Reading pictures". */
  phase: z.string(),
  etaSeconds: z.number().nullable(),
  /** A sentence: why it failed, or what should be known of it (a resume from an older checkpoint, files skipped). */
  message: z.string().nullable(),
  canResume: z.boolean(),
  createdMs: z.number(),
  startedMs: z.number().nullable(),
  endedMs: z.number().nullable(),
  /** What came of it. */
  modelId: id.nullable(),
  styleIds: z.array(id).max(100),
  styleCount: count,
  /** Where an export went. */
  path: z.string().nullable(),
  /** The photo that is learned. */
  repairId: id.nullable(),
});
export type Job = z.output<typeof job>;

export const trainingDetail = z.object({
  source: trainingSource,
  wishes: trainingWishes,
  report: trainingReport.nullable(),
  /** At most 2,000 points of the loss, evenly thinned. */
  curve: z.array(z.object({ iteration: count, seconds: z.number(), loss: z.number() })),
  validations: z.array(validationPoint),
  /** A PNG: the targets in the upper row, what grows in the lower, `previewCount` columns of equal squares. */
  preview: hash.nullable(),
  previewCount: count,
  previewIteration: count,
  /** The newest that is safe on the disk. */
  checkpoint: z.object({ iteration: count, madeMs: z.number() }).nullable(),
  skipped: z.array(z.object({ path: z.string(), reason: z.string() })),
});
export type TrainingDetail = z.output<typeof trainingDetail>;
