/**
 * Which sample comes when: every epoch a fresh shuffle of all of them, drawn from the run's seed and the epoch's
 * number, so that two integers are enough to continue in the middle of one.
 */
import { createRandom, pcg4d } from '#domain/random.ts';

export interface DataOrderState {
  readonly epoch: number;
  /** Samples of the epoch already given. */
  readonly position: number;
  /** Samples of the data that the order was drawn for. */
  readonly count: number;
}

export interface DataOrder {
  /** The next n indices; a batch may run over the end of an epoch, or hold several. */
  next(n: number): number[];
  state(): DataOrderState;
  /** Continues; if the data has another size by now, a new epoch begins. */
  restore(state: DataOrderState): void;
}

export function createDataOrder(count: number, seed: number): DataOrder {
  let epoch = 0;
  let position = 0;
  let order = shuffled(count, seed, epoch);

  return {
    next(n) {
      const indices: number[] = [];
      while (indices.length < n) {
        if (position === count) {
          epoch++;
          position = 0;
          order = shuffled(count, seed, epoch);
        }
        indices.push(order[position++]);
      }
      return indices;
    },
    state: () => ({ epoch, position, count }),
    restore(state) {
      const same = state.count === count;
      epoch = same ? state.epoch : state.epoch + 1;
      position = same ? state.position : 0;
      order = shuffled(count, seed, epoch);
    },
  };
}

/** What a run draws in an iteration; each purpose has numbers of its own. */
export type DrawPurpose = 'order' | 'rollout' | 'latent' | 'damage' | 'steps' | 'pool';

/** uint32 for an iteration (or epoch) and a purpose, so that nothing but the run's seed needs to be kept. */
export function derivedSeed(seed: number, purpose: DrawPurpose, iteration: number): number {
  return pcg4d(iteration, purposes.indexOf(purpose), 0x5eed, seed)[0];
}

const purposes: readonly DrawPurpose[] = ['order', 'rollout', 'latent', 'damage', 'steps', 'pool'];

function shuffled(count: number, seed: number, epoch: number): Uint32Array {
  const order = Uint32Array.from({ length: count }, (_, i) => i);
  return createRandom(derivedSeed(seed, 'order', epoch)).shuffle(order);
}
