/** A training under way or ended, as its page shows it: what is kept of it, and what comes in while it runs. */
import type { TrainingDetail } from '#contract/shapes/jobs.ts';
import type { CurvePoint, TrainingReport, ValidationPoint } from '#contract/shapes/training.ts';
import { client } from '../lib/client.ts';
import { failureMessage } from './attempt.ts';
import { withPoint } from './training-curves.ts';

interface Preview {
  /** Of the PNG. */
  readonly hash: string;
  readonly columns: number;
  readonly iteration: number;
}

export class TrainingJobState {
  readonly jobId: string;
  detail: TrainingDetail | null = $state.raw(null);
  problem: string | null = $state(null);
  report: TrainingReport | null = $state.raw(null);
  curve: readonly CurvePoint[] = $state.raw([]);
  validations: readonly ValidationPoint[] = $state.raw([]);
  preview: Preview | null = $state.raw(null);
  /** The last iteration that is safe on the disk. */
  safeIteration: number | null = $state(null);

  constructor(jobId: string) {
    this.jobId = jobId;
  }

  /** @returns ends it. */
  watch(): () => void {
    const isMine = (jobId: string): boolean => jobId === this.jobId;
    const ends = [
      client.on('training.progress', ({ jobId, ...report }) => {
        if (!isMine(jobId)) return;
        this.report = report;
        this.curve = withPoint(this.curve, report);
      }),
      client.on('training.validation', ({ jobId, ...point }) => {
        if (isMine(jobId)) this.validations = withPoint(this.validations, point);
      }),
      client.on('training.checkpoint', ({ jobId, iteration }) => {
        if (isMine(jobId)) this.safeIteration = iteration;
      }),
      client.on('training.preview', ({ jobId, preview, previewCount, iteration }) => {
        if (isMine(jobId)) this.preview = { hash: preview, columns: previewCount, iteration };
      }),
    ];
    return () => {
      for (const end of ends) end();
    };
  }

  /** Asks for what is kept; events that came meanwhile are newer and stay. */
  async load(): Promise<void> {
    try {
      const detail = await client.call('training.detail', { jobId: this.jobId });
      this.detail = detail;
      this.problem = null;
      this.report = newer(this.report, detail.report);
      this.safeIteration ??= detail.checkpoint?.iteration ?? null;
      this.curve = merged(detail.curve, this.curve);
      this.validations = merged(detail.validations, this.validations);
      if (detail.preview !== null && (this.preview?.iteration ?? -1) <= detail.previewIteration)
        this.preview = {
          hash: detail.preview,
          columns: detail.previewCount,
          iteration: detail.previewIteration,
        };
    } catch (failure) {
      this.problem = failureMessage(failure);
    }
  }
}

function newer<T extends { readonly iteration: number }>(a: T | null, b: T | null): T | null {
  if (a === null || b === null) return a ?? b;
  return a.iteration >= b.iteration ? a : b;
}

function merged<T extends { readonly iteration: number }>(
  kept: readonly T[],
  live: readonly T[],
): readonly T[] {
  const last = kept.at(-1)?.iteration ?? -1;
  return [...kept, ...live.filter(({ iteration }) => iteration > last)];
}
