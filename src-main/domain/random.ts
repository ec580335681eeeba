/**
 * Random numbers that any backend, chunk or replay can draw again: a hash of counters instead of a hidden state.
 * `pcg4d` is Jarzynski & Olano 2020, "Hash Functions for GPU Rendering"; the automaton's masks hash
 * (cell, step, sample, seed). Everything else that is drawn (weights, order of the data, noise of the latent)
 * comes from a Random, which hashes a counter, so that its state is two numbers that a checkpoint can hold.
 */

/** Enough to continue a Random where it stood. */
export interface RandomState {
  /** uint32. */
  readonly seed: number;
  /** Draws made so far, an integer below 2^53. */
  readonly counter: number;
}

export interface Random {
  /** Uniform in 0 ≤ u < 1, 32 bits of it. */
  next(): number;
  /** Mean 0, variance 1. */
  normal(): number;
  /** Uniform integer in 0 ≤ i < n. */
  int(n: number): number;
  /** Shuffles in place (Fisher–Yates) and returns the same array. */
  shuffle<T extends { length: number; [index: number]: unknown }>(array: T): T;
  state(): RandomState;
}

/** The four uint32 of pcg4d over four uint32, written to `out` (its four places) and returned. */
export function pcg4d(
  a: number,
  b: number,
  c: number,
  d: number,
  out: Uint32Array = new Uint32Array(4),
): Uint32Array {
  let v0 = (Math.imul(a, 1664525) + 1013904223) | 0;
  let v1 = (Math.imul(b, 1664525) + 1013904223) | 0;
  let v2 = (Math.imul(c, 1664525) + 1013904223) | 0;
  let v3 = (Math.imul(d, 1664525) + 1013904223) | 0;
  v0 = (v0 + Math.imul(v1, v3)) | 0;
  v1 = (v1 + Math.imul(v2, v0)) | 0;
  v2 = (v2 + Math.imul(v0, v1)) | 0;
  v3 = (v3 + Math.imul(v1, v2)) | 0;
  v0 ^= v0 >>> 16;
  v1 ^= v1 >>> 16;
  v2 ^= v2 >>> 16;
  v3 ^= v3 >>> 16;
  v0 = (v0 + Math.imul(v1, v3)) | 0;
  v1 = (v1 + Math.imul(v2, v0)) | 0;
  v2 = (v2 + Math.imul(v0, v1)) | 0;
  v3 = (v3 + Math.imul(v1, v2)) | 0;
  out[0] = v0;
  out[1] = v1;
  out[2] = v2;
  out[3] = v3;
  return out;
}

/** 0 ≤ u < 1 with 24 bits, exact in float32: the number that decides whether a cell fires. */
export function uniform(cell: number, step: number, sample: number, seed: number): number {
  return (pcg4d(cell, step, sample, seed, scratch)[0] >>> 8) * 2 ** -24;
}

/** A Random from the seed (its low 32 bits), or continued from a saved state. */
export function createRandom(from: number | RandomState): Random {
  const seed = (typeof from === 'number' ? from : from.seed) >>> 0;
  let counter = typeof from === 'number' ? 0 : from.counter;

  function draw(): Uint32Array {
    const high = Math.floor(counter / 2 ** 32);
    const values = pcg4d(counter >>> 0, high, GENERATOR_STREAM, seed, scratch);
    counter++;
    return values;
  }

  const random: Random = {
    next: () => draw()[0] * 2 ** -32,
    normal() {
      // Box–Muller; 1 − u is never 0. The second of the pair is dropped so that the counter is the whole state.
      const values = draw();
      const radius = Math.sqrt(-2 * Math.log(1 - values[0] * 2 ** -32));
      return radius * Math.cos(2 * Math.PI * values[1] * 2 ** -32);
    },
    int: (n) => Math.floor(random.next() * n),
    shuffle(array) {
      const items = array as { length: number; [index: number]: unknown };
      for (let last = items.length - 1; last > 0; last--) {
        const other = random.int(last + 1);
        const kept = items[last];
        items[last] = items[other];
        items[other] = kept;
      }
      return array;
    },
    state: () => ({ seed, counter }),
  };
  return random;
}

/** Keeps the generators away from the masks' (cell, step, sample): no batch has this many samples. */
const GENERATOR_STREAM = 0x6d6f7270;

const scratch = new Uint32Array(4);
