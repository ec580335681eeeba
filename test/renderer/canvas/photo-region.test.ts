import assert from 'node:assert/strict';
import test from 'node:test';
import { regionToLookAt } from '../../../src-renderer/canvas/photo-region.ts';

const photo = { width: 8000, height: 6000, previewWidth: 2000, previewHeight: 1500 };
const viewport = { width: 1000, height: 600 };

test('at one pixel of the photo a pixel of the screen, what is seen and a little around it', () => {
  // The preview's point (500, 400) is in the left upper corner: the photo's (2000, 1600).
  const view = { scale: 4, x: -2000, y: -1600 };
  assert.deepEqual(regionToLookAt(photo, view, viewport, 1), { x: 1850, y: 1510, width: 1300, height: 780 });
});

test('it ends where the photo does', () => {
  const corner = regionToLookAt(photo, { scale: 8, x: 100, y: 50 }, viewport, 1);
  assert.deepEqual(corner, { x: 0, y: 0, width: 525, height: 320 });
  const end = regionToLookAt(photo, { scale: 8, x: -15600, y: -11800 }, viewport, 1)!;
  assert.deepEqual([end.x + end.width, end.y + end.height], [8000, 6000]);
});

test('nothing is asked where the preview has enough, where it would be too much, or where nothing is seen', () => {
  assert.equal(regionToLookAt(photo, { scale: 1, x: 0, y: 0 }, viewport, 1), null);
  assert.equal(regionToLookAt(photo, { scale: 1.01, x: 0, y: 0 }, { width: 3000, height: 2000 }, 1), null);
  assert.equal(regionToLookAt(photo, { scale: 4, x: 1300, y: 0 }, viewport, 1), null);
  const small = { width: 800, height: 600, previewWidth: 800, previewHeight: 600 };
  assert.equal(regionToLookAt(small, { scale: 4, x: 0, y: 0 }, viewport, 2), null);
});
