/**
 * An iteration of training on each of several backends and in PyTorch, one after another in one run: every backend
 * before and after the peers, and the better counts, because machines drift. On a CUDA machine whose TensorFlow
 * computes there, PyTorch does so too, eager and compiled.
 */
import type { BackendChoice } from '#contract/shapes/engine-state.ts';
import { AppError } from '#domain/errors.ts';
import type { PresetName } from '#domain/model-presets.ts';
import { disposeWeights } from '#engine/network/weights.ts';
import { openEngine } from '#hosts/engine/open-engine.ts';
import { timeTraining } from './measure.ts';
import { runPeer } from './peer.ts';
import { openWorkload } from './workload.ts';

/** Batches that PyTorch's tape has room for in 16 GB of a machine, or in a graphics processor's memory. */
export const usualBatch: Readonly<Record<string, { readonly cpu: number; readonly gpu: number }>> = {
  digits: { cpu: 64, gpu: 64 },
  'small-images': { cpu: 16, gpu: 64 },
  faces: { cpu: 4, gpu: 64 },
};

export interface BackendTimes {
  readonly preset: PresetName;
  readonly batch: number;
  /** Every cell is alive: no model of this preset comes with the program. */
  readonly dense: boolean;
  /** By backend and peer, an iteration; null where it could not be measured. */
  readonly seconds: Readonly<Record<string, number | null>>;
}

export interface BackendsBench {
  readonly backends: readonly BackendChoice[];
  readonly presets: readonly PresetName[];
  /** Left out, as usual for the preset. */
  readonly batch: number | undefined;
  readonly dense: boolean;
  readonly repeats: number;
  readonly threads: number;
  readonly python: string | undefined;
  readonly device: 'cpu' | 'cuda';
  readonly compile: boolean;
  readonly signal: AbortSignal;
  readonly say: (sentence: string) => void;
}

/** A result a preset, as it is there. @throws AppError cancelled between two measurements */
export async function* measureBackends(bench: BackendsBench): AsyncGenerator<BackendTimes> {
  for (const preset of bench.presets) yield await measurePreset(bench, preset);
}

async function measurePreset(bench: BackendsBench, preset: PresetName): Promise<BackendTimes> {
  const { backends, python, device, threads, say } = bench;
  const usual = usualBatch[preset];
  const batch = bench.batch ?? (usual === undefined ? 16 : device === 'cuda' ? usual.gpu : usual.cpu);
  const seconds: Record<string, number | null> = {};
  let dense = bench.dense;
  const stopIfAsked = (): void => {
    if (bench.signal.aborted) throw new AppError('cancelled', 'Measuring was cancelled.');
  };
  const ours = async (): Promise<void> => {
    for (const backend of backends) {
      stopIfAsked();
      say(`${preset}, batch ${batch}: ${backend}`);
      const result = await timeOn(bench, backend, preset, batch);
      ({ dense } = result);
      seconds[backend] = Math.min(seconds[backend] ?? Infinity, result.seconds);
    }
  };
  await ours();
  if (python === undefined) return { preset, batch, dense, seconds };
  for (const compile of bench.compile ? [false, true] : [false]) {
    const name = compile ? 'PyTorch compiled' : 'PyTorch';
    stopIfAsked();
    say(`${preset}, batch ${batch}: ${name} on ${device}`);
    try {
      const times = await runPeer(python, { preset, batch, threads, compile, device });
      seconds[name] = times.get('train_iter_s') ?? null;
    } catch (failure) {
      if (!(failure instanceof Error)) throw failure;
      say(failure.message);
      seconds[name] = null;
    }
  }
  await ours();
  return { preset, batch, dense, seconds };
}

async function timeOn(
  { threads, repeats, dense }: BackendsBench,
  backend: BackendChoice,
  preset: PresetName,
  batch: number,
): Promise<{ seconds: number; dense: boolean }> {
  const isPlain = backend === 'reference' || backend === 'composed';
  const engine = await openEngine({ backend, threads: isPlain ? undefined : threads });
  try {
    const workload = await openWorkload(preset, batch, dense);
    try {
      const seconds = await timeTraining(workload, repeats, engine.implementation);
      return { seconds, dense: workload.dense };
    } finally {
      disposeWeights(workload.weights);
    }
  } finally {
    engine.dispose();
  }
}

/** A line a backend or peer: seconds, and how many times as fast each backend is as each peer. */
export function backendsTable({ preset, batch, dense, seconds }: BackendTimes): string[] {
  const lines = [`${preset}, batch ${batch}${dense ? ', every cell alive' : ''}`];
  const peers = Object.keys(seconds).filter((name) => name.startsWith('PyTorch'));
  for (const [name, time] of Object.entries(seconds)) {
    const ratios = peers
      .filter((peer) => !peers.includes(name) && typeof seconds[peer] === 'number' && time !== null)
      .map((peer) => `${(seconds[peer]! / time!).toFixed(2)} times as fast as ${peer}`);
    const shown = time === null ? 'not measured' : `${time.toFixed(3)} s`;
    lines.push(`  ${name.padEnd(17)} ${shown.padStart(12)}  ${ratios.join(', ')}`.trimEnd());
  }
  return lines;
}
