/** What the Grow screen says. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Recipe } from '#contract/shapes/growth.ts';
import {
  describeCanvas,
  describeRecipe,
  formatRate,
  proposedName,
  speedChoices,
  topSpeed,
} from '../../../src-renderer/state/growth-words.ts';

test('the canvas is said as what it shows', () => {
  const shown = { names: ['Parrot'], step: 1296, isPlaying: false, alive: 1204, width: 40, height: 40 };
  assert.equal(describeCanvas(shown), 'Parrot, step 1,296, paused, 1,204 of 1,600 cells alive');
  assert.match(describeCanvas({ ...shown, names: ['A', 'B'], isPlaying: true }), /^A and B, .*playing/);
});

test('speeds are named by how much faster than usual, and one from the settings is among them', () => {
  const labels = speedChoices(60).map(({ label }) => label);
  assert.deepEqual(labels, ['0.25×', '0.5×', '1×', '2×', '4×', '8×', 'Full speed']);
  const own = speedChoices(45);
  assert.deepEqual(own[2], { value: '45', label: '45 steps/s' });
  assert.equal(speedChoices(topSpeed).length, labels.length);
});

test('a recipe is told in a line', () => {
  const recipe: Recipe = {
    version: 1,
    styles: [{ styleId: 's', name: 'Parrot', ruleHash: '0'.repeat(64) }],
    mix: { kind: 'turns', ratio: [1] },
    seed: 7,
    grid: { width: 40, height: 30 },
    steps: 1200,
    events: [],
    backend: 'wasm',
  };
  assert.equal(describeRecipe(recipe), 'Parrot · seed 7 · 40 × 30 cells · 1,200 steps · nothing painted');
  const painted = { ...recipe, events: [{ kind: 'seed', step: 1, x: 1, y: 2 } as const] };
  assert.match(describeRecipe(painted), /1 mark painted$/);
});

test('a proposed name fits what the library takes', () => {
  assert.equal(proposedName(['Parrot', 'Rose'], 96), 'Parrot + Rose, step 96');
  assert.equal(proposedName(['x'.repeat(300)], 1).length, 200);
});

test('rates have a digit after the point only where it says something', () => {
  assert.deepEqual([0, 4.26, 9.94, 9.96, 2822.4].map(formatRate), ['0', '4.3', '9.9', '10', '2,822']);
});
