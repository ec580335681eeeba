/**
 * The graphics processor beside PyTorch (eager and compiled) and JAX on the same one, in one run: an iteration of
 * training and inference of every preset, how much of the processor that is, and a wall of live automata. Every cell is
 * kept alive, so that all do the same work. What a peer cannot run here is said and left out.
 */
import { featureCount } from '#domain/automaton.ts';
import { AppError } from '#domain/errors.ts';
import type { PresetName } from '#domain/model-presets.ts';
import { measurePeak, type Peak } from '#engine/kernels/webgpu/peak.ts';
import { inferRules } from '#engine/network/inference.ts';
import { disposeWeights } from '#engine/network/weights.ts';
import { rollout } from '#engine/rollout/rollout.ts';
import { tf } from '#engine/tf.ts';
import { tiledSeed } from '#engine/training/trainer.ts';
import { openWebgpu, type OpenWebgpu } from '#hosts/engine/webgpu/open-webgpu.ts';
import { timeTraining } from './measure.ts';
import { runPeer } from './peer.ts';
import { cellFlops, networkFlops, openWorkload, type Workload } from './workload.ts';

export interface GpuBench {
  readonly presets: readonly PresetName[];
  readonly batch: number;
  readonly repeats: number;
  /** Of the peers; null: without them. */
  readonly python: string | null;
  /** Sizes that software gets through, to see that everything runs. */
  readonly tiny: boolean;
  readonly signal: AbortSignal;
  readonly say: (sentence: string) => void;
}

export interface GpuTimes {
  readonly preset: PresetName;
  readonly batch: number;
  readonly steps: number;
  /** Seconds: an iteration of training; inference of the batch; of one picture. By who: ours is `webgpu`. */
  readonly rows: Readonly<Record<string, readonly (number | null)[]>>;
  /** Ours, of what the processor does at most, in training. */
  readonly peakShare: number;
  /** The states and rules alone that training moves, of the bandwidth at most: the least there is to move. */
  readonly bandwidthShare: number;
}

export interface GpuReport {
  readonly processor: string;
  readonly isSoftware: boolean;
  readonly peak: Peak;
  readonly presets: readonly GpuTimes[];
  readonly live: { readonly automata: number; readonly side: number; readonly stepsPerSecond: number };
}

const peers = [
  { name: 'PyTorch', script: 'torch_peer.py', compile: false },
  { name: 'PyTorch compiled', script: 'torch_peer.py', compile: true },
  { name: 'JAX', script: 'jax_peer.py', compile: false },
] as const;

/** Room for the states of a thousand large automata. */
const SCRATCH_BYTES = 4 * 2 ** 30;

/** @throws AppError unsupported where there is no graphics processor; cancelled between two measurements */
export async function measureGpu(bench: GpuBench): Promise<GpuReport> {
  const gpu = await openWebgpu({ softwareToo: true, scratchBytes: SCRATCH_BYTES });
  try {
    const { name, isSoftware } = gpu;
    bench.say(
      `${name}${isSoftware ? ', which is software: these figures say nothing of any graphics processor' : ''}`,
    );
    const peak = await measurePeak(gpu.backend.gpu, isSoftware ? 0.01 : 1);
    const presets: GpuTimes[] = [];
    for (const preset of bench.presets) presets.push(await measurePreset(bench, gpu, peak, preset));
    stopIfAsked(bench);
    const live = await measureLive(gpu, bench);
    return { processor: name, isSoftware, peak, presets, live };
  } finally {
    gpu.close();
  }
}

async function measurePreset(
  bench: GpuBench,
  gpu: OpenWebgpu,
  peak: Peak,
  preset: PresetName,
): Promise<GpuTimes> {
  const { batch, python, say } = bench;
  const rows: Record<string, (number | null)[]> = {};
  const first = await timeOurs(bench, gpu, preset);
  if (python !== null) {
    for (const { name, script, compile } of peers) {
      if (script === 'jax_peer.py' && preset !== 'digits') continue;
      stopIfAsked(bench);
      say(`${preset}, batch ${batch}: ${name}`);
      try {
        const options = { preset, batch, threads: 1, compile, device: 'cuda', script } as const;
        const times = await runPeer(python, options);
        const wanted = ['train_iter_s', `infer_b${batch}_s`, 'infer_b1_s'];
        rows[name] = wanted.map((key) => times.get(key) ?? null);
      } catch (failure) {
        if (!(failure instanceof AppError)) throw failure;
        say(failure.message);
      }
    }
  }
  // Once more after the peers: machines drift, and a peer's time is a best, too.
  const second = python === null ? first : await timeOurs(bench, gpu, preset);
  const ours = first.seconds.map((time, i) => Math.min(time, second.seconds[i]));
  const { spec } = first;
  const { channels: C, fireRate } = spec.automaton;
  const cells = spec.grid.height * spec.grid.width;
  const flops = batch * (networkFlops(spec).training + 3 * spec.steps * cells * fireRate * cellFlops(spec));
  // Forward writes what was updated and the next state, backward reads them and moves the features' gradient twice.
  const bytes = batch * spec.steps * cells * 4 * (8 * C + 2 * fireRate * featureCount(spec.automaton));
  return {
    ...{ preset, batch, steps: spec.steps },
    rows: { webgpu: ours, ...rows },
    peakShare: flops / ours[0] / peak.flops,
    bandwidthShare: bytes / ours[0] / peak.bandwidth,
  };
}

async function timeOurs(
  bench: GpuBench,
  gpu: OpenWebgpu,
  preset: PresetName,
): Promise<{ seconds: number[]; spec: Workload['spec'] }> {
  const { batch, repeats, tiny } = bench;
  stopIfAsked(bench);
  bench.say(`${preset}, batch ${batch}: webgpu`);
  const opened = await openWorkload(preset, batch, true);
  const workload = { ...opened, spec: { ...opened.spec, ...(tiny && { steps: 2 }) } };
  try {
    const all = await timeInference(gpu, workload, batch, repeats);
    const one = await timeInference(gpu, workload, 1, repeats);
    // Last, for it uses the weights up.
    const training = await timeTraining(workload, repeats, 'auto');
    return { seconds: [training, all, one], spec: workload.spec };
  } finally {
    disposeWeights(workload.weights);
  }
}

/** From pictures to their grown states, which stay on the processor, as the peers' do. */
async function timeInference(
  { backend }: OpenWebgpu,
  { spec, weights, rgba, batch }: Workload,
  count: number,
  repeats: number,
): Promise<number> {
  const pictures = rgba.subarray(0, (rgba.length / batch) * count);
  const start = tiledSeed(spec, count);
  const draw = { seed: 1, firstStep: 0, firstSample: 0 };
  const seconds = await bestSeconds(backend, repeats, () => {
    tf.tidy(() => {
      const rules = inferRules(weights, spec, pictures);
      rollout(start, rules, spec.automaton, { steps: spec.steps, draw });
    });
  });
  start.dispose();
  return seconds;
}

/** Steps a second of many automata at once: one shared rule of the preset digits, every cell alive. */
async function measureLive({ backend }: OpenWebgpu, { tiny, repeats }: GpuBench) {
  const { spec, weights } = await openWorkload('digits', 1, true);
  const [automata, side, steps] = tiny ? [3, 12, 2] : [1000, 128, 60];
  const { channels: C, hidden: d } = spec.automaton;
  const K = featureCount(spec.automaton);
  const x0 = tf.fill<tf.Rank.R4>([automata, side, side, C], 0.2);
  const rule = {
    w0: tf.fill<tf.Rank.R3>([1, K, d], 0.01),
    b0: tf.fill<tf.Rank.R2>([1, d], 0.01),
    w1: tf.fill<tf.Rank.R3>([1, d, C], 0.001),
  };
  const draw = { seed: 1, firstStep: 0, firstSample: 0 };
  const seconds = await bestSeconds(backend, Math.min(repeats, 3), () => {
    rollout(x0, rule, spec.automaton, { steps, draw }).dispose();
  });
  tf.dispose([x0, ...Object.values(rule)]);
  disposeWeights(weights);
  return { automata, side, stepsPerSecond: steps / seconds };
}

/** Best of the repeats, after one that compiles, until the processor has done it. */
async function bestSeconds(
  backend: OpenWebgpu['backend'],
  repeats: number,
  work: () => void,
): Promise<number> {
  let seconds = Infinity;
  for (let i = 0; i <= repeats; i++) {
    const start = performance.now();
    work();
    backend.submitCollected();
    await backend.gpu.device.queue.onSubmittedWorkDone();
    await backend.gpu.settled();
    if (i > 0) seconds = Math.min(seconds, (performance.now() - start) / 1000);
  }
  return seconds;
}

function stopIfAsked({ signal }: GpuBench): void {
  if (signal.aborted) throw new AppError('cancelled', 'Measuring was cancelled.');
}

/** The report as lines: seconds, and how many times as fast we are as each peer. */
export function gpuTable({ processor, isSoftware, peak, presets, live }: GpuReport): string[] {
  const percent = (share: number): string => `${(100 * share).toPrecision(2)} %`;
  const lines = [
    `${processor}${isSoftware ? ' (software)' : ''}: at most ${(peak.flops / 1e12).toPrecision(3)} TFLOP/s in float32, ${(peak.bandwidth / 1e9).toPrecision(3)} GB/s`,
  ];
  for (const { preset, batch, steps, rows, peakShare, bandwidthShare } of presets) {
    lines.push(
      '',
      `${preset}, batch ${batch}, ${steps} steps, every cell alive`,
      `  ${''.padEnd(17)} ${['training', `inference ${batch}`, 'inference 1'].map((title) => title.padStart(24)).join('')}`,
    );
    const ours = rows['webgpu'];
    for (const [name, times] of Object.entries(rows)) {
      const cell = (time: number | null, i: number): string => {
        if (time === null) return 'not measured';
        const ratio = name === 'webgpu' ? '' : ` (ours ${(time / ours[i]!).toFixed(2)}×)`;
        return `${time.toPrecision(4)} s${ratio}`;
      };
      lines.push(`  ${name.padEnd(17)} ${times.map((time, i) => cell(time, i).padStart(24)).join('')}`);
    }
    lines.push(
      `  training: ${percent(peakShare)} of the multiply-adds and at least ${percent(bandwidthShare)} of the bandwidth there are`,
    );
  }
  const { automata, side, stepsPerSecond } = live;
  lines.push('', `${automata} live automata of ${side}×${side}: ${stepsPerSecond.toPrecision(3)} steps/s`);
  return lines;
}
