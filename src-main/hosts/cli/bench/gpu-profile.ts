/** Where the time of an iteration of training goes, by the processor's own clock. */
import { DispatchTimer } from '#engine/kernels/webgpu/dispatch-timer.ts';
import type { OpenWebgpu } from '#hosts/engine/webgpu/open-webgpu.ts';
import { trainerOf } from './measure.ts';
import type { Workload } from './workload.ts';

export interface KernelTime {
  /** Ours, or `tfjs: ` and the kind of its operation. */
  readonly kernel: string;
  readonly dispatches: number;
  readonly ms: number;
}

export interface Profile {
  /** From the iteration's beginning to its loss, with what the clock itself takes. */
  readonly wallMs: number;
  /** Those that take longest first. */
  readonly kernels: readonly KernelTime[];
}

/** One iteration, after one that compiles. Null where the processor has no clock. Uses the workload's weights up. */
export async function profileTraining(
  { backend: { gpu } }: OpenWebgpu,
  workload: Workload,
): Promise<Profile | null> {
  if (!DispatchTimer.isOffered(gpu.device)) return null;
  const trainer = trainerOf(workload);
  try {
    await trainer.step();
    const timer = new DispatchTimer(gpu.device);
    gpu.timer = timer;
    const start = performance.now();
    await trainer.step();
    const wallMs = performance.now() - start;
    gpu.timer = null;
    const kernels = [...(await timer.totals())].map(([kernel, { dispatches, ms }]) => ({
      kernel,
      dispatches,
      ms,
    }));
    return { wallMs, kernels: kernels.sort((a, b) => b.ms - a.ms) };
  } finally {
    gpu.timer = null;
    trainer.dispose();
  }
}
