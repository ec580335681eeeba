/** The course of a training job: its loss, and its scores on pictures it does not learn from. */
import type { CurvePoint, ValidationPoint } from '#contract/shapes/training.ts';
import { query } from './connection.ts';
import type { StoreContext } from './context.ts';
import { jobNumber } from './jobs.ts';

const addPoint = query<[job: number, iteration: number, seconds: number, loss: number]>(
  'INSERT OR REPLACE INTO curve_points (job, iteration, seconds, loss) VALUES (?, ?, ?, ?)',
);
const addValidation = query<
  [job: number, iteration: number, seconds: number, mse: number, psnr: number, ssim: number]
>('INSERT OR REPLACE INTO validations (job, iteration, seconds, mse, psnr, ssim) VALUES (?, ?, ?, ?, ?, ?)');
const cutPoints = query<[job: number, iteration: number]>(
  'DELETE FROM curve_points WHERE job = ? AND iteration > ?',
);
const cutValidations = query<[job: number, iteration: number]>(
  'DELETE FROM validations WHERE job = ? AND iteration > ?',
);
const countPoints = query<[job: number], { count: number }>(
  'SELECT count(*) AS count FROM curve_points WHERE job = ?',
);
/** Of points numbered from 0, those that divide `last` into `gaps` parts: round(k · last / gaps). */
const thinned = query<[job: number, gaps: number, last: number], CurvePoint>(`
  SELECT iteration, seconds, loss FROM (
      SELECT *, row_number() OVER (ORDER BY iteration) - 1 AS number FROM curve_points WHERE job = ?1
    ) WHERE number = round(round(1.0 * number * ?2 / ?3) * ?3 / ?2) ORDER BY iteration`);
const listValidations = query<[job: number], ValidationPoint>(
  'SELECT iteration, seconds, mse, psnr, ssim FROM validations WHERE job = ? ORDER BY iteration',
);

/** Within a transaction. A value that is not finite has no place on a curve. @throws AppError not-found */
export function addCurve(
  context: StoreContext,
  jobId: string,
  points: readonly CurvePoint[],
  validations: readonly ValidationPoint[],
): void {
  const { connection } = context;
  const job = jobNumber(context, jobId);
  for (const { iteration, seconds, loss } of points)
    if (Number.isFinite(loss)) connection.run(addPoint, job, iteration, seconds, loss);
  for (const { iteration, seconds, mse, psnr, ssim } of validations) {
    if ([mse, psnr, ssim].every(Number.isFinite))
      connection.run(addValidation, job, iteration, seconds, mse, psnr, ssim);
  }
}

/** Within a transaction. @throws AppError not-found */
export function cutCurve(context: StoreContext, jobId: string, iteration: number): void {
  const job = jobNumber(context, jobId);
  context.connection.run(cutPoints, job, iteration);
  context.connection.run(cutValidations, job, iteration);
}

/** The first and the last point are among them. @throws AppError not-found */
export function readCurve(
  context: StoreContext,
  jobId: string,
  points: number,
): { curve: CurvePoint[]; validations: ValidationPoint[] } {
  const { connection } = context;
  const job = jobNumber(context, jobId);
  const last = connection.get(countPoints, job)!.count - 1;
  const gaps = Math.max(1, Math.min(last, points - 1));
  return {
    curve: last < 0 ? [] : connection.all(thinned, job, gaps, Math.max(1, last)),
    validations: connection.all(listValidations, job),
  };
}
