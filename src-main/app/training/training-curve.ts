/** The loss and the scores of a run on their way into the library, some at a time. */
import type { CurvePoint, TrainingReport, ValidationPoint } from '#contract/shapes/training.ts';
import type { AppPorts } from '../ports.ts';

export interface TrainingCurve {
  add(point: CurvePoint): void;
  addValidation(point: ValidationPoint): void;
  /** Writes what waits. */
  flush(): void;
}

const FLUSH_EVERY_MS = 1000;

export function createTrainingCurve(
  { store, clock }: Pick<AppPorts, 'store' | 'clock'>,
  jobId: string,
): TrainingCurve {
  let points: CurvePoint[] = [];
  let validations: ValidationPoint[] = [];
  let flushedAtMs = clock.monotonicMs();

  function flush(): void {
    flushedAtMs = clock.monotonicMs();
    if (points.length === 0 && validations.length === 0) return;
    store.addCurve(jobId, points, validations);
    points = [];
    validations = [];
  }

  function flushIfDue(): void {
    if (clock.monotonicMs() - flushedAtMs >= FLUSH_EVERY_MS) flush();
  }

  return {
    add(point) {
      points.push(point);
      flushIfDue();
    },
    addValidation(point) {
      validations.push(point);
      flushIfDue();
    },
    flush,
  };
}

export function pointOf({ iteration, seconds, loss }: TrainingReport): CurvePoint {
  return { iteration, seconds, loss };
}
