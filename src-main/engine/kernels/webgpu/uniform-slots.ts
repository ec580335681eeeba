/**
 * Small values for kernels whose commands are recorded and not yet submitted: each set of values keeps its place until what
 * reads it was handed over. The first place is all zeros.
 */
import { BUFFER_UNIFORM } from './gpu.ts';

/** Bytes that any device lets dynamic offsets be a multiple of. */
const SLOT_BYTES = 256;
const SLOTS = 512;

export class UniformSlots {
  readonly buffer: GPUBuffer;
  readonly #device: GPUDevice;
  readonly #flush: () => void;
  #next = 1;

  /** @param flush submits all that was recorded */
  constructor(device: GPUDevice, flush: () => void) {
    this.#device = device;
    this.#flush = flush;
    this.buffer = device.createBuffer({ label: 'slots', size: SLOT_BYTES * SLOTS, usage: BUFFER_UNIFORM });
  }

  /** @returns where they are in the buffer, for what is recorded next */
  put(values: Float32Array<ArrayBuffer> | Uint32Array<ArrayBuffer>): number {
    if (this.#next === SLOTS) {
      this.#flush();
      this.#next = 1;
    }
    const offset = SLOT_BYTES * this.#next++;
    this.#device.queue.writeBuffer(this.buffer, offset, values);
    return offset;
  }

  dispose(): void {
    this.buffer.destroy();
  }
}
