import assert from 'node:assert/strict';
import { test } from 'node:test';
import { presets } from '#domain/model-presets.ts';
import { seedState } from '#domain/seed-state.ts';

test('the paper seeds the first four values of the centre cell', () => {
  const state = seedState(presets.digits);
  assert.equal(state.length, 28 * 28 * 8);
  const centre = (14 * 28 + 14) * 8;
  assert.deepEqual([...state.subarray(centre, centre + 8)], [1, 1, 1, 1, 0, 0, 0, 0]);
  assert.equal(
    state.reduce((sum, value) => sum + value, 0),
    4,
  );
});

test('the authors’ colour code seeds alpha and the hidden channels', () => {
  const state = seedState({ ...presets.digits, seed: 'hidden', grid: { height: 3, width: 5 } });
  const centre = (1 * 5 + 2) * 8;
  assert.deepEqual([...state.subarray(centre, centre + 8)], [0, 0, 0, 1, 1, 1, 1, 1]);
  assert.equal(
    state.reduce((sum, value) => sum + value, 0),
    5,
  );
});

test('an offset moves the seed from the centre, on any grid; never off it', () => {
  const spec = { ...presets.single, seedOffset: { x: -3, y: 5 } };
  const placeOn = (height: number, width: number): [number, number] => {
    const at = seedState({ ...spec, grid: { height, width } }).findIndex((value) => value !== 0);
    const cell = Math.floor(at / spec.automaton.channels);
    return [Math.floor(cell / width), cell % width];
  };
  assert.deepEqual(placeOn(40, 40), [25, 17]);
  assert.deepEqual(placeOn(80, 100), [45, 47]);
  assert.deepEqual(placeOn(4, 4), [3, 0]);
});
