/**
 * Blocks of the kernels' memory. Tensors, jobs and scratch live in one WebAssembly memory that all threads see, so no
 * kernel copies its operands. A shared memory grows in place: views made before stay valid. First the smallest free
 * block that fits, neighbours merged on release; a few hundred blocks are alive at a time, so plain lists do.
 */
import { AppError } from '#domain/errors.ts';

const PAGE = 65536;
const ALIGNMENT = 64;
/** Kernels may read up to five rows past the end of a block (of a small filter's at most); the last block needs something there. */
const SLACK = 4 * PAGE;
const GROWTH_BYTES = 8 * 1024 * 1024;

export class Heap {
  readonly memory: WebAssembly.Memory;
  readonly #maximumBytes: number;
  readonly #free: { start: number; bytes: number }[] = [];
  readonly #used = new Map<number, number>();
  #end: number;
  #usedBytes = 0;
  #peakBytes = 0;

  /** @param start First byte that the heap may use; below lie static data and the control block. */
  constructor(memory: WebAssembly.Memory, start: number, maximumBytes: number) {
    this.memory = memory;
    this.#maximumBytes = maximumBytes;
    this.#end = memory.buffer.byteLength - SLACK;
    this.#free.push({ start, bytes: this.#end - start });
  }

  get usedBytes(): number {
    return this.#usedBytes;
  }

  /** The most that was in use at once since `startPeak`. */
  get peakBytes(): number {
    return this.#peakBytes;
  }

  startPeak(): void {
    this.#peakBytes = this.#usedBytes;
  }

  /** Bytes that the memory spans, used or not. */
  get totalBytes(): number {
    return this.#end;
  }

  /** @returns The address, a multiple of 64. */
  allocate(bytes: number): number {
    const size = Math.max(ALIGNMENT, Math.ceil(bytes / ALIGNMENT) * ALIGNMENT);
    let best = -1;
    for (let i = 0; i < this.#free.length; i++) {
      const block = this.#free[i];
      if (block.bytes >= size && (best < 0 || block.bytes < this.#free[best].bytes)) best = i;
    }
    if (best < 0) {
      this.#grow(size);
      best = this.#free.length - 1;
    }
    const block = this.#free[best];
    const start = block.start;
    if (block.bytes === size) this.#free.splice(best, 1);
    else {
      block.start += size;
      block.bytes -= size;
    }
    this.#used.set(start, size);
    this.#usedBytes += size;
    this.#peakBytes = Math.max(this.#peakBytes, this.#usedBytes);
    return start;
  }

  release(start: number): void {
    const bytes = this.#used.get(start);
    if (bytes === undefined) throw new Error(`No block of the heap starts at ${start}.`);
    this.#used.delete(start);
    this.#usedBytes -= bytes;
    let at = 0;
    while (at < this.#free.length && this.#free[at].start < start) at++;
    const before = this.#free[at - 1];
    const after = this.#free[at];
    const joinsBefore = before !== undefined && before.start + before.bytes === start;
    const joinsAfter = after !== undefined && start + bytes === after.start;
    if (joinsBefore && joinsAfter) {
      before.bytes += bytes + after.bytes;
      this.#free.splice(at, 1);
    } else if (joinsBefore) before.bytes += bytes;
    else if (joinsAfter) {
      after.start = start;
      after.bytes += bytes;
    } else this.#free.splice(at, 0, { start, bytes });
  }

  floats(start: number, length: number): Float32Array {
    return new Float32Array(this.memory.buffer, start, length);
  }

  ints(start: number, length: number): Int32Array {
    return new Int32Array(this.memory.buffer, start, length);
  }

  #grow(bytes: number): void {
    const last = this.#free.at(-1);
    const tail = last !== undefined && last.start + last.bytes === this.#end ? last : undefined;
    const missing = bytes - (tail?.bytes ?? 0);
    const wanted = Math.ceil(Math.max(missing, GROWTH_BYTES) / PAGE) * PAGE;
    const growth = Math.min(wanted, this.#maximumBytes - SLACK - this.#end);
    if (growth < missing) throw this.#outOfMemory(bytes);
    try {
      this.memory.grow(growth / PAGE);
    } catch (cause) {
      throw this.#outOfMemory(bytes, cause);
    }
    if (tail) tail.bytes += growth;
    else this.#free.push({ start: this.#end, bytes: growth });
    this.#end += growth;
  }

  #outOfMemory(bytes: number, cause?: unknown): AppError {
    const megabytes = (n: number) => Math.ceil(n / 1e6);
    return new AppError(
      'out-of-memory',
      `The engine needs ${megabytes(bytes)} MB more than the ${megabytes(this.#usedBytes)} MB it holds and cannot get them; ` +
        'use a smaller grid or batch, fewer threads or a smaller preset.',
      { cause },
    );
  }
}
