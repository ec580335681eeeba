/** `bench`: how fast this machine trains and grows, against the micro-kernel's peak and, if asked, against PyTorch. */
import { availableParallelism } from 'node:os';
import { backendChoice, type BackendChoice } from '#contract/shapes/engine-state.ts';
import { presetNames, type PresetName } from '#domain/model-presets.ts';
import { disposeWeights } from '#engine/network/weights.ts';
import { readSetUp } from '#hosts/engine/tensorflow/place.ts';
import { measureGpu } from '../bench/gpu.ts';
import { gpuTable } from '../bench/gpu-table.ts';
import { backendsTable, measureBackends } from '../bench/backends.ts';
import {
  measureAdam,
  measureEncoding,
  measureGrowing,
  measureRollout,
  measureTraining,
} from '../bench/measure.ts';
import { libraryTable, measureLibrary } from '../bench/library.ts';
import { runPeer } from '../bench/peer.ts';
import { measureScaling, scalingTable } from '../bench/scaling.ts';
import { openWorkload } from '../bench/workload.ts';
import { defineCommand } from '../command.ts';
import { withEngine } from '../open-engine.ts';
import { UsageError } from '../usage-error.ts';

const subjects = [
  'gpu',
  'backends',
  'train',
  'grow',
  'rollout',
  'encode',
  'adam',
  'scaling',
  'library',
] as const;

export const command = defineCommand({
  name: 'bench',
  summary: 'Measure training, growing, encoding and Adam on this machine',
  description:
    'WHAT is train (whole iterations), grow (encode, decode, grow), rollout (its kernels alone), encode, adam, scaling ' +
    '(a table over cells, steps and batch), library (10,000 styles in a temporary library, what a gallery asks), or ' +
    'gpu (the graphics processor beside PyTorch and JAX on it, with --peer; a table of times, goals, where the time ' +
    'goes, the variants of the kernels and float16 states), ' +
    'backends (iterations of training on several backends and, with --peer, in PyTorch, of every preset; where ' +
    'TensorFlow is set up for CUDA, PyTorch computes there too, eager and compiled). gflops counts the multiply-adds ' +
    "really done; peakShare is that over the micro-kernel's own speed on all threads, measured in the same run; " +
    'peakMemoryMb is the most that the whole process ever held. digits is the bundled model on real digits; presets ' +
    'without a bundled model, and --dense, keep every cell alive, the worst case.',
  positionals: [{ name: 'WHAT', help: subjects.join(', ') + '; train if left out', count: 'optional' }],
  options: {
    preset: {
      type: 'string',
      choices: presetNames,
      default: 'digits',
      help: 'the model; single, which has no network, for WHAT gpu alone',
    },
    batch: { type: 'integer', placeholder: 'N', min: 1, max: 4096, default: 64, help: 'pictures at a time' },
    dense: { type: 'boolean', help: 'keep every cell alive' },
    repeats: { type: 'integer', min: 1, max: 1000, default: 8, help: 'the best of so many counts' },
    threads: { type: 'integer', placeholder: 'N', min: 1, max: 256, help: 'threads; all cores if left out' },
    peer: {
      type: 'string',
      placeholder: 'PYTHON',
      help: 'also time test/bench/torch_peer.py with this Python',
    },
    backends: {
      type: 'string',
      placeholder: 'A,B',
      default: 'wasm,tensorflow',
      help: 'of WHAT backends: which',
    },
    tiny: { type: 'boolean', help: 'of WHAT gpu: sizes that software gets through, to see that it runs' },
    compile: { type: 'boolean', help: "let the peer use PyTorch's compiler" },
    json: { type: 'boolean', help: 'print one line of JSON' },
  },
  examples: [
    { line: 'bench train --preset digits --batch 64 --json', does: 'an iteration of training' },
    { line: 'bench grow --batch 1 --peer python3', does: 'one picture, beside PyTorch' },
    { line: 'bench scaling', does: 'time and memory by cells, steps and batch' },
    { line: 'bench backends --peer python3', does: 'backends and PyTorch, all presets' },
    {
      line: 'bench gpu --peer python3',
      does: 'this graphics processor beside PyTorch and JAX on it, all presets, and 1,000 live automata',
    },
    { line: 'bench library', does: 'a gallery of 10,000 styles' },
  ],
  async run({ options, positionals, given, out, err, signal }) {
    const what = positionals[0] ?? 'train';
    const subject = subjects.find((name) => name === what);
    if (!subject) throw new UsageError(`WHAT is one of ${subjects.join(', ')}, and got "${what}"`);
    const { preset, batch, dense, repeats, peer } = options;
    if (preset === 'single' && subject !== 'gpu') {
      throw new UsageError('--preset single has no network to measure: only WHAT gpu takes it');
    }
    if (subject === 'gpu') {
      const usual: PresetName[] = options.tiny
        ? ['digits']
        : ['digits', 'single', 'sketch', 'small-images', 'faces'];
      const report = await measureGpu({
        presets: given('preset') ? [preset] : usual,
        batch: options.tiny && !given('batch') ? 2 : batch,
        repeats: options.tiny && !given('repeats') ? 1 : repeats,
        tiny: options.tiny,
        python: peer ?? null,
        say: (sentence) => err.line(sentence),
        signal,
      });
      if (options.json) out.line(JSON.stringify({ what: subject, ...report }));
      else for (const line of gpuTable(report)) out.line(line);
      return;
    }
    if (subject === 'backends') {
      const backends = backendsIn(options.backends);
      const onGpu = backends.includes('tensorflow') && readSetUp()?.variant === 'cuda';
      const measured = measureBackends({
        ...{ backends, dense, repeats, python: peer },
        presets: given('preset') ? [preset] : ['digits', 'small-images', 'faces'],
        batch: given('batch') ? batch : undefined,
        threads: options.threads ?? availableParallelism(),
        device: onGpu ? 'cuda' : 'cpu',
        compile: options.compile || onGpu,
        say: (sentence) => err.line(sentence),
        signal,
      });
      for await (const result of measured) {
        if (options.json) out.line(JSON.stringify({ what: subject, ...result }));
        else for (const line of backendsTable(result)) out.line(line);
      }
      return;
    }
    if (subject === 'library') {
      for (const latent of [64, 1024]) {
        const times = await measureLibrary(10_000, latent, repeats);
        if (options.json) out.line(JSON.stringify({ what: subject, ...times }));
        else for (const line of libraryTable(times)) out.line(line);
      }
      return;
    }
    await withEngine({ backend: 'wasm', threads: options.threads }, err, async ({ threads }) => {
      if (subject === 'scaling') {
        const rows = measureScaling(Math.max(1, Math.floor(batch / 4)), repeats);
        if (options.json) out.line(JSON.stringify({ what: subject, threads, rows }));
        else for (const line of scalingTable(rows)) out.line(line);
        return;
      }
      const ours = async () => {
        const workload = await openWorkload(preset, batch, dense);
        try {
          return { ...(await measure(subject, workload, repeats)) };
        } finally {
          disposeWeights(workload.weights);
        }
      };
      const first = await ours();
      const base = { what: subject, preset, batch, threads };
      if (!peer || subject === 'adam' || subject === 'encode' || subject === 'rollout') {
        print({ ...base, ...first });
        return;
      }
      const times = await runPeer(peer, { preset, batch, threads, compile: options.compile });
      const key = subject === 'train' ? 'secondsPerIteration' : 'secondsPerBatch';
      const theirs = times.get(subject === 'train' ? 'train_iter_s' : `infer_b${batch}_s`)!;
      // Once more after the peer: machines drift, and the better of two is fair to both, for the peer's is a best too.
      const second = await ours();
      const seconds = Math.min(first[key] as number, second[key] as number);
      const better = second[key] === seconds ? second : first;
      print({
        ...base,
        ...better,
        peerSeconds: theirs,
        peerMemoryMb: times.get('peak_mb')!,
        timesAsFast: round(theirs / seconds),
      });
    });

    function print(result: Record<string, unknown>): void {
      if (options.json) out.line(JSON.stringify(result));
      else
        for (const [name, value] of Object.entries(result)) out.line(`${name.padEnd(20)} ${String(value)}`);
    }
  },
});

function backendsIn(text: string): BackendChoice[] {
  return text.split(',').map((name) => {
    const backend = backendChoice.options.find((choice) => choice === name);
    if (backend !== undefined) return backend;
    const choices = backendChoice.options.join(', ');
    throw new UsageError(
      `--backends names backends (${choices}) with commas between them, and got "${name}"`,
    );
  });
}

const round = (value: number): number => Number(value.toPrecision(4));

async function measure(
  subject: Exclude<(typeof subjects)[number], 'gpu' | 'backends' | 'scaling' | 'library'>,
  workload: Awaited<ReturnType<typeof openWorkload>>,
  repeats: number,
): Promise<Record<string, number | boolean>> {
  const { dense } = workload;
  const shares = (m: { gflops: number; peakShare: number; peakMemoryMb: number }) => ({
    gflops: round(m.gflops),
    peakShare: round(m.peakShare),
    peakMemoryMb: Math.round(m.peakMemoryMb),
  });
  switch (subject) {
    case 'train': {
      const m = await measureTraining(workload, repeats);
      return { dense, secondsPerIteration: round(m.seconds), ...shares(m), computedCells: m.cells };
    }
    case 'grow': {
      const m = await measureGrowing(workload, repeats);
      return { dense, secondsPerBatch: round(m.seconds), ...shares(m), computedCells: m.cells };
    }
    case 'rollout': {
      const { forward, both, cells } = await measureRollout(workload, repeats);
      return {
        dense,
        secondsForward: round(forward.seconds),
        peakShareForward: round(forward.peakShare),
        secondsForwardBackward: round(both.seconds),
        ...shares(both),
        computedCells: cells,
      };
    }
    case 'encode': {
      const m = await measureEncoding(workload, repeats);
      return { secondsPerBatch: round(m.seconds), ...shares(m) };
    }
    case 'adam': {
      const m = await measureAdam(workload, repeats);
      return { secondsPerUpdate: round(m.seconds), weights: m.weights, gbPerSecond: round(m.gbPerSecond) };
    }
  }
}
