/**
 * A dispatch cut into several, for where one would take longer than a submission may: by samples, and where one sample is
 * too much, by its workgroups. Each part is told where it begins; what is computed stays the same to the bit.
 */
import { ORIGIN_BYTES } from './code/automaton-code.ts';
import { cutsOf } from './cuts.ts';
import { BUFFER_UNIFORM, type Bound, type Gpu } from './gpu.ts';
import type { Work } from './submission-pace.ts';

export interface Slice {
  /** Where the kernel's `origin` lies: a dynamic offset. */
  readonly origin: number;
  readonly extent: readonly [x: number, y: number];
  readonly units: number;
}

/** Of one dispatch. */
const MOST_SLICES = 512;
/**
 * Of a run's four kernels, for its usual number of samples and for what is left at the end: twice the slices each, where
 * they do not come out even.
 */
const MOST_ORIGINS = 4 * 2 * 2 * MOST_SLICES;

export class Slices {
  readonly #gpu: Gpu;
  readonly #stride: number;
  readonly #buffer: GPUBuffer;
  /** Places in the buffer, by what stands there. */
  readonly #places = new Map<string, number>();

  /** @param stride bytes from one origin to the next: what dynamic offsets must be a multiple of */
  constructor(gpu: Gpu, stride: number) {
    this.#gpu = gpu;
    this.#stride = stride;
    this.#buffer = gpu.scratch('origins', stride * MOST_ORIGINS, BUFFER_UNIFORM);
    this.#originAt(0, 0);
  }

  get bound(): Bound {
    return { buffer: this.#buffer, size: ORIGIN_BYTES };
  }

  /** @param units of work of the whole, about a multiply-add each */
  of([x, y]: readonly [x: number, y: number], { kind, units }: Work): Slice[] {
    const fewest = Math.ceil((x * y) / MOST_SLICES) / (x * y);
    const most = Math.max(this.#gpu.pace.unitsOf(kind), units * fewest * (1 + 1e-9));
    return cutsOf([x, y, 1], units, most).map(({ origin, groups, units: part }) => ({
      origin: this.#originAt(origin[0], origin[1]),
      extent: [groups[0], groups[1]],
      units: part,
    }));
  }

  #originAt(x: number, y: number): number {
    const key = `${x} ${y}`;
    let place = this.#places.get(key);
    if (place === undefined) {
      place = this.#places.size;
      if (place >= MOST_ORIGINS) throw new Error('More origins than there is room for.');
      this.#places.set(key, place);
      // Nothing that was submitted reads a place before it is known here.
      this.#gpu.device.queue.writeBuffer(this.#buffer, place * this.#stride, Uint32Array.of(x, y, 0, 0));
    }
    return place * this.#stride;
  }
}
