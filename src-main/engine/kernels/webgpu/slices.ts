/**
 * A dispatch cut into several, for where one would take longer than a submission may: by samples, and where one sample is
 * too much, by its workgroups. Each part is told where it begins; what is computed stays the same to the bit.
 */
import { ORIGIN_BYTES } from './code/automaton-code.ts';
import { BUFFER_UNIFORM, type Bound, type Gpu } from './gpu.ts';

export interface Slice {
  /** Where the kernel's `origin` lies: a dynamic offset. */
  readonly origin: number;
  readonly extent: readonly [x: number, y: number];
  /** Of the whole. */
  readonly share: number;
}

/** Of one dispatch. */
const MOST_SLICES = 64;
/** Origins of a run: powers of two are cut for each of its four kernels. */
const MOST_ORIGINS = 8 * MOST_SLICES;

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
  of([x, y]: readonly [x: number, y: number], units: number): Slice[] {
    const wanted = Math.min(MOST_SLICES, x * y, units / this.#gpu.pace.units);
    if (!(wanted > 1)) return [{ origin: 0, extent: [x, y], share: 1 }];
    // Powers of two, so that few different origins come up while the pace is found.
    const count = 2 ** Math.ceil(Math.log2(wanted));
    const rows = Math.ceil(y / Math.min(count, y));
    const columns = Math.ceil(x / Math.max(1, Math.min(x, Math.ceil(count / y))));
    const slices: Slice[] = [];
    for (let top = 0; top < y; top += rows) {
      for (let left = 0; left < x; left += columns) {
        const extent = [Math.min(columns, x - left), Math.min(rows, y - top)] as const;
        slices.push({
          ...{ origin: this.#originAt(left, top), extent },
          share: (extent[0] * extent[1]) / (x * y),
        });
      }
    }
    return slices;
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
