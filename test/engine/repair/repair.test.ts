import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { blendWeights } from '#engine/repair/blend-weights.ts';
import { planPatches } from '#engine/repair/patch-plan.ts';
import { maskParts } from '#engine/repair/regions.ts';
import { meetingEdge, smoothlyFilled } from '#engine/repair/surroundings.ts';
import { trustIn } from '#engine/repair/trust.ts';

const sides = fc.integer({ min: 1, max: 40 });
const masks = fc
  .tuple(sides, sides)
  .chain(([width, height]) =>
    fc
      .uint8Array({ minLength: width * height, maxLength: width * height })
      .map((values) => ({ width, height, mask: values.map((value) => (value > 240 ? value : 0)) })),
  );

test('weights are what the mask says, and nothing beyond the feather', () => {
  fc.assert(
    fc.property(masks, fc.double({ min: 0, max: 6, noNaN: true }), ({ mask, width }, feather) => {
      const weights = blendWeights(mask, width, feather);
      for (let i = 0; i < mask.length; i++) {
        assert.ok(weights[i] >= Math.fround(mask[i] / 255) && weights[i] <= 1);
        if (weights[i] === 0) continue;
        const near = [...mask.keys()].some((j) => {
          const [dx, dy] = [(i % width) - (j % width), Math.floor(i / width) - Math.floor(j / width)];
          return mask[j] > 0 && Math.hypot(dx, dy) <= feather;
        });
        assert.ok(near, 'no pixel further away than the feather is touched');
      }
    }),
  );
});

test('the parts of a mask hold every pixel of it once, apart by their margins', () => {
  fc.assert(
    fc.property(masks, fc.integer({ min: 0, max: 5 }), ({ mask, width }, margin) => {
      const parts = maskParts(mask, width, margin);
      for (let i = 0; i < mask.length; i++) {
        if (mask[i] === 0) continue;
        const [x, y] = [i % width, Math.floor(i / width)];
        const holding = parts.filter(
          (part) => x >= part.x && x < part.x + part.width && y >= part.y && y < part.y + part.height,
        );
        assert.equal(holding.length, 1);
      }
      for (const [i, a] of parts.entries()) {
        for (const b of parts.slice(i + 1)) {
          const gapX = Math.max(a.x - b.x - b.width, b.x - a.x - a.width);
          const gapY = Math.max(a.y - b.y - b.height, b.y - a.y - a.height);
          assert.ok(Math.max(gapX, gapY) >= 2 * margin);
        }
      }
    }),
  );
});

test('patches lie in the photo; the first shows the hole with what is around it, finer ones cover it', () => {
  const grid = { width: 40, height: 40 };
  fc.assert(
    fc.property(
      fc.record({ width: fc.integer({ min: 1, max: 5000 }), height: fc.integer({ min: 1, max: 5000 }) }),
      fc.nat(0xffff),
      (photo, seed) => {
        const [x, y] = [seed % photo.width, (seed * 31) % photo.height];
        const hole = {
          ...{ x, y },
          width: 1 + ((seed * 7) % (photo.width - x)),
          height: 1 + ((seed * 13) % (photo.height - y)),
        };
        for (const level of planPatches(hole, photo, grid)) {
          for (const patch of level) {
            assert.ok(patch.x >= 0 && patch.x + patch.width <= photo.width);
            assert.ok(patch.y >= 0 && patch.y + patch.height <= photo.height);
          }
          for (const [px, py] of [
            [hole.x, hole.y],
            [hole.x + hole.width - 1, hole.y + hole.height - 1],
          ]) {
            assert.ok(
              level.some(
                ({ x, y, width, height }) => px >= x && px < x + width && py >= y && py < y + height,
              ),
            );
          }
        }
      },
    ),
  );
});

/** A plane is what Laplace's equation gives back exactly. */
const plane = (width: number, height: number): Float32Array =>
  Float32Array.from({ length: width * height * 2 }, (_, i) => {
    const cell = i >> 1;
    return i % 2 === 0 ? (cell % width) / width : Math.floor(cell / width) / height;
  });

function boxHole(width: number, height: number): Uint8Array {
  return Uint8Array.from({ length: width * height }, (_, cell) => {
    const [x, y] = [cell % width, Math.floor(cell / width)];
    return x > 3 && x < width - 4 && y > 3 && y < height - 4 ? 1 : 0;
  });
}

test('a hole in a slope is filled with the slope, whatever was in it', () => {
  const [width, height] = [20, 18];
  const values = plane(width, height);
  const hole = boxHole(width, height);
  const broken = values.map((value, i) => (hole[i >> 1] === 1 ? NaN : value));
  const filled = smoothlyFilled(broken, hole, width);
  for (let i = 0; i < values.length; i++) assert.ok(Math.abs(filled[i] - values[i]) < 1e-3);
  assert.deepEqual(
    [...smoothlyFilled(values, new Uint8Array(hole.length).fill(1), width)].filter(Boolean),
    [],
  );
});

test('what has grown meets the edge, and keeps its own detail', () => {
  const [width, height] = [20, 18];
  const known = plane(width, height);
  const hole = boxHole(width, height);
  const bumpy = known.map((value, i) => value - 0.3 + (hole[i >> 1] === 1 ? 0.1 * ((i >> 1) % 2) : 0));
  const met = meetingEdge(bumpy, known, hole, width);
  for (let i = 0; i < known.length; i++) {
    const bump = hole[i >> 1] === 1 ? 0.1 * ((i >> 1) % 2) : 0;
    assert.ok(Math.abs(met[i] - known[i] - bump) < 1e-3);
  }
});

test('a model is believed as far as it is right about what is known', () => {
  const grid = { width: 20, height: 20 };
  const hole = Uint8Array.from({ length: 400 }, (_, cell) => (cell % 20 < 5 && cell < 100 ? 1 : 0));
  const checks = Float32Array.from({ length: 1600 }, (_, i) => ((i >> 2) % 3 === 0 ? 1 : 0.2));
  const flat = new Float32Array(1600).fill(0.5);
  assert.ok(trustIn(checks, checks, hole, grid) > 0.99);
  assert.ok(trustIn(checks, flat, hole, grid) < 0.2);
});
