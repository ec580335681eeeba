/**
 * The graphics processor beside PyTorch (eager and compiled) and JAX on the same one, in one run: an iteration of
 * training and inference of every preset, how much of the processor that is and where its time goes, what float16 states
 * cost and gain, and a wall of live automata. Every cell is kept alive, so that all do the same work. What a peer cannot
 * run here is said and left out.
 */
import { featureCount } from '#domain/automaton.ts';
import { AppError } from '#domain/errors.ts';
import type { PresetName } from '#domain/model-presets.ts';
import { measurePeak, type Peak } from '#engine/kernels/webgpu/peak.ts';
import { tune, type Tuned } from '#engine/kernels/webgpu/tuning.ts';
import { disposeWeights } from '#engine/network/weights.ts';
import { rollout } from '#engine/rollout/rollout.ts';
import { tf } from '#engine/tf.ts';
import { tiledSeed } from '#engine/training/trainer.ts';
import { openWebgpu, type OpenWebgpu } from '#hosts/engine/webgpu/open-webgpu.ts';
import { measureHalf, type HalfStates } from './gpu-half.ts';
import { measureLive, type LiveTimes } from './gpu-live.ts';
import { profileTraining, type KernelTime } from './gpu-profile.ts';
import { bestSeconds } from './gpu-time.ts';
import { timeTraining } from './measure.ts';
import { measurePeer } from './peer.ts';
import { cellFlops, networkFlops, openWorkload, workloadRules, type Workload } from './workload.ts';

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

export interface PeerRow {
  /** Seconds: an iteration of training; inference of the batch; of one picture. */
  readonly seconds: readonly (number | null)[];
  /** On what; ours: the processor of the report. */
  readonly device: string;
}

export interface GpuTimes {
  readonly preset: PresetName;
  readonly batch: number;
  readonly steps: number;
  /** By who: ours is `webgpu`, the first. */
  readonly rows: Readonly<Record<string, PeerRow>>;
  /** Ours, of what the processor does at most, in training. */
  readonly peakShare: number;
  /** The states and rules alone that training moves, of the bandwidth at most: the least there is to move. */
  readonly bandwidthShare: number;
  /** The variants of the kernels that run, and what was tried to find them. */
  readonly tuned: readonly Tuned[];
  /** Of one iteration of training; null where the processor has no clock for it. */
  readonly profile: { readonly wallMs: number; readonly kernels: readonly KernelTime[] } | null;
  readonly half: HalfStates;
}

export interface GpuReport {
  readonly processor: string;
  readonly isSoftware: boolean;
  readonly peak: Peak;
  readonly presets: readonly GpuTimes[];
  readonly live: LiveTimes;
}

const peers = [
  { name: 'PyTorch', script: 'torch_peer.py', compile: false },
  { name: 'PyTorch compiled', script: 'torch_peer.py', compile: true },
  { name: 'JAX', script: 'jax_peer.py', compile: false },
] as const;

/** Room for the states of a thousand large automata. */
const SCRATCH_BYTES = 4 * 2 ** 30;
/** More than a program would take at its start: here it is what is measured. */
const TUNING_MS = 3000;

/** @throws AppError unsupported where there is no graphics processor; cancelled between two measurements */
export async function measureGpu(bench: GpuBench): Promise<GpuReport> {
  // What was kept is left out, so that every run finds the variants anew, and nothing is kept.
  const tuning = { kept: null, keep: () => undefined };
  const gpu = await openWebgpu({ softwareToo: true, scratchBytes: SCRATCH_BYTES, tuning });
  try {
    const { name, isSoftware } = gpu;
    bench.say(
      `${name}${isSoftware ? ', which is software: these figures say nothing of any graphics processor' : ''}`,
    );
    const peak = await measurePeak(gpu.backend.gpu, isSoftware ? 0.01 : 1);
    const presets: GpuTimes[] = [];
    for (const preset of bench.presets) presets.push(await measurePreset(bench, gpu, peak, preset));
    stopIfAsked(bench);
    bench.say('live automata');
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
  const { batch, python, tiny, say } = bench;
  const opened = await openBenched(bench, preset);
  const { spec } = opened;
  disposeWeights(opened.weights);
  say(`${preset}, batch ${batch}: the kernels’ variants`);
  const { automaton, grid } = spec;
  const work = { automaton, grid, batch, training: true };
  const tuned: Tuned[] = [];
  for (const one of [work, { ...work, batch: 1, training: false }]) {
    tuned.push(...(await tune(gpu.backend.gpu, one, { budgetMs: tiny ? 0 : TUNING_MS })));
  }
  const first = await timeOurs(bench, gpu, preset);
  const rows: Record<string, PeerRow> = {};
  if (python !== null) {
    for (const { name, script, compile } of peers) {
      stopIfAsked(bench);
      say(`${preset}, batch ${batch}: ${name}`);
      try {
        const options = {
          preset,
          batch,
          threads: 1,
          compile,
          device: 'auto',
          script,
          steps: spec.steps,
        } as const;
        const { times, device } = await measurePeer(python, { ...options, signal: bench.signal });
        const wanted = ['train_iter_s', `infer_b${batch}_s`, 'infer_b1_s'];
        rows[name] = { seconds: wanted.map((key) => times.get(key) ?? null), device };
      } catch (failure) {
        if (!(failure instanceof AppError) || failure.code === 'cancelled') throw failure;
        say(failure.message);
      }
    }
  }
  // Once more after the peers: machines drift, and a peer's time is a best, too.
  const second = python === null ? first : await timeOurs(bench, gpu, preset);
  const ours = first.map((time, i) => Math.min(time, second[i]));
  const profile = await withWorkload(bench, preset, (workload) => profileTraining(gpu, workload));
  const half = await withWorkload(bench, preset, (workload) => measureHalf(gpu, workload, bench));
  const { channels: C, fireRate } = automaton;
  const cells = grid.height * grid.width;
  const flops = batch * (networkFlops(spec).training + 3 * spec.steps * cells * fireRate * cellFlops(spec));
  // Forward writes what was updated and the next state, backward reads them and moves the features' gradient twice.
  const bytes = batch * spec.steps * cells * 4 * (8 * C + 2 * fireRate * featureCount(automaton));
  return {
    ...{ preset, batch, steps: spec.steps, tuned, profile, half },
    rows: { webgpu: { seconds: ours, device: gpu.name }, ...rows },
    peakShare: flops / ours[0] / peak.flops,
    bandwidthShare: bytes / ours[0] / peak.bandwidth,
  };
}

/** An iteration of training, inference of the batch, and of one picture, in seconds. */
async function timeOurs(bench: GpuBench, gpu: OpenWebgpu, preset: PresetName): Promise<number[]> {
  const { batch, repeats } = bench;
  stopIfAsked(bench);
  bench.say(`${preset}, batch ${batch}: webgpu`);
  return withWorkload(bench, preset, async (workload) => {
    const all = await timeInference(gpu, workload, batch, repeats);
    const one = await timeInference(gpu, workload, 1, repeats);
    // Last, for it uses the weights up.
    return [await timeTraining(workload, repeats, 'auto'), all, one];
  });
}

async function openBenched({ batch, tiny }: GpuBench, preset: PresetName): Promise<Workload> {
  const opened = await openWorkload(preset, batch, true);
  return { ...opened, spec: { ...opened.spec, ...(tiny && { steps: 2 }) } };
}

async function withWorkload<T>(
  bench: GpuBench,
  preset: PresetName,
  use: (workload: Workload) => Promise<T>,
): Promise<T> {
  stopIfAsked(bench);
  const workload = await openBenched(bench, preset);
  try {
    return await use(workload);
  } finally {
    disposeWeights(workload.weights);
  }
}

/** From pictures to their grown states, which stay on the processor, as the peers' do. */
async function timeInference(
  gpu: OpenWebgpu,
  { spec, weights, rgba, batch }: Workload,
  count: number,
  repeats: number,
): Promise<number> {
  const pictures = rgba.subarray(0, (rgba.length / batch) * count);
  const start = tiledSeed(spec, count);
  const draw = { seed: 1, firstStep: 0, firstSample: 0 };
  const seconds = await bestSeconds(gpu, repeats, () => {
    tf.tidy(() => {
      const rules = workloadRules({ spec, weights }, pictures);
      rollout(start, rules, spec.automaton, { steps: spec.steps, draw });
    });
  });
  start.dispose();
  return seconds;
}

function stopIfAsked({ signal }: GpuBench): void {
  if (signal.aborted) throw new AppError('cancelled', 'Measuring was cancelled.');
}
