/**
 * Writes a rollout's job for assembly/rollout.ts: sizes, addresses, the table of gradient offsets, and where in a
 * thread's scratch each working array lies.
 */
import { featureCount, type Automaton, type Draw, type Grid } from '#domain/automaton.ts';
import { operations, type KernelRuntime } from './runtime.ts';

export const rolloutModes = { forward: 0, mse: 1, bce: 2, given: 3 } as const;
export type RolloutMode = keyof typeof rolloutModes;

/** Addresses in the kernels' memory; 0 for what is not wanted. Layouts as domain/automaton.ts has them. */
export interface RolloutJob {
  readonly automaton: Automaton;
  readonly grid: Grid;
  readonly batch: number;
  readonly steps: number;
  readonly draw: Draw;
  readonly mode: RolloutMode;
  /** Rules in w0, b0, w1: 1 or the batch, times `turns`. */
  readonly rules: number;
  /** Rules of a sample, one after another: how they are chosen among, `mix` says. */
  readonly turns: number;
  /** Of several rules; forward only. */
  readonly mix?: RolloutMixJob;
  /** Cells that show the same after every step: [samples, H, W] and [samples, H, W, channels], of 1 or the batch. */
  readonly hold?: {
    readonly mask: number;
    readonly values: number;
    readonly samples: number;
    readonly channels: number;
  } | null;
  /** x0 holds one state that every sample starts from. */
  readonly sharedStart: boolean;
  readonly x0: number;
  readonly w0: number;
  readonly b0: number;
  readonly w1: number;
  readonly target: number;
  readonly weight: number;
  readonly dy: number;
  readonly state: number;
  readonly loss: number;
  readonly dx0: number;
  readonly dw0: number;
  readonly db0: number;
  readonly dw1: number;
  /** int32 [batch]: the cells that each sample computed, over all steps. */
  readonly rows?: number;
  /** Bytes of features and hidden values that a thread may keep for the backward pass. */
  readonly keepBytes: number;
}

export interface RolloutMixJob {
  /** The rule of each step, counted from the seed, again and again; not read where there are limits. */
  readonly pattern: readonly number[];
  /** [turns − 1, H, W] */
  readonly limits: number;
}

const WORDS = 64;
/** Features and hidden values of a chunk should stay in a core's second-level cache. */
const CHUNK_BYTES = 48 * 1024;

const pad = (n: number, multiple: number) => Math.ceil(n / multiple) * multiple;

/** Offsets and weights of all gradient filters, ring by ring; the layout is told in assembly/perception.ts. */
export function gradientTable(
  sobelSizes: readonly number[],
  channels: number,
  pitchBytes: number,
): ArrayBuffer {
  const order = sobelSizes.map((size, index) => ({ size, index })).sort((a, b) => a.size - b.size);
  const cellBytes = channels * 4;
  const words: { int?: number; float?: number }[] = [];
  let inner = 0;
  for (const { size, index } of order) {
    const radius = (size - 1) / 2;
    const crosses: number[] = [];
    const quads: [number, number][] = [];
    for (let i = 1; i <= radius; i++) {
      if (i > inner) crosses.push(i);
      for (let j = 1; j <= radius; j++) if (Math.max(i, j) > inner) quads.push([i, j]);
    }
    let sum = 0;
    for (let j = -radius; j <= radius; j++) {
      for (let i = -radius; i <= radius; i++) if (i !== 0) sum += Math.abs(i) / (i * i + j * j);
    }
    words.push(
      { int: crosses.length },
      { int: quads.length },
      { float: 1 / sum },
      { int: (2 + 2 * index) * cellBytes },
    );
    const at = (i: number, j: number) => ({ int: j * pitchBytes + i * cellBytes });
    for (const i of crosses)
      words.push(at(i, 0), at(0, i), at(0, -i), at(-i, 0), { float: 1 / i }, { float: 1 / i });
    for (const [i, j] of quads) {
      const q = i * i + j * j;
      words.push(at(i, j), at(i, -j), at(-i, j), at(-i, -j), { float: i / q }, { float: j / q });
    }
    inner = radius;
  }
  const view = new DataView(new ArrayBuffer(Math.max(4, words.length * 4)));
  words.forEach((word, i) => {
    if (word.int !== undefined) view.setInt32(i * 4, word.int, true);
    else view.setFloat32(i * 4, word.float!, true);
  });
  return view.buffer;
}

/** Runs the job on all threads. */
export function runRollout(runtime: KernelRuntime, job: RolloutJob): void {
  const { automaton, grid, batch, steps, draw } = job;
  const { height: H, width: W } = grid;
  const C = pad(automaton.channels, 4);
  const N = pad(C, 8);
  const d = pad(automaton.hidden, 8);
  const K = featureCount({ channels: C, sobelSizes: automaton.sobelSizes });
  const Q = pad(K, 8);
  const halo = Math.max(1, ...automaton.sobelSizes.map((size) => (size - 1) / 2));
  const pitchBytes = (W + 2 * halo) * C * 4;
  const backward = job.mode !== 'forward';
  const chunk = Math.max(48, Math.floor(CHUNK_BYTES / ((K + d) * 4) / 6) * 6);
  const maskBytes = H * Math.ceil(W / 32) * 4;
  const rowBytes = (K + d) * 4 + C;

  let size = 0;
  const place = (bytes: number) => {
    const at = size;
    size += pad(bytes, 64);
    return at;
  };
  const gridBytes = pad((H + 2 * halo) * pitchBytes, 64);
  const packedRule = (K * d + d + d * N + (backward ? Q * d + d * N : 0)) * 4;
  const stateAt = place(gridBytes);
  const gradientAt = place(backward ? gridBytes : 0);
  const rulesAt = place(packedRule * job.turns);
  const dw0At = place(backward ? (pad(K, 6) * d + 48) * 4 : 0);
  const dw1At = place(backward ? (pad(d, 6) * N + 48) * 4 : 0);
  const db0At = place(backward ? d * 4 : 0);
  const masksAt = place(maskBytes * 5);
  const keptAt = place(maskBytes * ((backward ? steps : 0) + 3));
  const cellsAt = place(4 * H * W * (backward ? steps : 1));
  const spareCellsAt = place(4 * H * W);
  const deltaAt = place((H * W + chunk + 24) * N * 4);
  const tileAt = place(backward ? 6 * Q * 4 : 0);
  const stepsAt = place(backward ? steps * 16 : 0);
  const spareBytes = pad((chunk + 6) * rowBytes, 64);
  // Each step's rows end at a multiple of 16 bytes.
  const worstKeep = pad((H * W + 6) * rowBytes, 16) * steps;
  const keepBytes = backward ? Math.min(job.keepBytes, worstKeep) : 0;
  const keepAt = place(spareBytes + keepBytes + 256);
  const trajectoryAt = place(backward && keepBytes < worstKeep ? steps * gridBytes : 0);
  const { limits = 0, pattern = [] } = job.mix ?? {};
  const isChosen = limits !== 0;
  const sortedAt = place(isChosen ? 4 * H * W : 0);
  const chosenAt = place(isChosen ? 64 + H * W : 0);

  const table = new Uint8Array(gradientTable(automaton.sobelSizes, C, pitchBytes));
  const { heap } = runtime;
  const patternAt = WORDS * 4 + pad(table.byteLength, 4);
  const block = heap.allocate(patternAt + pattern.length * 4);
  const ints = heap.ints(block, WORDS);
  const floats = heap.floats(block, WORDS);
  new Uint8Array(heap.memory.buffer, block + WORDS * 4, table.byteLength).set(table);
  ints.fill(0);
  ints.set(
    [H, W, C, d, automaton.sobelSizes.length, steps, draw.firstStep, draw.firstSample, draw.seed | 0],
    0,
  );
  ints[9] = Math.ceil(Math.fround(automaton.fireRate) * 2 ** 24);
  ints[10] = automaton.aliveChannel;
  floats[11] = automaton.aliveThreshold;
  floats[12] = automaton.gain;
  ints[13] = halo;
  ints[14] = block + WORDS * 4;
  ints.set([job.rules / job.turns, job.turns, rolloutModes[job.mode]], 15);
  ints.set([job.x0, job.w0, job.b0, job.w1, job.target, job.weight, job.dy], 18);
  ints.set([job.state, job.loss, job.dx0, job.dw0, job.db0, job.dw1], 25);
  ints.set([keepBytes, chunk, automaton.channels, automaton.hidden], 31);
  ints.set(
    [
      stateAt,
      gradientAt,
      rulesAt,
      dw0At,
      dw1At,
      db0At,
      masksAt,
      cellsAt,
      deltaAt,
      tileAt,
      keepAt,
      stepsAt,
      trajectoryAt,
      keptAt,
    ],
    35,
  );
  ints[49] = job.sharedStart ? 0 : H * W * automaton.channels * 4;
  ints[50] = spareCellsAt;
  ints[51] = spareBytes;
  ints[52] = job.rows ?? 0;
  ints[53] = limits;
  if (!isChosen && pattern.length > 0) {
    heap.ints(block + patternAt, pattern.length).set(pattern);
    ints.set([block + patternAt, pattern.length], 54);
  }
  const { hold } = job;
  if (hold) ints.set([hold.mask, hold.values, hold.samples === 1 ? 0 : H * W, hold.channels], 56);
  ints.set([sortedAt, chosenAt], 60);
  try {
    runtime.run(operations.rollout, block, batch, size);
  } finally {
    heap.release(block);
  }
}
