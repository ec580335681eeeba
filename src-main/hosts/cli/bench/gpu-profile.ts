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

/** Labels of our own kernels. */
const OWN = /^(rollout: |layer: |adam$)/;

/** One iteration, after one that compiles. Null where the processor has no clock. Uses the workload's weights up. */
export async function profileTraining({ backend }: OpenWebgpu, workload: Workload): Promise<Profile | null> {
  const { gpu } = backend;
  if (!DispatchTimer.isOffered(gpu.device)) return null;
  const trainer = trainerOf(workload);
  try {
    await trainer.step();
    backend.submitCollected();
    const timer = new DispatchTimer(gpu.device);
    gpu.timer = timer;
    const start = performance.now();
    await trainer.step();
    // What tfjs has collected still asks for the timer's timestamps.
    backend.submitCollected();
    await gpu.device.queue.onSubmittedWorkDone();
    const wallMs = performance.now() - start;
    gpu.timer = null;
    const kernels = [...(await timer.totals())].map(([label, { dispatches, ms }]) => ({
      kernel: OWN.test(label) ? label : `tfjs: ${label}`,
      dispatches,
      ms,
    }));
    return { wallMs, kernels: kernels.sort((a, b) => b.ms - a.ms) };
  } finally {
    gpu.timer = null;
    trainer.dispose();
  }
}
