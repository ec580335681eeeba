/** A thread that codes runs of frames, one after another (coder-threads.ts). */
import { parentPort, workerData } from 'node:worker_threads';
import type { FramePlan } from './frame-coder.ts';
import { codeRun, type Run } from './runs.ts';

const plan = workerData as FramePlan;

parentPort?.on('message', (run: Run) => {
  const moments = codeRun(plan, run);
  const buffers = moments.flatMap(({ frame }) => (frame === null ? [] : [frame.buffer as ArrayBuffer]));
  parentPort?.postMessage(moments, buffers);
});
