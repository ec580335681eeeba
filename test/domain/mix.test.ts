import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AppError } from '#domain/errors.ts';
import { checkMix, completeMix, evenTurns, isOneRule, type Mix } from '#domain/mix.ts';

const map = { height: 2, width: 3, cells: '001122', softness: 1 };

test('a mix fits a number of styles', () => {
  const right: Mix[] = [
    { kind: 'turns', ratio: [] },
    { kind: 'turns', ratio: [2, 0, 1], gain: 0.99 },
    { kind: 'random', weights: [0.5, 0, 1e6] },
    { kind: 'weights', weights: [0, 0, 1] },
    { kind: 'latent', weights: [1, 1, 1], path: 'spherical' },
    { kind: 'areas', map },
  ];
  for (const mix of right) checkMix(mix, 3);
});

test('what does not fit is refused in a sentence', () => {
  const wrong: [Mix, RegExp][] = [
    [{ kind: 'turns', ratio: [1, 1] }, /ratio for 2 styles, and there are 3/],
    [{ kind: 'turns', ratio: [1, 0.5, 1] }, /integers from 0 to 1,000, and one is 0\.5/],
    [{ kind: 'turns', ratio: [0, 0, 0] }, /are all 0/],
    [{ kind: 'random', weights: [1, -1, 1] }, /numbers from 0 to 1,000,000, and one is -1/],
    [{ kind: 'weights', weights: [1, NaN, 1] }, /one is NaN/],
    [{ kind: 'weights', weights: [1, 1, 1], gain: 11 }, /gain of a mix is a number from 0 to 10/],
    [{ kind: 'latent', weights: [], path: 'linear' }, /weights for 0 styles/],
    [{ kind: 'areas', map: { ...map, cells: '00112' } }, /has 5 cells, and 2×3 were expected/],
    [{ kind: 'areas', map: { ...map, cells: '001123' } }, /a style “3”, and there are 3/],
    [{ kind: 'areas', map: { ...map, cells: '00112x' } }, /a style “x”/],
    [{ kind: 'areas', map: { ...map, softness: 0.5 } }, /integer from 0 to 64, and this is 0\.5/],
  ];
  for (const [mix, sentence] of wrong) {
    assert.throws(
      () => checkMix(mix, 3),
      (failure) =>
        failure instanceof AppError && failure.code === 'bad-argument' && sentence.test(failure.message),
    );
  }
});

test('no ratio is one turn each; weights and latents alone are one rule', () => {
  assert.deepEqual(completeMix({ kind: 'turns', ratio: [] }, 3), evenTurns(3));
  const given: Mix = { kind: 'turns', ratio: [2, 1] };
  assert.equal(completeMix(given, 2), given);
  assert.ok(isOneRule({ kind: 'weights', weights: [1] }));
  assert.ok(isOneRule({ kind: 'latent', weights: [1], path: 'linear' }));
  assert.ok(!isOneRule(given) && !isOneRule({ kind: 'areas', map }));
});
