/** GIFs that are large, soft, coarse, or coded by threads; each by sharp's decoder, compared with what was to be shown. */
import assert from 'node:assert/strict';
import test from 'node:test';
import sharp from 'sharp';
import { encodeGif, type GifOptions } from '#media/gif.ts';
import { enlarge, overColour, type RgbaImage } from '#media/pixels.ts';
import { resizeSmoothly } from '#media/smooth.ts';

const white = [255, 255, 255] as const;

async function encode(frames: readonly RgbaImage[], options: GifOptions): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  await encodeGif(
    () => frames,
    { background: white, holdMs: 500, ...options },
    (bytes) => void pieces.push(bytes.slice()),
  );
  return Buffer.concat(pieces);
}

async function page(file: Buffer, index: number): Promise<Buffer> {
  return sharp(file, { page: index, limitInputPixels: false }).ensureAlpha().raw().toBuffer();
}

/** A disc of many colours that grows, wobbles and lets go of its edge. */
function blobs(count: number, side: number): RgbaImage[] {
  return Array.from({ length: count }, (_, step) => {
    const pixels = new Uint8Array(side * side * 4);
    const radius = side * (0.2 + 0.2 * Math.abs(Math.sin(step / 9)));
    for (let y = 0, at = 0; y < side; y++) {
      for (let x = 0; x < side; x++, at += 4) {
        if (Math.hypot(x - side / 2, y - side / 2) > radius) continue;
        pixels.set([(x * 255) / side, (y * 255) / side, (step * 5 + x * y) & 255, 255], at);
      }
    }
    return { pixels, width: side, height: side };
  });
}

function psnr(shown: Uint8Array, expected: Uint8Array): number {
  let error = 0;
  for (let at = 0; at < expected.length; at++) error += (shown[at] - expected[at]) ** 2;
  return 10 * Math.log10((255 ** 2 * expected.length * 0.75) / Math.max(error, 1e-3));
}

test('a picture of noise, which fills the table of codes again and again, comes back exactly', async () => {
  const pixels = new Uint8Array(300 * 200 * 4);
  for (let i = 0; i < 300 * 200; i++) {
    const value = (Math.imul(i + 1, 2654435761) >>> 11) % 255;
    pixels.set([value, 255 - value, value ^ 90, 255], i * 4);
  }
  for (const scale of [1, 3]) {
    const frame = { pixels, width: 300, height: 200 };
    assert.deepEqual(
      new Uint8Array(await page(await encode([frame], { scale }), 0)),
      enlarge(frame, scale).pixels,
    );
  }
});

test('less quality is less bytes, and the frame that is held is exact all the same', async () => {
  const frames = blobs(24, 24).map((frame) => ({ ...frame, pixels: overColour(frame, white).pixels }));
  const sizes: number[] = [];
  for (const quality of [100, 85, 60]) {
    const file = await encode(frames, { quality, scale: 4 });
    sizes.push(file.length);
    const { pages = 0 } = await sharp(file).metadata();
    const last = await page(file, pages - 1);
    assert.ok(psnr(last, enlarge(frames[23], 4).pixels) > (quality === 60 ? 30 : 38));
  }
  assert.ok(sizes[0] > sizes[1] && sizes[1] > sizes[2], sizes.join(' '));
});

test('soft edges: every frame is near its picture, and its background is exact', async () => {
  const frames = blobs(10, 16);
  const to = { width: 100, height: 100 };
  const file = await encode(frames, { smoothTo: to, quality: 95 });
  for (const [i, frame] of frames.entries()) {
    const shown = await page(file, i);
    const near = psnr(shown, resizeSmoothly(overColour(frame, white), to).pixels);
    assert.ok(near > 28, `frame ${i} has ${near.toFixed(1)} dB`);
    assert.deepEqual([...shown.subarray(0, 4)], [...white, 255]);
  }
});

for (const background of [white, null]) {
  const words = background === null ? 'transparent' : 'opaque';
  test(`a large animation, ${words}, is the same file on one thread and on three, and right where runs meet`, async () => {
    const frames = blobs(70, 30);
    // 70 × 600² pixels.
    const options = { scale: 20, background, quality: 90 };
    const one = await encode(frames, { ...options, threads: 1 });
    assert.ok(one.equals(await encode(frames, { ...options, threads: 3 })));
    const { pages = 0, delay = [] } = await sharp(one, { limitInputPixels: false }).metadata();
    assert.equal(pages, 70);
    assert.equal(
      delay.reduce((sum, ms) => sum + ms),
      69 * 40 + 500,
    );
    for (const index of [0, 30, 31, 32, 33, 63, 64, 69]) {
      const shown = await page(one, index);
      const flat = background === null ? frames[index] : overColour(frames[index], background);
      const { pixels } = enlarge(flat, 20);
      for (let at = 3; at < pixels.length; at += 4) assert.equal(shown[at], pixels[at]);
      if (background !== null) assert.ok(psnr(shown, pixels) > 36, `frame ${index}`);
    }
  });
}

test('a large animation that is cancelled ends at once, and its threads with it', async () => {
  const frames = blobs(70, 30);
  const end = new AbortController();
  let pieces = 0;
  const encoding = encodeGif(
    () => frames,
    { scale: 20, background: white, threads: 2, signal: end.signal },
    () => {
      // The header, and the first frame.
      if (++pieces === 2) end.abort();
    },
  );
  await assert.rejects(encoding, { code: 'cancelled' });
  assert.ok(pieces < 40, `${pieces} pieces were written`);
});
