import assert from 'node:assert/strict';
import test from 'node:test';
import { presets } from '#domain/model-presets.ts';
import { seededOn } from '#engine/training/seed-place.ts';

const spec = { ...presets.single, grid: { height: 20, width: 20 } };

/** A picture that is visible where `shown` says so. */
function picture(shown: (x: number, y: number) => boolean): Float32Array {
  const rgba = new Float32Array(20 * 20 * 4);
  for (let cell = 0; cell < 400; cell++)
    if (shown(cell % 20, Math.floor(cell / 20))) rgba.fill(1, cell * 4, cell * 4 + 4);
  return rgba;
}

test('a picture with something in its middle begins there', () => {
  assert.equal(
    seededOn(
      spec,
      picture(() => true),
    ),
    spec,
  );
  assert.equal(
    seededOn(
      spec,
      picture((x, y) => x === 10 && y === 10),
    ),
    spec,
  );
  assert.equal(
    seededOn(
      spec,
      picture(() => false),
    ),
    spec,
    'nothing is visible anywhere',
  );
});

test('a ring and a crescent begin on themselves, near the middle and not at their edge', () => {
  const ring = seededOn(
    spec,
    picture((x, y) => Math.abs(Math.hypot(x - 10, y - 10) - 6) < 2),
  );
  const { x, y } = ring.seedOffset ?? { x: 0, y: 0 };
  assert.ok(Math.abs(Math.hypot(x, y) - 6) < 2, `${x}, ${y}`);
  const left = seededOn(
    spec,
    picture((column) => column < 7),
  ).seedOffset;
  assert.deepEqual(left, { x: -5, y: 0 });
});

test('a thin line is better than nothing', () => {
  assert.deepEqual(
    seededOn(
      spec,
      picture((x) => x === 3),
    ).seedOffset,
    { x: -7, y: 0 },
  );
});
