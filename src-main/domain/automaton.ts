/**
 * The cellular automaton as numbers: what a rule is, over which grid it runs, and which random numbers it draws.
 * Layouts are row-major: state [B, H, W, C]; w0 [R, K, d]; b0 [R, d]; w1 [R, d, C], with R = B (a rule a sample)
 * or R = 1 (one rule shared by the batch). Feature k = feature·C + channel; the features are identity, 3×3 maximum,
 * then for each Sobel size, in the order given, the horizontal and the vertical gradient.
 */

export interface Automaton {
  /** C; channels 0…3 are RGBA, colour premultiplied by alpha. */
  readonly channels: number;
  /** d, the hidden values of the rule's perceptron. */
  readonly hidden: number;
  /** Odd sizes ≥ 3, in the order of the features; may be empty. */
  readonly sobelSizes: readonly number[];
  /** The channel that says whether a cell lives; 3 is alpha. */
  readonly aliveChannel: number;
  /** A cell lives where the 3×3 maximum of the alive channel is greater than this. */
  readonly aliveThreshold: number;
  /** Probability 0…1 that a cell updates in a step. */
  readonly fireRate: number;
  /** Factor on every update; 1 in the paper. */
  readonly gain: number;
}

export interface Grid {
  readonly height: number;
  readonly width: number;
}

/** Which random numbers a rollout draws: step s of sample b uses pcg4d(cell, firstStep + s, firstSample + b, seed). */
export interface Draw {
  /** uint32. */
  readonly seed: number;
  readonly firstStep: number;
  readonly firstSample: number;
}

/** A rule, or several one after another: R rules of the same automaton. */
export interface RuleValues {
  readonly count: number;
  /** [R, K, d] */
  readonly w0: Float32Array;
  /** [R, d] */
  readonly b0: Float32Array;
  /** [R, d, C] */
  readonly w1: Float32Array;
}

/** K = C·(2 + 2·S): the inputs of the rule's perceptron. */
export function featureCount(automaton: Pick<Automaton, 'channels' | 'sobelSizes'>): number {
  return automaton.channels * (2 + 2 * automaton.sobelSizes.length);
}

/** Values of one rule: K·d + d + d·C. */
export function ruleSize(automaton: Automaton): number {
  const { channels: C, hidden: d } = automaton;
  return featureCount(automaton) * d + d + d * C;
}
