import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { featureCount, type Automaton } from '#domain/automaton.ts';
import { blendLatents, blendRules, commonAutomaton, weightedMean, widenRule } from '#domain/mix-blend.ts';
import { morphLatent, morphPlace } from '#domain/morph.ts';

const automaton: Automaton = {
  ...{ channels: 4, hidden: 3, sobelSizes: [3, 7], aliveChannel: 3 },
  ...{ aliveThreshold: 0.1, fireRate: 0.5, gain: 1 },
};

test('a mean is of what has a weight, rounded once', () => {
  const values = [Float32Array.of(1, 0.1), Float32Array.of(4, 0.2), Float32Array.of(9, 7)];
  assert.deepEqual(
    weightedMean(values, [2, 1, 0]),
    Float32Array.of(2, (2 * values[0][1] + values[1][1]) / 3),
  );
  assert.deepEqual(weightedMean(values, [0, 0, 5]), values[2]);
  const rule = { count: 1, w0: values[0], b0: values[1], w1: values[2] };
  const other = { count: 1, w0: values[1], b0: values[2], w1: values[0] };
  assert.deepEqual(blendRules([rule, other], [1, 0]), rule);
  assert.deepEqual(blendRules([rule, other], [1, 1]).b0, Float32Array.of(6.5, (values[1][1] + 7) / 2));
});

test('around on a sphere: the length changes evenly, the direction too', () => {
  const latents = [Float32Array.of(2, 0), Float32Array.of(0, 4)];
  const half = blendLatents(latents, [1, 1], 'spherical');
  assert.deepEqual(
    [...half].map((value) => value.toFixed(5)),
    [3 * Math.SQRT1_2, 3 * Math.SQRT1_2].map((v) => v.toFixed(5)),
  );
  const third = blendLatents(latents, [2, 1], 'spherical');
  assert.ok(Math.abs(Math.atan2(third[1], third[0]) - Math.PI / 6) < 1e-6);
  assert.deepEqual(blendLatents(latents, [1, 1], 'linear'), Float32Array.of(1, 2));
});

test('at the ends of every path is the style itself, to the last bit', () => {
  const latent = fc.float32Array({ minLength: 3, maxLength: 3, noNaN: true, min: -8, max: 8 });
  fc.assert(
    fc.property(
      latent,
      latent,
      latent,
      fc.constantFrom('linear' as const, 'spherical' as const),
      (a, b, c, path) => {
        for (const [i, expected] of [a, b, c].entries()) {
          const weights = [0, 0, 0];
          weights[i] = 3;
          assert.deepEqual(
            [...blendLatents([a, b, c], weights, path)].map((value) => value + 0),
            [...expected].map((value) => value + 0),
          );
        }
      },
    ),
  );
});

test('directions that are none, the same or opposite are gone straight', () => {
  const [zero, one, back] = [Float32Array.of(0, 0), Float32Array.of(1, 2), Float32Array.of(-1, -2)];
  assert.deepEqual(blendLatents([zero, one], [1, 1], 'spherical'), Float32Array.of(0.5, 1));
  assert.deepEqual(blendLatents([one, one], [1, 1], 'spherical'), one);
  assert.deepEqual(blendLatents([one, back], [1, 1], 'spherical'), zero);
});

test('rules of other filters and fewer hidden values are written as those of one automaton', () => {
  const other = { ...automaton, hidden: 5, sobelSizes: [7, 5] };
  const common = commonAutomaton([automaton, other]);
  assert.deepEqual([common.hidden, common.sobelSizes], [5, [3, 7, 5]]);
  const [K, d, C] = [featureCount(other), 5, 4];
  const ramp = (size: number): Float32Array => Float32Array.from({ length: size }, (_, i) => i + 1);
  const rule = { count: 1, w0: ramp(K * d), b0: ramp(d), w1: ramp(d * C) };
  const wide = widenRule(rule, other, common);
  assert.deepEqual([wide.w0.length, wide.b0.length, wide.w1.length], [featureCount(common) * 5, 5, 20]);
  // Identity and maximum stay; size 3 is not in it; 7 comes second, 5 third.
  assert.deepEqual(wide.w0.subarray(0, 2 * C * d), rule.w0.subarray(0, 2 * C * d));
  assert.ok(wide.w0.subarray(2 * C * d, 4 * C * d).every((value) => value === 0));
  assert.deepEqual(wide.w0.subarray(4 * C * d), rule.w0.subarray(2 * C * d));
  const narrow = { count: 1, w0: ramp(featureCount(automaton) * 3), b0: ramp(3), w1: ramp(12) };
  const widened = widenRule(narrow, automaton, common);
  assert.deepEqual([...widened.b0], [1, 2, 3, 0, 0]);
  assert.deepEqual([...widened.w1.subarray(0, 12)], [...narrow.w1]);
  assert.deepEqual([...widened.w0.subarray(0, 5)], [1, 2, 3, 0, 0]);
  assert.equal(widenRule(rule, other, other), rule);
});

test('a morph passes every style; a loop leads back to the first', () => {
  const straight = { path: 'linear', easing: 'linear', isLoop: false, frames: 9 } as const;
  const places = Array.from({ length: 9 }, (_, frame) => morphPlace(straight, 3, frame));
  assert.deepEqual(places[0], { from: 0, to: 1, share: 0 });
  assert.deepEqual(places[4], { from: 1, to: 2, share: 0 });
  assert.deepEqual(places[8], { from: 1, to: 2, share: 1 });
  const loop = { ...straight, easing: 'ease', isLoop: true, frames: 6 } as const;
  assert.deepEqual(morphPlace(loop, 3, 4), { from: 2, to: 0, share: 0 });
  assert.deepEqual(morphPlace(loop, 3, 5), { from: 2, to: 0, share: 0.5 });
  const latents = [Float32Array.of(1), Float32Array.of(2), Float32Array.of(4)];
  assert.deepEqual(morphLatent(latents, loop, 2), latents[1]);
  assert.deepEqual(morphLatent(latents, loop, 5), Float32Array.of(2.5));
  assert.deepEqual(morphLatent(latents, straight, 8), latents[2]);
});
