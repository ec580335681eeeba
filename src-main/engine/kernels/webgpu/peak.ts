/** How fast a graphics processor multiplies and copies at most, measured beside what the kernels reach. */
import { PEAK_THREADS, peakCode, peakFmas } from './code/peak-code.ts';
import { BUFFER_STORAGE, type Gpu } from './gpu.ts';
import { Submission } from './submission.ts';

export interface Peak {
  /** Float operations a second, two a multiply-add, in float32. */
  readonly flops: number;
  /** Bytes read and written a second. */
  readonly bandwidth: number;
}

/** @param effort 1 for a real processor; less for one that is software */
export async function measurePeak(gpu: Gpu, effort = 1): Promise<Peak> {
  const rounds = Math.max(1, Math.round(4096 * effort));
  const groups = Math.max(1, Math.round(16_384 * effort));
  const copied = 4 * Math.round(2 ** 26 * effort);
  const sink = gpu.scratch('peak', groups * PEAK_THREADS * 4);
  const kernel = gpu.compiled(peakCode(rounds));
  const group = gpu.bindGroup(kernel, [sink]);
  const multiply = (work: Submission): void => work.dispatch(kernel, group, [], [groups, 1], 0);
  const multiplying = await bestOf(gpu, multiply);
  const from = gpu.scratch('copied', copied, BUFFER_STORAGE);
  const to = gpu.scratch('copy', copied, BUFFER_STORAGE);
  const copying = await bestOf(gpu, (work) => work.copy(from, 0, to, 0, copied));
  gpu.releaseScratch();
  return {
    flops: (2 * groups * PEAK_THREADS * peakFmas(rounds)) / multiplying,
    bandwidth: (2 * copied) / copying,
  };
}

async function bestOf(gpu: Gpu, encode: (work: Submission) => void): Promise<number> {
  let seconds = Infinity;
  for (let i = 0; i < 4; i++) {
    const work = new Submission(gpu);
    encode(work);
    const start = gpu.host.now();
    work.submit();
    await gpu.device.queue.onSubmittedWorkDone();
    seconds = Math.min(seconds, (gpu.host.now() - start) / 1000);
  }
  return seconds;
}
