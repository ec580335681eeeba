import assert from 'node:assert/strict';
import test from 'node:test';
import type { ModelSpec } from '#domain/model-spec.ts';
import { createRandom } from '#domain/random.ts';
import { seedState } from '#domain/seed-state.ts';
import { smoothlyFilled } from '#engine/repair/surroundings.ts';
import { damagePicture } from '#engine/training/damage.ts';
import { damagedBatch } from '#engine/training/damaged-batch.ts';
import { tinySpec } from '#test/engine/network/tiny-spec.ts';
import { tinyPictures } from './tiny-run.ts';

const damage = { circles: 2, minRadius: 0.1, maxRadius: 0.2, whole: 0.3 };
const B = 12;
const CELLS = 64;
const spec: ModelSpec = { ...tinySpec, damage };
const pictures = tinyPictures(B);

test('a spec without held cells damages its input as ever, and holds nothing', () => {
  const expected = new Float32Array(B * CELLS).map((_, cell) => pictures[cell * 4]);
  const random = createRandom(3);
  for (let b = 0; b < B; b++) damagePicture(expected, spec.grid, 1, b, damage, random);
  const { input, held } = damagedBatch(spec, damage, pictures, createRandom(3));
  assert.deepEqual(input, expected);
  assert.equal(held, null);
});

test('held samples begin with the hole filled, hold the rest, and count the hole as much as a whole picture', () => {
  const { input, held } = damagedBatch(spec, { ...damage, held: 0.6 }, pictures, createRandom(4));
  assert.ok(held !== null);
  const C = spec.automaton.channels;
  const seed = seedState(spec);
  let samples = 0;
  for (let b = 0; b < B; b++) {
    const mask = held.mask.subarray(b * CELLS, (b + 1) * CELLS);
    const weight = held.weight.subarray(b * CELLS, (b + 1) * CELLS);
    const start = held.start.subarray(b * seed.length, (b + 1) * seed.length);
    if (!mask.includes(1)) {
      assert.deepEqual(start.slice(), seed, 'a sample of which nothing is held starts from the seed');
      assert.ok(weight.every((factor) => factor === 1));
      continue;
    }
    samples++;
    const hole = Uint8Array.from(mask, (isHeld) => 1 - isHeld);
    const picture = pictures.slice(b * CELLS * 4, (b + 1) * CELLS * 4);
    const filled = smoothlyFilled(picture, hole, spec.grid.width);
    let sum = 0;
    for (let cell = 0; cell < CELLS; cell++) {
      assert.equal(input[b * CELLS + cell], filled[cell * 4]);
      assert.deepEqual(start.slice(cell * C, cell * C + 4), filled.slice(cell * 4, cell * 4 + 4));
      assert.deepEqual(start.slice(cell * C + 4, (cell + 1) * C), seed.slice(cell * C + 4, (cell + 1) * C));
      if (mask[cell] === 1) assert.equal(weight[cell], 0);
      sum += weight[cell];
    }
    assert.ok(Math.abs(sum - CELLS) < 1e-3, `the hole counts ${sum} of ${CELLS}`);
  }
  assert.ok(samples >= 2 && samples < B, `${samples} of ${B} are held`);
});
