/**
 * The kernels' module, its memory and its threads. The main thread writes a job into the control block, wakes the
 * threads and works along; items are handed out one by one and each writes only its own results, so the outcome does
 * not depend on who took what. How threads are started is handed in: the engine knows no Node.
 */
import { AppError } from '#domain/errors.ts';
import { Heap } from './heap.ts';

/** What a thread needs to take part; structured-cloneable. */
export interface ThreadStart {
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  readonly index: number;
}

export interface Thread {
  stop(): void;
}

/** Starts a thread that calls `runThread` with what it gets; resolves once the thread waits for jobs. */
export interface ThreadHost {
  /** @param ended To be called if the thread ends without having been stopped. */
  start(start: ThreadStart, ended: () => void): Promise<Thread>;
}

export interface KernelBinaries {
  /** With relaxed SIMD and threads. */
  readonly relaxed: Uint8Array;
  /** Plain SIMD, one thread. */
  readonly simd: Uint8Array;
}

export interface KernelRuntimeOptions {
  readonly binaries: KernelBinaries;
  /** Threads in all, the main one included; 1 starts none. */
  readonly threads: number;
  readonly host: ThreadHost | null;
  /** Leave relaxed SIMD and threads out, as a machine without them would. */
  readonly plain?: boolean;
  /** A thread that finishes nothing for so long is taken for dead; two minutes if left out. */
  readonly stallMs?: number;
}

/** A word of a job that is a float32. */
export interface Float {
  readonly float: number;
}

interface KernelExports {
  work(thread: number): void;
  peak(count: number, depth: number, at: number): void;
}

/** Words of the control block; assembly/index.ts has the same table. */
const CONTROL = 1024;
const GENERATION = 0;
const PENDING = 1;
const NEXT = 2;
const ITEMS = 3;
const OPERATION = 4;
const JOB = 5;
const SCRATCH = 6;
const SCRATCH_STRIDE = 7;
const FAILED = 8;
const STOP = 9;
const CONTROL_WORDS = 16;

const HEAP_START = 65536;
const SHARED_MAXIMUM_PAGES = 65536;
const PLAIN_PAGES = 16384;
const STALL_MS = 120_000;
/** Looks at the control block before a thread goes to sleep: a few tens of microseconds, the gap between two kernels. */
const SPINS = 4000;

/** Numbers of assembly/index.ts. */
export const operations = {
  rollout: 1,
  matmul: 2,
  matvec: 3,
  patches: 4,
  patchesAdjoint: 5,
  maxPool: 6,
  maxPoolAdjoint: 7,
  binary: 8,
  columnSum: 9,
  adam: 10,
  squareSum: 11,
  convolve: 12,
  convolveFilter: 13,
  convolveFilterSum: 14,
  convolveInput: 15,
} as const;
export type Operation = (typeof operations)[keyof typeof operations];

export class KernelRuntime {
  readonly heap: Heap;
  readonly threads: number;
  /** Whether relaxed SIMD and shared memory are in use. */
  readonly relaxed: boolean;
  /** One line: what runs, and why not better. */
  readonly description: string;
  readonly #control: Int32Array;
  readonly #exports: KernelExports;
  readonly #workers: Thread[];
  readonly #stallMs: number;
  #scratch = 0;
  #scratchBytes = 0;
  #disposed = false;
  /** A thread ended or does not answer: what it left undone is unknown, so nothing runs any more. */
  #broken = false;

  private constructor(
    heap: Heap,
    exports: KernelExports,
    workers: Thread[],
    { relaxed, description, stallMs }: { relaxed: boolean; description: string; stallMs: number },
  ) {
    this.heap = heap;
    this.threads = workers.length + 1;
    this.relaxed = relaxed;
    this.description = description;
    this.#control = heap.ints(CONTROL, CONTROL_WORDS);
    this.#exports = exports;
    this.#workers = workers;
    this.#stallMs = stallMs;
  }

  static async create(options: KernelRuntimeOptions): Promise<KernelRuntime> {
    const { binaries, threads, host, stallMs = STALL_MS } = options;
    const missing = options.plain ? 'switched off' : missingFeature(binaries.relaxed);
    if (missing !== null) {
      const memory = new WebAssembly.Memory({ initial: PLAIN_PAGES, maximum: SHARED_MAXIMUM_PAGES });
      const module = new WebAssembly.Module(asSource(binaries.simd));
      const heap = new Heap(memory, HEAP_START, PLAIN_PAGES * 65536);
      const description = `wasm: plain SIMD on one thread, because relaxed SIMD or threads are ${missing}`;
      const how = { relaxed: false, description, stallMs };
      return new KernelRuntime(heap, instantiate(module, memory), [], how);
    }
    const memory = new WebAssembly.Memory({ initial: 16, maximum: SHARED_MAXIMUM_PAGES, shared: true });
    const module = new WebAssembly.Module(asSource(binaries.relaxed));
    const heap = new Heap(memory, HEAP_START, SHARED_MAXIMUM_PAGES * 65536);
    const exports = instantiate(module, memory);
    const loss = { happened: false, report: (): void => undefined };
    const ended = (): void => {
      loss.happened = true;
      loss.report();
    };
    const helpers = host ? Math.max(0, threads - 1) : 0;
    const starts = Array.from({ length: helpers }, (_, i) =>
      host!.start({ module, memory, index: i + 1 }, ended),
    );
    const workers = await allStarted(starts);
    const count = workers.length + 1;
    const description = `wasm: relaxed SIMD, ${count} thread${count > 1 ? 's' : ''}`;
    const runtime = new KernelRuntime(heap, exports, workers, { relaxed: true, description, stallMs });
    loss.report = () => void (runtime.#broken = true);
    if (loss.happened) loss.report();
    return runtime;
  }

  /** Whether a thread was lost, after which nothing runs any more. */
  get isBroken(): boolean {
    return this.#broken;
  }

  /**
   * Runs a job to its end on all threads.
   * @param job Address of the operation's own block of words.
   * @param items How many independent pieces it has.
   * @param scratchBytes Working memory of each thread.
   * @throws AppError out-of-memory if a thread has died
   */
  run(operation: Operation, job: number, items: number, scratchBytes: number): void {
    if (items <= 0) return;
    if (this.#disposed) throw new Error('The kernels were disposed.');
    if (this.#broken) throw threadLost();
    this.#reserveScratch(scratchBytes);
    const control = this.#control;
    const helpers = items > 1 ? this.#workers.length : 0;
    control[FAILED] = 0;
    control[NEXT] = 0;
    control[ITEMS] = items;
    control[OPERATION] = operation;
    control[JOB] = job;
    control[SCRATCH] = this.#scratch;
    control[SCRATCH_STRIDE] = Math.ceil(scratchBytes / 64) * 64;
    if (helpers) {
      Atomics.store(control, PENDING, helpers);
      Atomics.add(control, GENERATION, 1);
      Atomics.notify(control, GENERATION);
    }
    try {
      this.#exports.work(0);
    } finally {
      if (helpers) this.#awaitThreads();
    }
    if (control[FAILED]) throw new Error('A kernel failed in a thread of the engine.');
  }

  /** Writes a job's words (see the assembly's tables), runs it, frees it. Numbers are integers; wrap floats in `float`. */
  runWords(operation: Operation, words: readonly (number | Float)[], items: number, scratchBytes = 0): void {
    const job = this.heap.allocate(words.length * 4);
    const ints = this.heap.ints(job, words.length);
    const floats = this.heap.floats(job, words.length);
    words.forEach((word, i) => {
      if (typeof word === 'number') ints[i] = word;
      else floats[i] = word.float;
    });
    try {
      this.run(operation, job, items, scratchBytes);
    } finally {
      this.heap.release(job);
    }
  }

  /** The micro-kernel's own speed on this thread, in multiply-adds·2 a second: the most that any kernel here can reach. */
  measurePeak(now: () => number): number {
    const depth = 64;
    const at = this.heap.allocate((6 * depth + 8 * depth + 48) * 4);
    this.heap.floats(at, 14 * depth + 48).fill(0.5);
    const count = 20_000;
    let best = Infinity;
    for (let i = 0; i < 12; i++) {
      const start = now();
      this.#exports.peak(count, depth, at);
      best = Math.min(best, now() - start);
    }
    this.heap.release(at);
    return (count * depth * 6 * 8 * 2) / (best / 1000);
  }

  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    Atomics.store(this.#control, STOP, 1);
    Atomics.add(this.#control, GENERATION, 1);
    if (this.relaxed) Atomics.notify(this.#control, GENERATION);
    for (const worker of this.#workers) worker.stop();
  }

  /** Gives back the threads' working memory, which otherwise stays as large as the largest job wanted it. */
  releaseScratch(): void {
    if (this.#scratchBytes) this.heap.release(this.#scratch);
    this.#scratchBytes = 0;
  }

  #reserveScratch(bytesPerThread: number): void {
    const bytes = Math.ceil(bytesPerThread / 64) * 64 * this.threads;
    if (bytes <= this.#scratchBytes) return;
    this.releaseScratch();
    this.#scratch = this.heap.allocate(bytes);
    this.#scratchBytes = bytes;
  }

  #awaitThreads(): void {
    const control = this.#control;
    for (let spin = 0; spin < SPINS; spin++) if (Atomics.load(control, PENDING) === 0) return;
    const sliceMs = Math.min(1000, this.#stallMs);
    let progress = -1;
    let waitedMs = 0;
    for (;;) {
      const pending = Atomics.load(control, PENDING);
      if (pending === 0) return;
      // Items taken and threads done: while one of them changes, somebody works.
      const now = Atomics.load(control, NEXT) * (this.threads + 1) + pending;
      waitedMs = now === progress ? waitedMs + sliceMs : 0;
      progress = now;
      if (waitedMs >= this.#stallMs) {
        this.#broken = true;
        throw threadLost();
      }
      Atomics.wait(control, PENDING, pending, sliceMs);
    }
  }
}

function threadLost(): AppError {
  return new AppError(
    'out-of-memory',
    'A thread of the engine stopped answering; restart the program with fewer threads.',
  );
}

/** All threads, or none: where one does not start, the others are stopped. */
async function allStarted(starts: readonly Promise<Thread>[]): Promise<Thread[]> {
  const outcomes = await Promise.allSettled(starts);
  const threads = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
  if (threads.length < starts.length) for (const thread of threads) thread.stop();
  await Promise.all(starts);
  return threads;
}

/** The body of a thread: waits for jobs until the runtime is disposed. Calling `ready` tells the host that it waits. */
export function runThread(start: ThreadStart, ready: () => void): void {
  const control = new Int32Array(start.memory.buffer, CONTROL, CONTROL_WORDS);
  const kernels = instantiate(start.module, start.memory);
  let generation = Atomics.load(control, GENERATION);
  ready();
  for (;;) {
    let spin = 0;
    while (Atomics.load(control, GENERATION) === generation) {
      if (++spin > SPINS) Atomics.wait(control, GENERATION, generation);
    }
    generation = Atomics.load(control, GENERATION);
    if (Atomics.load(control, STOP)) return;
    try {
      kernels.work(start.index);
    } catch {
      Atomics.store(control, FAILED, 1);
    }
    if (Atomics.sub(control, PENDING, 1) === 1) Atomics.notify(control, PENDING);
  }
}

function instantiate(module: WebAssembly.Module, memory: WebAssembly.Memory): KernelExports {
  const instance = new WebAssembly.Instance(module, {
    env: {
      memory,
      abort(): never {
        throw new Error('A kernel met a state that it does not know.');
      },
    },
  });
  return instance.exports as unknown as KernelExports;
}

/** null where the relaxed build runs, else what is missing. */
function missingFeature(binary: Uint8Array): string | null {
  if (typeof SharedArrayBuffer === 'undefined') return 'missing (no SharedArrayBuffer)';
  return WebAssembly.validate(asSource(binary)) ? null : 'missing in this runtime';
}

function asSource(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return bytes as Uint8Array<ArrayBuffer>;
}
