/**
 * The benchmarks. Each runs its work a few times, takes the best, and puts beside it the micro-kernel's own speed,
 * measured between the repeats of the same run, because machines drift. `gflops` counts multiply-adds·2 of matrix
 * products that were really done: cells that were computed, not cells of the grid.
 */
import process from 'node:process';
import { inferRules } from '#engine/network/inference.ts';
import { encode, encoderInput } from '#engine/network/encoder.ts';
import { networkOf } from '#engine/network/weights.ts';
import { runRollout } from '#engine/kernels/wasm/rollout-job.ts';
import { wasmBackend } from '#engine/kernels/wasm/backend.ts';
import { rollout, type RolloutImplementation } from '#engine/rollout/rollout.ts';
import { tf } from '#engine/tf.ts';
import { createAdam, defaultAdam } from '#engine/training/adam.ts';
import { defaultTraining } from '#engine/training/options.ts';
import { createSingleTrainer } from '#engine/training/single.ts';
import { singleOptions } from '#engine/training/single-options.ts';
import { createTrainer, tiledSeed, type Trainer } from '#engine/training/trainer.ts';
import { cellFlops, networkFlops, type Workload } from './workload.ts';

export interface Measurement {
  readonly seconds: number;
  readonly gflops: number;
  /** Of the micro-kernel on all threads. */
  readonly peakShare: number;
  /** The process's largest resident memory since it began, threads and pictures included. */
  readonly peakMemoryMb: number;
}

const now = (): number => performance.now();

/** Best time of `work` in seconds, and the best speed of the micro-kernel on one thread seen between the repeats. */
async function best(work: () => unknown, repeats: number): Promise<{ seconds: number; peak: number }> {
  const { runtime } = wasmBackend(tf.backend());
  let seconds = Infinity;
  let peak = 0;
  await work();
  for (let i = 0; i < repeats; i++) {
    const start = now();
    await work();
    seconds = Math.min(seconds, (now() - start) / 1000);
    peak = Math.max(peak, runtime.measurePeak(now));
  }
  return { seconds, peak };
}

function report(seconds: number, flops: number, peak: number): Measurement {
  const { threads } = wasmBackend(tf.backend()).runtime;
  const gflops = flops / seconds / 1e9;
  return {
    seconds,
    gflops,
    peakShare: (gflops * 1e9) / (peak * threads),
    peakMemoryMb: process.resourceUsage().maxRSS / 1024,
  };
}

/** One iteration: encoder, decoders, rollout, backward, Adam. Uses the workload's weights up. */
export async function measureTraining(
  workload: Workload,
  repeats: number,
): Promise<Measurement & { cells: number }> {
  const { spec, batch } = workload;
  const cells = computedCells(workload);
  const trainer = trainerOf(workload);
  const { seconds, peak } = await best(() => trainer.step(), repeats).finally(() => trainer.dispose());
  const flops = batch * networkFlops(spec).training + 3 * cells * cellFlops(spec);
  return { ...report(seconds, flops, peak), cells };
}

/** As measureTraining, on any backend: the best time of an iteration in seconds. */
export async function timeTraining(
  workload: Workload,
  repeats: number,
  implementation: RolloutImplementation,
): Promise<number> {
  const trainer = trainerOf(workload, implementation);
  try {
    let seconds = Infinity;
    for (let i = 0; i <= repeats; i++) {
      const start = now();
      await trainer.step();
      if (i > 0) seconds = Math.min(seconds, (now() - start) / 1000);
    }
    return seconds;
  } finally {
    trainer.dispose();
  }
}

/** One whose rate is so small that the workload stays what it is, almost. */
export function trainerOf(
  { spec, rgba, batch, weights }: Workload,
  implementation: RolloutImplementation = 'auto',
): Pick<Trainer, 'step' | 'dispose'> {
  const schedule = { ...defaultTraining.schedule, learningRate: 1e-9 };
  if (spec.network === null) {
    const target = rgba.slice(0, spec.grid.height * spec.grid.width * 4);
    const options = { ...singleOptions, batchSize: batch, schedule, steps: null };
    return createSingleTrainer({ spec, target, mode: 'grow', options, seed: 1, implementation });
  }
  return createTrainer({
    ...{ spec, weights, implementation, seed: 1 },
    data: { count: batch, batch: () => rgba },
    options: { ...defaultTraining, batchSize: batch, schedule },
  });
}

/** The rollout's kernels alone, forward and backward. */
export async function measureRollout(
  workload: Workload,
  repeats: number,
): Promise<{ forward: Measurement; both: Measurement; cells: number }> {
  const { spec } = workload;
  const cells = computedCells(workload);
  const job = rolloutJob(workload);
  const { runtime } = wasmBackend(tf.backend());
  const both = await best(() => runRollout(runtime, job.words), repeats);
  const forward = await best(() => runRollout(runtime, { ...job.words, mode: 'forward' }), repeats);
  job.dispose();
  return {
    forward: report(forward.seconds, cells * cellFlops(spec), forward.peak),
    both: report(both.seconds, 3 * cells * cellFlops(spec), both.peak),
    cells,
  };
}

/** Pictures to grown pictures: encode, decode, grow. */
export async function measureGrowing(
  workload: Workload,
  repeats: number,
): Promise<Measurement & { cells: number }> {
  const { spec, rgba, batch, weights } = workload;
  const cells = computedCells(workload);
  const start = tiledSeed(spec, batch);
  const draw = { seed: 1, firstStep: 0, firstSample: 0 };
  const { seconds, peak } = await best(
    () =>
      tf.tidy(() => {
        const rules = inferRules(weights, spec, rgba);
        rollout(start, rules, spec.automaton, { steps: spec.steps, draw }).dataSync();
      }),
    repeats,
  );
  start.dispose();
  return { ...report(seconds, batch * networkFlops(spec).forward + cells * cellFlops(spec), peak), cells };
}

export async function measureEncoding(
  { spec, rgba, batch, weights }: Workload,
  repeats: number,
): Promise<Measurement> {
  const { height, width } = spec.grid;
  const input = tf.tensor4d(encoderInput(spec, rgba), [batch, height, width, networkOf(spec).planes]);
  const { seconds, peak } = await best(
    () => tf.tidy(() => void encode(weights, spec, input).mean.dataSync()),
    repeats,
  );
  input.dispose();
  const decoders = [...weights].filter(([name]) => name.startsWith('decoder.') && name.endsWith('.kernel'));
  const flops = networkFlops(spec).forward - decoders.reduce((sum, [, kernel]) => sum + 2 * kernel.size, 0);
  return report(seconds, batch * flops, peak);
}

/** One update of every weight; `gbPerSecond` counts weight, both moments and gradient read, and all but the last written. */
export async function measureAdam(
  { weights }: Workload,
  repeats: number,
): Promise<{ seconds: number; weights: number; gbPerSecond: number }> {
  const adam = createAdam(weights, defaultAdam);
  const gradients = new Map([...weights].map(([name, weight]) => [name, tf.zeros(weight.shape)]));
  const { seconds } = await best(() => adam.update(gradients, 1e-9), repeats);
  const count = [...weights.values()].reduce((sum, weight) => sum + weight.size, 0);
  adam.dispose();
  tf.dispose([...gradients.values()]);
  return { seconds, weights: count, gbPerSecond: (count * 4 * 7) / seconds / 1e9 };
}

/** Cells that the workload's rollout computes, over all samples and steps. */
export function computedCells(workload: Workload): number {
  const { runtime } = wasmBackend(tf.backend());
  const job = rolloutJob(workload);
  const rows = runtime.heap.allocate(workload.batch * 4);
  runRollout(runtime, { ...job.words, mode: 'forward', rows });
  const total = runtime.heap.ints(rows, workload.batch).reduce((a, b) => a + b, 0);
  runtime.heap.release(rows);
  job.dispose();
  return total;
}

function rolloutJob({ spec, weights, rgba, batch }: Workload) {
  const backend = wasmBackend(tf.backend());
  const { heap } = backend.runtime;
  const { channels: C, hidden: d } = spec.automaton;
  const { height: H, width: W } = spec.grid;
  const rules = inferRules(weights, spec, rgba);
  const start = tiledSeed(spec, batch);
  const target = tf.tensor(rgba, [batch, H, W, 4]);
  const made = [batch * H * W * C, batch, rules.w0.size, batch * d, rules.w1.size].map((size) =>
    heap.allocate(size * 4),
  );
  const [state, loss, dw0, db0, dw1] = made as [number, number, number, number, number];
  const words = {
    automaton: spec.automaton,
    grid: spec.grid,
    batch,
    steps: spec.steps,
    draw: { seed: 1, firstStep: 0, firstSample: 0 },
    mode: 'mse' as const,
    rules: batch,
    turns: 1,
    sharedStart: false,
    x0: backend.address(start),
    w0: backend.address(rules.w0),
    b0: backend.address(rules.b0),
    w1: backend.address(rules.w1),
    target: backend.address(target),
    weight: 0,
    dy: 0,
    state,
    loss,
    dx0: 0,
    dw0,
    db0,
    dw1,
    keepBytes: 64 * 1024 * 1024,
  };
  return {
    words,
    dispose() {
      for (const block of made) heap.release(block);
      tf.dispose([start, target, rules.w0, rules.b0, rules.w1]);
    },
  };
}
