import assert from 'node:assert/strict';
import { test } from 'node:test';
import { growthControl, recipe } from '#contract/shapes/growth.ts';
import { mix } from '#contract/shapes/mix.ts';

test('a recipe from before there were mixes takes its styles in turns', () => {
  const older = {
    version: 1,
    styles: [{ styleId: 's', name: 'Parrot', ruleHash: '0'.repeat(64) }],
    ...{ seed: 7, grid: { height: 30, width: 40 }, steps: 12, events: [], backend: 'wasm' },
  };
  assert.deepEqual(recipe.parse(older).mix, { kind: 'turns', ratio: [] });
});

test('mixes are checked where they arrive', () => {
  const map = { height: 1, width: 2, cells: '01', softness: 0 };
  const right: unknown[] = [
    { kind: 'turns', ratio: [2, 1], gain: 0.99 },
    { kind: 'latent', weights: [0.5, 0.5], path: 'spherical' },
    { kind: 'areas', map },
  ];
  for (const one of right) assert.deepEqual(mix.parse(one), one);
  const wrong: unknown[] = [
    { kind: 'turns', ratio: [0.5] },
    { kind: 'turns', ratio: [1, 1, 1, 1, 1] },
    { kind: 'random', weights: [-1] },
    { kind: 'weights', weights: [Infinity] },
    { kind: 'weights', weights: [1], gain: 11 },
    { kind: 'latent', weights: [1], path: 'around' },
    { kind: 'areas', map: { ...map, cells: '04' } },
    { kind: 'areas', map: { ...map, softness: 65 } },
    { kind: 'areas', map: { ...map, height: 257 } },
    { kind: 'stew' },
  ];
  for (const one of wrong) {
    assert.ok(!mix.safeParse(one).success, JSON.stringify(one));
    assert.ok(!growthControl.safeParse({ kind: 'mix', mix: one }).success);
  }
});
