import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { resizeSmoothly, Smoother } from '#media/smooth.ts';
import type { RgbaImage } from '#media/pixels.ts';

const side = fc.integer({ min: 1, max: 9 });
const target = fc.record({ width: fc.integer({ min: 1, max: 24 }), height: fc.integer({ min: 1, max: 24 }) });

function picture(width: number, height: number, bytes: Uint8Array): RgbaImage {
  return {
    pixels: Uint8Array.from({ length: width * height * 4 }, (_, i) => bytes[i % bytes.length]),
    width,
    height,
  };
}

test('one colour stays that colour at every size, with its alpha', () => {
  fc.assert(
    fc.property(
      side,
      side,
      target,
      fc.tuple(fc.nat(255), fc.nat(255), fc.nat(255), fc.integer({ min: 1, max: 255 })),
      (w, h, to, colour) => {
        const { pixels } = resizeSmoothly(picture(w, h, Uint8Array.from(colour)), to);
        assert.equal(pixels.length, to.width * to.height * 4);
        for (let at = 0; at < pixels.length; at++) {
          const most = at % 4 === 3 ? 0 : 1;
          assert.ok(Math.abs(pixels[at] - colour[at % 4]) <= most, `${pixels[at]}, not ${colour[at % 4]}`);
        }
      },
    ),
  );
});

test('what is clear has no say in the colours beside it', () => {
  const pixels = Uint8Array.from([200, 100, 50, 255, 0, 255, 0, 0]);
  const resized = resizeSmoothly({ pixels, width: 2, height: 1 }, { width: 16, height: 1 }).pixels;
  for (let at = 0; at < resized.length; at += 4) {
    if (resized[at + 3] > 8)
      assert.ok(Math.abs(resized[at] - 200) <= 2 && Math.abs(resized[at + 1] - 100) <= 2);
  }
  assert.deepEqual([resized[3], resized[63]], [255, 0]);
});

test('frames one after another are the same as each alone, and nothing changes outside of what is told', () => {
  fc.assert(
    fc.property(
      ...[side, side, target],
      fc.array(fc.uint8Array({ minLength: 5, maxLength: 40 }), { minLength: 2, maxLength: 5 }),
      (w, h, to, all) => {
        const smoother = new Smoother({ width: w, height: h }, to);
        const shown = new Uint8Array(to.width * to.height * 4);
        const packed = new Int32Array(to.width * to.height);
        for (const [i, bytes] of all.entries()) {
          const image = picture(w, h, bytes);
          // One cell differs from the picture before.
          if (i % 2 === 1) image.pixels.set(picture(w, h, all[i - 1]).pixels.subarray(4), 4);
          const area = smoother.show(image);
          for (let y = area?.y ?? 0; area !== null && y < area.y + area.height; y++) {
            const at = y * to.width + area.x;
            smoother.row(y, area.x, area.x + area.width, shown, at * 4);
            smoother.packedRow(y, area.x, area.x + area.width, packed, at);
          }
          const alone = resizeSmoothly(image, to).pixels;
          if (w !== to.width || h !== to.height) assert.deepEqual(shown, alone);
          for (let p = 0; p < packed.length; p++) {
            const [r, g, b, a] = shown.subarray(p * 4, p * 4 + 4);
            assert.equal(packed[p] < 0, a < 128);
            if (a < 128) continue;
            // One of them adds up in single precision.
            const far = [(packed[p] >> 16) - r, ((packed[p] >> 8) & 255) - g, (packed[p] & 255) - b];
            assert.ok(Math.max(...far.map(Math.abs)) <= 1);
          }
        }
      },
    ),
  );
});
