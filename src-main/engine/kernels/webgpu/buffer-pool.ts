/**
 * The buffers behind tfjs's tensors, used again as tfjs's own manager does, which keeps all that ever were: with every size
 * of a picture that somebody looked at, a processor's memory would fill. What nobody used for a while is given back here,
 * and everything at once when memory ran out.
 */

/** Milliseconds. */
const KEPT_MS = 30_000;
const LOOK_MS = 5_000;

interface Free {
  readonly buffer: GPUBuffer;
  /** When it was used last, and how many submissions there were before. */
  readonly since: number;
  readonly submissions: number;
}

/** What tfjs's backend asks of its BufferManager. */
export class BufferPool {
  numBytesUsed = 0;
  numBytesAllocated = 0;
  readonly #device: GPUDevice;
  readonly #now: () => number;
  /** By size and usage; those that wait longest first. */
  readonly #free = new Map<string, Free[]>();
  #used = new Set<GPUBuffer>();
  /** In use when memory ran out: they may be none, and are not used again. */
  #doubtful = new WeakSet<GPUBuffer>();
  #looked = 0;
  #submissions = 0;

  /** @param now milliseconds of a clock that never goes back */
  constructor(device: GPUDevice, now: () => number) {
    this.#device = device;
    this.#now = now;
  }

  acquireBuffer(size: number, usage: GPUBufferUsageFlags, mappedAtCreation = false, reuse = true): GPUBuffer {
    let buffer = reuse ? this.#free.get(keyOf(size, usage))?.pop()?.buffer : undefined;
    if (buffer === undefined) {
      buffer = this.#device.createBuffer({ size, usage, mappedAtCreation });
      this.numBytesAllocated += size;
    }
    this.#used.add(buffer);
    this.numBytesUsed += size;
    return buffer;
  }

  /** What was to be computed with it has been recorded, and comes before what is recorded next. */
  releaseBuffer(buffer: GPUBuffer, reuse = true): void {
    // Disposed of.
    if (!this.#used.delete(buffer)) return;
    const { size, usage } = buffer;
    this.numBytesUsed -= size;
    if (!reuse || this.#doubtful.has(buffer)) {
      this.#destroy(buffer);
      return;
    }
    const since = this.#now();
    const key = keyOf(size, usage);
    const free = { buffer, since, submissions: this.#submissions };
    const alike = this.#free.get(key);
    if (alike === undefined) this.#free.set(key, [free]);
    else alike.push(free);
    if (since - this.#looked < LOOK_MS) return;
    this.#looked = since;
    this.#giveBack(since - KEPT_MS);
  }

  /** All that was recorded has been submitted: what was released before may go. */
  submitted(): void {
    this.#submissions++;
  }

  /** Memory ran out, and all that was recorded has been submitted: gives back all that nobody uses. */
  runOut(): void {
    this.#giveBack(Infinity);
    for (const buffer of this.#used) this.#doubtful.add(buffer);
  }

  #giveBack(before: number): void {
    for (const [key, alike] of this.#free) {
      const goes = ({ since, submissions }: Free): boolean =>
        since < before && submissions < this.#submissions;
      const kept = alike.filter((free) => !goes(free));
      for (const free of alike) if (goes(free)) this.#destroy(free.buffer);
      if (kept.length === 0) this.#free.delete(key);
      else if (kept.length < alike.length) this.#free.set(key, kept);
    }
  }

  #destroy(buffer: GPUBuffer): void {
    buffer.destroy();
    this.numBytesAllocated -= buffer.size;
  }

  getNumUsedBuffers(): number {
    return this.#used.size;
  }

  getNumFreeBuffers(): number {
    return [...this.#free.values()].reduce((sum, { length }) => sum + length, 0);
  }

  dispose(): void {
    for (const { buffer } of [...this.#free.values()].flat()) buffer.destroy();
    this.#free.clear();
    for (const buffer of this.#used) buffer.destroy();
    this.#used = new Set();
    this.#doubtful = new WeakSet();
    this.numBytesUsed = 0;
    this.numBytesAllocated = 0;
  }
}

function keyOf(size: number, usage: number): string {
  return `${size} ${usage}`;
}
