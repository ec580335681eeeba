/** The learning rate over a run: a linear warm-up, a constant stretch, then a fall to a fraction of it. */

export interface Schedule {
  /** The constant stretch's rate. */
  readonly learningRate: number;
  /** Iterations of the linear rise from 0. */
  readonly warmup: number;
  readonly decay: 'none' | 'cosine' | 'exponential' | 'step';
  /** First iteration of the fall, or for `step` the one from which the final rate holds. */
  readonly decayStart: number;
  /** Iteration from which the final rate holds. */
  readonly decayEnd: number;
  /** Of learningRate, at the end. */
  readonly finalFraction: number;
}

export function constantRate(learningRate: number): Schedule {
  return { learningRate, warmup: 0, decay: 'none', decayStart: 0, decayEnd: 0, finalFraction: 1 };
}

/** The rate of an iteration, counted from 0. */
export function learningRateAt(schedule: Schedule, iteration: number): number {
  const { learningRate, warmup, decayStart, decayEnd, finalFraction } = schedule;
  if (iteration < warmup) return (learningRate * (iteration + 1)) / warmup;
  if (schedule.decay === 'none' || iteration < decayStart) return learningRate;
  const length = Math.max(1, decayEnd - decayStart);
  const progress = Math.min(1, (iteration - decayStart) / length);
  switch (schedule.decay) {
    case 'cosine':
      return learningRate * (finalFraction + (1 - finalFraction) * 0.5 * (1 + Math.cos(Math.PI * progress)));
    case 'exponential':
      return learningRate * finalFraction ** progress;
    case 'step':
      return learningRate * finalFraction;
    default:
      return schedule.decay satisfies never;
  }
}
