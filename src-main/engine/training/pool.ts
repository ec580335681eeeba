/**
 * The pool of Mordvintsev et al. 2020: states that earlier rollouts ended in, from which later ones start. A batch is
 * drawn without repetition and ordered by loss, largest first; the first starts over from the seed, and the last few
 * may be damaged. What became of it goes back to its places.
 */
import type { Grid } from '#domain/automaton.ts';
import type { Random } from '#domain/random.ts';
import { cutCircles, cutHalf } from '#engine/training/damage.ts';

export interface Damage {
  /** Samples at the batch's end to damage, and how many of these lose a half rather than a circle. */
  readonly damaged: number;
  readonly halved: number;
}

export interface StatePool {
  /** [size, H, W, C] */
  readonly states: Float32Array;
  /** Draws `count` states: their places, and copies to change, [count, H, W, C]. */
  take(count: number, damage: Damage | null, random: Random): { places: number[]; states: Float32Array };
  /** Puts back what became of them. */
  put(places: readonly number[], states: Float32Array): void;
}

export interface PoolSetup {
  readonly size: number;
  readonly grid: Grid;
  /** C */
  readonly channels: number;
  /** [H, W, C] */
  readonly seed: Float32Array;
  /** [H, W, 4] */
  readonly target: Float32Array;
}

export function createStatePool({ size, grid, channels, seed, target }: PoolSetup): StatePool {
  const length = seed.length;
  const states = new Float32Array(size * length);
  for (let place = 0; place < size; place++) states.set(seed, place * length);
  const stateAt = (place: number): Float32Array => states.subarray(place * length, (place + 1) * length);

  return {
    states,
    take(count, damage, random) {
      const places = drawPlaces(size, count, random);
      const losses = new Map(places.map((place) => [place, visibleError(stateAt(place), channels, target)]));
      places.sort((a, b) => (losses.get(b) ?? 0) - (losses.get(a) ?? 0));
      const batch = new Float32Array(count * length);
      places.forEach((place, i) => batch.set(i === 0 ? seed : stateAt(place), i * length));
      for (let i = 0; i < (damage?.damaged ?? 0); i++) {
        const sample = count - 1 - i;
        if (sample < 1) break;
        if (i < (damage?.halved ?? 0)) cutHalf(batch, grid, channels, sample, 2 * Math.PI * random.next());
        else cutCircles(batch, grid, channels, sample, [largeCircle(grid, random)]);
      }
      return { places, states: batch };
    },
    put(places, batch) {
      places.forEach((place, i) => states.set(batch.subarray(i * length, (i + 1) * length), place * length));
    },
  };
}

/** Different places of the pool. */
function drawPlaces(size: number, count: number, random: Random): number[] {
  const places = new Set<number>();
  while (places.size < Math.min(count, size)) places.add(random.int(size));
  return [...places];
}

/** As Distill draws it: the centre in the middle half of the grid, the radius 0.1 to 0.4 of half its width. */
function largeCircle({ height, width }: Grid, random: Random): { x: number; y: number; radius: number } {
  return {
    x: width * (0.25 + 0.5 * random.next()),
    y: height * (0.25 + 0.5 * random.next()),
    radius: (width / 2) * (0.1 + 0.3 * random.next()),
  };
}

function visibleError(state: Float32Array, channels: number, target: Float32Array): number {
  let sum = 0;
  for (let cell = 0; cell < target.length / 4; cell++) {
    for (let c = 0; c < 4; c++) sum += (state[cell * channels + c] - target[cell * 4 + c]) ** 2;
  }
  return sum;
}
