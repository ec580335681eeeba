import assert from 'node:assert/strict';
import test from 'node:test';
import type { ModelSpec } from '#domain/model-spec.ts';
import { createRandom } from '#domain/random.ts';
import { heldStart } from '#engine/repair/held-growth.ts';
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

test('held samples come last, begin with the hole filled, and count the hole as much as a whole picture', () => {
  const heldDamage = { ...damage, held: { share: 0.6, steps: 5 } };
  const { pictures: ordered, input, held } = damagedBatch(spec, heldDamage, pictures, createRandom(4));
  if (held === null) assert.fail('nothing is held');
  const { count: n, start, mask, weight } = held;
  assert.ok(n >= 2 && n < B, `${n} of ${B} are held`);
  const C = spec.automaton.channels;
  assert.deepEqual([start.length, mask.length], [n * CELLS * C, n * CELLS]);
  const size = CELLS * 4;
  const names = (all: Float32Array): string[] =>
    Array.from({ length: B }, (_, b) => all.slice(b * size, (b + 1) * size).join()).sort();
  assert.deepEqual(names(ordered), names(pictures), 'each picture is there');
  for (let i = 0; i < n; i++) {
    const ofSample = (values: Float32Array, length: number): Float32Array =>
      values.slice(i * length, (i + 1) * length);
    const hole = Uint8Array.from(ofSample(mask, CELLS), (isHeld) => 1 - isHeld);
    const b = B - n + i;
    const filled = smoothlyFilled(ordered.slice(b * size, (b + 1) * size), hole, spec.grid.width);
    assert.deepEqual(
      input.slice(b * CELLS, (b + 1) * CELLS),
      filled.filter((_, at) => at % 4 === 0),
    );
    assert.deepEqual(ofSample(start, CELLS * C), heldStart(filled, C));
    const weights = ofSample(weight, CELLS);
    assert.ok(weights.every((factor, cell) => factor > 0 === (hole[cell] === 1)));
    assert.ok(Math.abs(weights.reduce((sum, factor) => sum + factor, 0) - CELLS) < 1e-3);
  }
});
