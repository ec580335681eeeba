import assert from 'node:assert/strict';
import { test } from 'node:test';
import { countLivingCells } from '#domain/living-cells.ts';
import { presets } from '#domain/model-presets.ts';
import { createRandom } from '#domain/random.ts';

const automaton = { ...presets.digits.automaton, channels: 5 };

test('a cell lives where one of its neighbours or itself is above the threshold, also at the edges', () => {
  const random = createRandom(3);
  for (const grid of [
    { height: 1, width: 1 },
    { height: 1, width: 6 },
    { height: 7, width: 1 },
    { height: 9, width: 8 },
  ]) {
    const { height: H, width: W } = grid;
    for (let round = 0; round < 20; round++) {
      const state = Float32Array.from({ length: H * W * 5 }, () => (random.next() < 0.9 ? 0 : random.next()));
      let expected = 0;
      for (let y = 0; y < H; y++) {
        for (let x = 0; x < W; x++) {
          let maximum = -Infinity;
          for (let j = Math.max(0, y - 1); j <= Math.min(H - 1, y + 1); j++) {
            for (let i = Math.max(0, x - 1); i <= Math.min(W - 1, x + 1); i++) {
              maximum = Math.max(maximum, state[(j * W + i) * 5 + automaton.aliveChannel]);
            }
          }
          if (maximum > automaton.aliveThreshold) expected++;
        }
      }
      assert.equal(countLivingCells(state, grid, automaton), expected);
    }
  }
});
