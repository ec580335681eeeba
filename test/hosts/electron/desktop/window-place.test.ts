import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { placeOnScreens, usualSize } from '#hosts/electron/desktop/window-place.ts';

const main = { x: 0, y: 0, width: 1920, height: 1040 };
const left = { x: -2560, y: -200, width: 2560, height: 1440 };

test('first in the middle of the main screen, then where it was', () => {
  const first = placeOnScreens(null, [main]);
  assert.deepEqual(first, { x: 320, y: 120, ...usualSize, isMaximized: false });
  const saved = { x: -2000, y: 100, width: 1000, height: 700, isMaximized: true };
  assert.deepEqual(placeOnScreens(saved, [main, left]), saved);
});

test('its screen is gone: the same size, in the middle of the main one', () => {
  const saved = { x: -2000, y: 100, width: 1000, height: 700, isMaximized: false };
  assert.deepEqual(placeOnScreens(saved, [main]), { ...saved, x: 460, y: 170 });
});

test('partly outside, it is moved in; too large for the screen, it is made to fit', () => {
  const saved = { x: 1500, y: -300, width: 1000, height: 2000, isMaximized: false };
  assert.deepEqual(placeOnScreens(saved, [main]), { ...saved, x: 920, y: 0, height: 1040 });
});

test('wherever it was and whatever the screens are, it lies whole on one of them', () => {
  const screens = fc.array(
    fc.record({
      x: fc.integer({ min: -5000, max: 5000 }),
      y: fc.integer({ min: -5000, max: 5000 }),
      width: fc.integer({ min: 320, max: 5000 }),
      height: fc.integer({ min: 240, max: 3000 }),
    }),
    { minLength: 1, maxLength: 4 },
  );
  const saved = fc.record({
    x: fc.integer({ min: -1_000_000, max: 1_000_000 }),
    y: fc.integer({ min: -1_000_000, max: 1_000_000 }),
    width: fc.integer({ min: 1, max: 10_000 }),
    height: fc.integer({ min: 1, max: 10_000 }),
    isMaximized: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.option(saved), screens, (place, all) => {
      const { x, y, width, height, isMaximized } = placeOnScreens(place, all);
      assert.ok(
        all.some(
          (screen) =>
            x >= screen.x &&
            y >= screen.y &&
            x + width <= screen.x + screen.width &&
            y + height <= screen.y + screen.height,
        ),
      );
      assert.equal(isMaximized, place?.isMaximized ?? false);
    }),
  );
});
