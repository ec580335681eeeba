/**
 * Values on their way back from the processor: copied at once, in the order of all other work, and mapped when they are
 * there. Buffers that were read are used again, so a picture a frame makes no new ones.
 */
import { lostError, type Gpu } from './gpu.ts';

export interface ReadPart {
  readonly buffer: GPUBuffer;
  readonly bytes: number;
}

/** Bytes of buffers that wait to be used again. */
const MOST_KEPT = 16 * 2 ** 20;

export class ReadBack {
  readonly #gpu: Gpu;
  /** The one that waits longest first. */
  #free: GPUBuffer[] = [];

  constructor(gpu: Gpu) {
    this.#gpu = gpu;
  }

  /**
   * Encodes the copy of the parts, one after another.
   * @returns what waits for them, to be called when the commands are submitted. @throws AppError disconnected
   */
  copy(encoder: GPUCommandEncoder, parts: readonly ReadPart[]): () => Promise<ArrayBuffer> {
    const size = parts.reduce((sum, { bytes }) => sum + bytes, 0);
    const staging = this.#staging(size);
    let at = 0;
    for (const { buffer, bytes } of parts) {
      encoder.copyBufferToBuffer(buffer, 0, staging, at, bytes);
      at += bytes;
    }
    return async () => {
      try {
        await staging.mapAsync(1); // GPUMapMode.READ
      } catch (cause) {
        staging.destroy();
        await this.#gpu.settled();
        throw lostError(this.#gpu.host.name, cause);
      }
      const values = staging.getMappedRange().slice(0);
      staging.unmap();
      this.#keep(staging);
      return values;
    };
  }

  #staging(size: number): GPUBuffer {
    const known = this.#free.find((buffer) => buffer.size === size);
    this.#free = this.#free.filter((buffer) => buffer !== known);
    const usage = 0x01 | 0x08; // GPUBufferUsage.MAP_READ | COPY_DST
    return known ?? this.#gpu.device.createBuffer({ label: 'read back', size, usage });
  }

  #keep(staging: GPUBuffer): void {
    this.#free.push(staging);
    let kept = this.#free.reduce((sum, { size }) => sum + size, 0);
    while (kept > MOST_KEPT) {
      const oldest = this.#free.shift()!;
      kept -= oldest.size;
      oldest.destroy();
    }
  }
}
