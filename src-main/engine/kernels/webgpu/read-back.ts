/**
 * Values on their way back from the processor: copied at once, in the order of all other work, and mapped when they are
 * there. Buffers that were read are used again, so a picture a frame makes no new ones.
 */
import { lostError, type Gpu } from './gpu.ts';

export interface ReadPart {
  readonly buffer: GPUBuffer;
  readonly bytes: number;
}

/** Of each size; more are on their way only where nobody waits for them. */
const MOST_KEPT = 4;

export class ReadBack {
  readonly #gpu: Gpu;
  readonly #free = new Map<number, GPUBuffer[]>();

  constructor(gpu: Gpu) {
    this.#gpu = gpu;
  }

  /**
   * Encodes the copy of the parts, one after another.
   * @returns what waits for them, to be called when the commands are submitted. @throws AppError disconnected
   */
  copy(encoder: GPUCommandEncoder, parts: readonly ReadPart[]): () => Promise<ArrayBuffer> {
    const size = parts.reduce((sum, { bytes }) => sum + bytes, 0);
    const usage = 0x01 | 0x08; // GPUBufferUsage.MAP_READ | COPY_DST
    const free = this.#free.get(size) ?? [];
    this.#free.set(size, free);
    const staging = free.pop() ?? this.#gpu.device.createBuffer({ label: 'read back', size, usage });
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
      if (free.length < MOST_KEPT) free.push(staging);
      else staging.destroy();
      return values;
    };
  }
}
