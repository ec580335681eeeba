/**
 * How long the dispatches of each kernel take on the processor itself, by its timestamps; for finding out where the time
 * goes. Every dispatch then is a pass of its own, which takes a little longer than one pass for all.
 */
/// <reference types="@webgpu/types" />

export interface TimedKernel {
  readonly dispatches: number;
  readonly ms: number;
}

/** Timestamps of a set; a device need not offer more. */
const SET_SIZE = 4096;
const [QUERY_RESOLVE, COPY_SRC, COPY_DST, MAP_READ] = [0x200, 0x04, 0x08, 0x01];

interface TimedSet {
  readonly queries: GPUQuerySet;
  readonly resolved: GPUBuffer;
  readonly labels: string[];
  /** Passes whose timestamps are asked for. */
  asked: number;
}

export class DispatchTimer {
  readonly #device: GPUDevice;
  readonly #sets: TimedSet[] = [];

  /** The device needs the feature `timestamp-query`. */
  constructor(device: GPUDevice) {
    this.#device = device;
  }

  static isOffered(device: GPUDevice): boolean {
    return device.features.has('timestamp-query');
  }

  /** For the pass that has the next dispatch. */
  pass(label: string): GPUComputePassDescriptor {
    let set = this.#sets.at(-1);
    if (set === undefined || 2 * set.labels.length === SET_SIZE) this.#sets.push((set = this.#newSet()));
    const at = 2 * set.labels.length;
    set.labels.push(label);
    return {
      timestampWrites: { querySet: set.queries, beginningOfPassWriteIndex: at, endOfPassWriteIndex: at + 1 },
    };
  }

  /** Call it with every encoder that has timed passes, at its end. */
  resolve(encoder: GPUCommandEncoder): void {
    for (const set of this.#sets) {
      // Places in the buffer begin at 256 bytes: 32 timestamps.
      const first = Math.floor((2 * set.asked) / 32) * 32;
      const count = 2 * set.labels.length - first;
      if (set.asked === set.labels.length) continue;
      encoder.resolveQuerySet(set.queries, first, count, set.resolved, first * 8);
      set.asked = set.labels.length;
    }
  }

  /** Of all dispatches since it was made, by the kernels' labels; the timer is of no use afterwards. */
  async totals(): Promise<ReadonlyMap<string, TimedKernel>> {
    const totals = new Map<string, TimedKernel>();
    for (const { queries, resolved, labels } of this.#sets) {
      const bytes = labels.length * 16;
      const buffer = this.#device.createBuffer({ size: bytes, usage: COPY_DST | MAP_READ });
      const encoder = this.#device.createCommandEncoder();
      encoder.copyBufferToBuffer(resolved, 0, buffer, 0, bytes);
      this.#device.queue.submit([encoder.finish()]);
      await buffer.mapAsync(MAP_READ);
      const times = new BigUint64Array(buffer.getMappedRange());
      for (const [i, label] of labels.entries()) {
        const { dispatches, ms } = totals.get(label) ?? { dispatches: 0, ms: 0 };
        const nanoseconds = Number(times[2 * i + 1] - times[2 * i]);
        totals.set(label, { dispatches: dispatches + 1, ms: ms + Math.max(0, nanoseconds) / 1e6 });
      }
      buffer.destroy();
      resolved.destroy();
      queries.destroy();
    }
    return totals;
  }

  #newSet(): TimedSet {
    const queries = this.#device.createQuerySet({ type: 'timestamp', count: SET_SIZE });
    const resolved = this.#device.createBuffer({ size: SET_SIZE * 8, usage: QUERY_RESOLVE | COPY_SRC });
    return { queries, resolved, labels: [], asked: 0 };
  }
}
