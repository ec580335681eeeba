/** The mask as a picture: there and back to the byte; what other programs save is read as it looks. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  fitsPhoto,
  greyPicture,
  maskFromPicture,
  maskTint,
  psnrInside,
  tintOf,
} from '../../../src-renderer/canvas/mask-picture.ts';

const values = new Uint8Array(16 * 16).map((_, index) => index);
const mask = { width: 16, height: 16, values };

test('a mask saved as a grey picture is read back to the byte', () => {
  assert.deepEqual(maskFromPicture(greyPicture(mask)), values);
});

test('white is painted, black and clear are not', () => {
  const rgba = new Uint8ClampedArray([
    255, 255, 255, 255, 0, 0, 0, 255, 255, 255, 255, 0, 255, 255, 255, 128,
  ]);
  assert.deepEqual([...maskFromPicture(rgba)], [255, 0, 0, 128]);
});

test('the tint covers just the box, as much as the mask says', () => {
  const rgba = tintOf(mask, { left: 2, top: 1, right: 5, bottom: 3 }, maskTint);
  assert.equal(rgba.length, 3 * 2 * 4);
  assert.equal(rgba[3], Math.round(18 * maskTint.alpha));
  assert.equal(rgba[(3 + 2) * 4 + 3], Math.round(36 * maskTint.alpha));
  const none = tintOf(
    { ...mask, values: new Uint8Array(256) },
    { left: 0, top: 0, right: 16, bottom: 16 },
    maskTint,
  );
  assert.ok(none.every((value) => value === 0));
});

test('a mask of another size fits if its shape is the photo’s', () => {
  assert.ok(fitsPhoto({ width: 1000, height: 667 }, { width: 6000, height: 4000 }));
  assert.ok(!fitsPhoto({ width: 667, height: 1000 }, { width: 6000, height: 4000 }));
  assert.ok(!fitsPhoto({ width: 1000, height: 1000 }, { width: 1100, height: 1000 }));
});

test('the score counts what is painted alone, and takes clear pixels of any colour for the same', () => {
  const truth = new Uint8ClampedArray([100, 100, 100, 255, 9, 9, 9, 0, 50, 50, 50, 255]);
  const repaired = new Uint8ClampedArray([110, 110, 110, 255, 200, 0, 0, 0, 255, 0, 0, 255]);
  assert.equal(psnrInside(truth, repaired, new Uint8Array(3)), null);
  assert.equal(psnrInside(truth, repaired, new Uint8Array([0, 255, 0])), Infinity);
  // Three of four channels are 10 off: 10 log10(255² / 75).
  const score = psnrInside(truth, repaired, new Uint8Array([255, 0, 0]));
  assert.ok(score !== null && Math.abs(score - 29.38) < 0.01);
});
