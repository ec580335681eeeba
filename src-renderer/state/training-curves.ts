/** A run's curves as the window keeps them: bounded, also over millions of iterations, and never out of order. */
import type { CurvePoint, ValidationPoint } from '#contract/shapes/training.ts';

/** Points of the loss, at most. More than any screen is wide. */
export const mostPoints = 4000;

/**
 * A run that went back to an older checkpoint does its iterations again: what it had of them is replaced.
 * @param points by iteration, ascending
 */
export function withPoint<T extends { readonly iteration: number }>(points: readonly T[], next: T): T[] {
  let end = points.length;
  while (end > 0 && points[end - 1].iteration >= next.iteration) end--;
  const after = [...points.slice(0, end), next];
  return after.length > mostPoints ? thinned(after) : after;
}

/** Every second point, with the last one. */
function thinned<T>(points: readonly T[]): T[] {
  return points.filter((_, index) => (points.length - 1 - index) % 2 === 0);
}

export interface ChartData {
  /** Iterations, ascending; a place for every point of either curve. */
  readonly x: number[];
  readonly loss: (number | null)[];
  readonly psnr: (number | null)[];
}

/** Both curves over one axis, with gaps where one has no point. */
export function chartData(curve: readonly CurvePoint[], validations: readonly ValidationPoint[]): ChartData {
  const loss = new Map(curve.map((point) => [point.iteration, point.loss]));
  const psnr = new Map(validations.map((point) => [point.iteration, point.psnr]));
  const x = [...new Set([...loss.keys(), ...psnr.keys()])].sort((a, b) => a - b);
  return {
    x,
    loss: x.map((iteration) => finite(loss.get(iteration))),
    psnr: x.map((iteration) => finite(psnr.get(iteration))),
  };
}

/** A loss of 0 or below has no place on a logarithmic axis. */
export function positive(values: readonly (number | null)[]): (number | null)[] {
  return values.map((value) => (value !== null && value > 0 ? value : null));
}

function finite(value: number | undefined): number | null {
  return value !== undefined && Number.isFinite(value) ? value : null;
}

export interface ReadoutRow {
  readonly iteration: number;
  readonly loss: number | null;
  readonly psnr: number;
  readonly ssim: number;
}

/** The last validations with the loss at that time, newest first: the chart for those who read it. */
export function readout(
  curve: readonly CurvePoint[],
  validations: readonly ValidationPoint[],
  rows: number,
): ReadoutRow[] {
  return validations
    .slice(-rows)
    .reverse()
    .map(({ iteration, psnr, ssim }) => ({
      iteration,
      loss: curve.findLast((point) => point.iteration <= iteration)?.loss ?? null,
      psnr,
      ssim,
    }));
}
