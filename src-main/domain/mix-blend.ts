/**
 * Several rules, or their latents, made one, to the last bit: sums in float64 in the styles' order, rounded to float32
 * once. And rules of other hidden sizes or filters written as those of one automaton, so that they can share a state:
 * added rows, columns and hidden values are zeros, which change no other value.
 */
import { featureCount, type Automaton, type RuleValues } from './automaton.ts';
import type { LatentPath } from './mix.ts';

/** Σ wᵢ·vᵢ / Σ wᵢ, value by value; arrays of one length. */
export function weightedMean(values: readonly Float32Array[], weights: readonly number[]): Float32Array {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const sums = new Float64Array(values[0].length);
  for (const [i, weight] of weights.entries()) {
    const some = values[i];
    for (let at = 0; at < sums.length; at++) sums[at] += weight * some[at];
  }
  for (let at = 0; at < sums.length; at++) sums[at] /= total;
  return Float32Array.from(sums);
}

/** Rules of the same shapes. */
export function blendRules(rules: readonly RuleValues[], weights: readonly number[]): RuleValues {
  const part = (name: 'w0' | 'b0' | 'w1') =>
    weightedMean(
      rules.map((rule) => rule[name]),
      weights,
    );
  return { count: rules[0].count, w0: part('w0'), b0: part('b0'), w1: part('w1') };
}

/**
 * `linear`: the weighted mean. `spherical`: from the first style on, each one is gone to by its share of the weights so
 * far: the direction turns evenly on the great circle, the length changes evenly. Latents [E].
 */
export function blendLatents(
  latents: readonly Float32Array[],
  weights: readonly number[],
  path: LatentPath,
): Float32Array {
  if (path === 'linear') return weightedMean(latents, weights);
  let blended = Float64Array.from(latents[0]);
  let total = weights[0];
  for (let i = 1; i < latents.length; i++) {
    if (weights[i] === 0) continue;
    total += weights[i];
    blended = slerp(blended, latents[i], weights[i] / total);
  }
  return Float32Array.from(blended);
}

/** 0…1 of the way; where there is no direction to turn, or the two point the same or opposite ways, straight. */
function slerp(a: Float64Array, b: ArrayLike<number>, share: number): Float64Array<ArrayBuffer> {
  if (share === 1) return Float64Array.from(b);
  let [aa, ab, bb] = [0, 0, 0];
  for (const [i, value] of a.entries()) {
    aa += value * value;
    ab += value * b[i];
    bb += b[i] * b[i];
  }
  const [lengthA, lengthB] = [Math.sqrt(aa), Math.sqrt(bb)];
  const cosine = Math.max(-1, Math.min(1, ab / (lengthA * lengthB)));
  const sine = Math.sqrt(1 - cosine * cosine);
  if (!(sine > 1e-6)) return Float64Array.from(a, (value, i) => value + share * (b[i] - value));
  const angle = Math.acos(cosine);
  const length = lengthA + share * (lengthB - lengthA);
  const ofA = (Math.sin((1 - share) * angle) / sine / lengthA) * length;
  const ofB = (Math.sin(share * angle) / sine / lengthB) * length;
  return Float64Array.from(a, (value, i) => ofA * value + ofB * b[i]);
}

/** One whose rules can say what those of each of these say: the most hidden values, all filters. */
export function commonAutomaton(automata: readonly Automaton[]): Automaton {
  const [first, ...others] = automata;
  const sobelSizes = [...first.sobelSizes];
  for (const other of others) {
    for (const size of other.sobelSizes) if (!sobelSizes.includes(size)) sobelSizes.push(size);
  }
  return { ...first, hidden: Math.max(...automata.map(({ hidden }) => hidden)), sobelSizes };
}

/** A rule of `from` as one of `to`, which has its channels, its filters and others, and as many hidden values or more. */
export function widenRule(rule: RuleValues, from: Automaton, to: Automaton): RuleValues {
  const isSame =
    from.hidden === to.hidden &&
    from.sobelSizes.length === to.sobelSizes.length &&
    from.sobelSizes.every((size, i) => size === to.sobelSizes[i]);
  if (isSame) return rule;
  const { channels: C, hidden: d } = from;
  const [fromK, K] = [featureCount(from), featureCount(to)];
  const w0 = new Float32Array(rule.count * K * to.hidden);
  const b0 = new Float32Array(rule.count * to.hidden);
  const w1 = new Float32Array(rule.count * to.hidden * C);
  // Where a feature of `from` is among those of `to`: identity and maximum, then two for each filter.
  const features = [
    0,
    1,
    ...from.sobelSizes.flatMap((size) => [0, 1].map((i) => 2 + 2 * to.sobelSizes.indexOf(size) + i)),
  ];
  for (let r = 0; r < rule.count; r++) {
    for (let k = 0; k < fromK; k++) {
      const row = features[Math.floor(k / C)] * C + (k % C);
      // Added, as a filter that is named twice has two rows.
      for (let n = 0; n < d; n++) w0[(r * K + row) * to.hidden + n] += rule.w0[(r * fromK + k) * d + n];
    }
    b0.set(rule.b0.subarray(r * d, (r + 1) * d), r * to.hidden);
    w1.set(rule.w1.subarray(r * d * C, (r + 1) * d * C), r * to.hidden * C);
  }
  return { count: rule.count, w0, b0, w1 };
}
