/** A job as windows see it, and the one as it begins. */
import type { JobRecord } from '#contract/library-store.ts';
import type { Job, JobKind, JobState } from '#contract/shapes/jobs.ts';
import type { RepairOptions } from '#contract/shapes/repair.ts';

/** Of a job that learns a photo. */
export interface LearningRequest {
  readonly repairId: string;
  readonly options: RepairOptions;
}

const MAX_STYLE_IDS = 100;

/** States in which nothing more happens unless somebody wants it. */
export function isEnded(state: JobState): boolean {
  return state === 'done' || state === 'stopped' || state === 'cancelled' || state === 'failed';
}

export function isResumable(state: JobState): boolean {
  return state === 'paused' || state === 'interrupted' || state === 'failed' || state === 'stopped';
}

export function viewOf(record: JobRecord): Job {
  const { request, memory: _memory, styleIds, ...shown } = record;
  const repairId = record.kind === 'repair' ? (request as LearningRequest).repairId : null;
  return {
    ...{ ...shown, repairId },
    ...{ styleIds: styleIds.slice(0, MAX_STYLE_IDS), canResume: isResumable(record.state) },
  };
}

export interface JobOrder {
  readonly kind: JobKind;
  readonly title: string;
  readonly unit: string;
  readonly total: number | null;
  readonly request: unknown;
}

export function newRecord(order: JobOrder, id: string, createdMs: number): JobRecord {
  return {
    ...order,
    ...{ id, createdMs, state: 'queued', done: 0, phase: '', etaSeconds: null, message: null },
    ...{
      startedMs: null,
      endedMs: null,
      modelId: null,
      styleIds: [],
      styleCount: 0,
      path: null,
      memory: null,
    },
  };
}
