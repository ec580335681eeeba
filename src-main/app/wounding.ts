/** Growing pictures that lose a part on the way, to see whether they heal. */
import {
  advanceTo,
  type Cancellation,
  type GrowthMoment,
  type GrowthPlan,
  type OpenGrowth,
} from './growing.ts';

export interface Wound {
  /** Steps since the seed after which it is made. */
  readonly step: number;
  /** Changes the values of a state [B, H, W, C] in place. */
  readonly cut: (state: Float32Array) => void;
}

export interface WoundedMoment extends GrowthMoment {
  /** Wounds made so far. */
  readonly wounds: number;
}

/**
 * The states at the given steps, which ascend as those of the wounds do. A wound adds two moments of its own: the state
 * before it, unless that is one of the given ones, and what it left.
 * @throws AppError cancelled once the signal is aborted.
 */
export async function* woundedMoments(
  open: OpenGrowth,
  plan: GrowthPlan,
  wounds: readonly Wound[],
  moments: readonly number[],
  signal?: Cancellation,
): AsyncGenerator<WoundedMoment, void, undefined> {
  const growth = open(plan);
  const stops = [...new Set([...moments, ...wounds.map(({ step }) => step)])].sort((a, b) => a - b);
  let made = 0;
  try {
    for (const stop of stops) {
      advanceTo(growth, stop, signal);
      yield { step: stop, state: await growth.state(), wounds: made };
      while (wounds[made]?.step === stop) {
        const state = await growth.state();
        wounds[made].cut(state);
        growth.replace(state);
        made++;
        yield { step: stop, state, wounds: made };
      }
    }
  } finally {
    growth.dispose();
  }
}
