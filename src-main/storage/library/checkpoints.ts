/** Which iterations of a training job are safe on the disk: the two newest, as there are two slots for checkpoints. */
import { query } from './connection.ts';
import type { StoreContext } from './context.ts';
import { jobNumber } from './jobs.ts';

const SLOTS = 2;

const add = query<[job: number, iteration: number, made: number]>(
  'INSERT OR REPLACE INTO checkpoints (job, iteration, made_ms) VALUES (?, ?, ?)',
);
const dropOlder = query<[job: number, slots: number]>(`
  DELETE FROM checkpoints WHERE job = ?1 AND iteration NOT IN (
    SELECT iteration FROM checkpoints WHERE job = ?1 ORDER BY made_ms DESC, iteration DESC LIMIT ?2)`);
const newest = query<[job: number], { iteration: number; madeMs: number }>(
  'SELECT iteration, made_ms AS madeMs FROM checkpoints WHERE job = ? ORDER BY made_ms DESC, iteration DESC LIMIT 1',
);

/** Within a transaction. @throws AppError not-found */
export function addCheckpoint(context: StoreContext, jobId: string, iteration: number): void {
  const job = jobNumber(context, jobId);
  context.connection.run(add, job, iteration, context.now());
  context.connection.run(dropOlder, job, SLOTS);
}

/** The newest; null before the first. @throws AppError not-found */
export function newestCheckpoint(
  context: StoreContext,
  jobId: string,
): { readonly iteration: number; readonly madeMs: number } | null {
  return context.connection.get(newest, jobNumber(context, jobId)) ?? null;
}
