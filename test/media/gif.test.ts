import assert from 'node:assert/strict';
import fs from 'node:fs/promises';
import { join } from 'node:path';
import test from 'node:test';
import fc from 'fast-check';
import sharp from 'sharp';
import { AppError } from '#domain/errors.ts';
import { encodeGif, writeGif, type GifOptions } from '#media/gif.ts';
import { enlarge, overColour, type RgbaImage } from '#media/pixels.ts';
import { temporaryFolder } from '#test/media/sample-images.ts';

async function encode(frames: readonly RgbaImage[], options: GifOptions) {
  const pieces: Uint8Array[] = [];
  let passes = 0;
  const source = () => {
    passes++;
    return frames;
  };
  const summary = await encodeGif(source, options, (bytes) => void pieces.push(bytes.slice()));
  assert.equal(passes, 2);
  const bytes = Buffer.concat(pieces);
  assert.equal(summary.bytes, bytes.length);
  const { delay, loop, pages = 1 } = await sharp(bytes, { animated: true }).metadata();
  const { data, info } = await sharp(bytes, { animated: true })
    .ensureAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  const height = info.height / pages;
  const size = info.width * height * 4;
  const shown = Array.from(
    { length: pages },
    (_, i) => new Uint8Array(data.subarray(i * size, (i + 1) * size)),
  );
  return { summary, bytes, delay, loop, shown, width: info.width, height };
}

/** A dot that wanders over a backdrop; colours few enough to be exact. */
function wandering(count: number, width: number, height: number, clear = false): RgbaImage[] {
  return Array.from({ length: count }, (_, step) => {
    const pixels = new Uint8Array(width * height * 4);
    if (!clear) for (let i = 0; i < width * height; i++) pixels.set([20, 40, 60 + (i % 3), 255], i * 4);
    pixels.set([250, 10 * (step % 7), 5, 255], ((step * 7) % (width * height)) * 4);
    return { pixels, width, height };
  });
}

test('an opaque animation keeps every pixel, enlarged to squares, with its delays and its hold', async () => {
  const frames = wandering(12, 7, 5);
  const options = { scale: 3, background: [0, 0, 0] as const, framesPerSecond: 30, holdMs: 1500, loop: 0 };
  const gif = await encode(frames, options);
  assert.equal(gif.shown.length, 12);
  assert.deepEqual([gif.width, gif.height], [21, 15]);
  for (const [i, pixels] of gif.shown.entries()) assert.deepEqual(pixels, enlarge(frames[i], 3).pixels);
  assert.equal(gif.loop, 0);
  // Thirty a second does not go into hundredths: the times are rounded, so that their sum is right.
  assert.deepEqual(gif.delay!.slice(0, 6), [30, 40, 30, 30, 40, 30]);
  assert.ok(Math.abs(gif.delay!.slice(0, 11).reduce((sum, ms) => sum + ms) - (11 * 1000) / 30) <= 5);
  assert.ok(Math.abs(gif.delay![11] - 1500) <= 10);
});

test('a transparent animation clears what was there before', async () => {
  const frames = wandering(9, 6, 6, true);
  const gif = await encode(frames, { scale: 2, loop: 4 });
  assert.equal(gif.loop, 4);
  for (const [i, pixels] of gif.shown.entries()) {
    const expected = enlarge(frames[i], 2).pixels;
    for (let at = 0; at < expected.length; at += 4) {
      assert.equal(pixels[at + 3], expected[at + 3]);
      if (expected[at + 3] === 255)
        assert.deepEqual(pixels.subarray(at, at + 3), expected.subarray(at, at + 3));
    }
  }
});

test('a background is laid under partial alpha', async () => {
  const pixels = new Uint8Array([255, 0, 0, 255, 255, 0, 0, 128, 255, 0, 0, 0, 0, 0, 255, 64]);
  const frame = { pixels, width: 2, height: 2 };
  const gif = await encode([frame], { background: [255, 255, 255] });
  assert.deepEqual(gif.shown[0], overColour(frame, [255, 255, 255]).pixels);
});

test('equal frames become one with a longer delay', async () => {
  const [first, second] = wandering(2, 5, 5);
  for (const background of [[0, 0, 0] as const, null]) {
    const frames = [first, first, first, second, second];
    const gif = await encode(frames, { background, framesPerSecond: 10, holdMs: 1000 });
    assert.deepEqual([gif.summary.frames, gif.summary.written], [5, 2]);
    assert.deepEqual(gif.delay, [300, 1100]);
  }
});

test('only what changes is written', async () => {
  const still = await encode(wandering(40, 64, 64), { background: [0, 0, 0] });
  assert.ok(still.bytes.length < 40 * 300, `${still.bytes.length} bytes`);

  // Opposite corners change, so the rectangle is the whole picture, and most of what is in it stays.
  const noise = Array.from({ length: 8 }, (_, step) => {
    const pixels = new Uint8Array(64 * 64 * 4);
    for (let i = 0; i < 64 * 64; i++) {
      const value = (Math.imul(i + 1, 2654435761) >>> 8) & 63;
      pixels.set([value * 4, value * 2, i === 0 || i === 64 * 64 - 1 ? step * 30 : 0, 255], i * 4);
    }
    return { pixels, width: 64, height: 64 };
  });
  const [one, all] = [
    await encode(noise.slice(0, 1), { background: [0, 0, 0] }),
    await encode(noise, { background: [0, 0, 0] }),
  ];
  assert.ok(
    all.bytes.length < one.bytes.length + 7 * 200,
    `${all.bytes.length} and ${one.bytes.length} bytes`,
  );
  for (const [i, pixels] of all.shown.entries()) assert.deepEqual(pixels, noise[i].pixels);
});

test('one palette serves all frames: late colours come out as well as early ones', async () => {
  const noise = (seed: number) => (Math.imul(seed, 2654435761) >>> 8) & 255;
  const frames = Array.from({ length: 6 }, (_, step) => {
    const pixels = new Uint8Array(32 * 32 * 4);
    for (let i = 0; i < 1024; i++)
      pixels.set([(i % 32) * 8, Math.floor(i / 32) * 8, step * 40 + (noise(i) >> 5), 255], i * 4);
    return { pixels, width: 32, height: 32 };
  });
  const gif = await encode(frames, { background: [0, 0, 0] });
  assert.equal(gif.summary.colours, 255);
  const errors = gif.shown.map((pixels, i) => {
    let sum = 0;
    for (let at = 0; at < pixels.length; at++) sum += (pixels[at] - frames[i].pixels[at]) ** 2;
    return sum / (32 * 32 * 3);
  });
  for (const error of errors) assert.ok(10 * Math.log10(255 ** 2 / error) > 24, errors.join(' '));
});

test('the background stays what it is among many colours', async () => {
  const pixels = new Uint8Array(64 * 64 * 4);
  for (let i = 0; i < 64 * 32; i++) {
    const isNearlyWhite = i % 3 === 0;
    pixels.set(isNearlyWhite ? [251, 253, 252, 255] : [(i * 7) % 256, i >> 3, (i * 3) % 256, 255], i * 4);
  }
  for (const background of [
    [255, 255, 255],
    [250, 3, 128],
  ] as const) {
    const gif = await encode([{ pixels, width: 64, height: 64 }], { background });
    assert.equal(gif.summary.colours, 255);
    assert.deepEqual([...gif.shown[0].subarray(-4)], [...background, 255]);
  }
});

test('any frames of few colours come back exactly', async () => {
  const size = fc.integer({ min: 1, max: 9 });
  await fc.assert(
    fc.asyncProperty(
      size,
      size,
      fc.integer({ min: 1, max: 6 }),
      fc.infiniteStream(fc.nat(5)),
      async (w, h, count, numbers) => {
        const frames = Array.from({ length: count }, () => {
          const pixels = new Uint8Array(w * h * 4);
          for (let i = 0; i < w * h; i++) {
            const value = Number(numbers.next().value);
            pixels.set([value * 50, 255 - value * 30, value === 3 ? 255 : 0, 255], i * 4);
          }
          return { pixels, width: w, height: h };
        });
        const { shown } = await encode(frames, { background: [0, 0, 0] });
        const distinct = frames.filter(
          (frame, i) => i === 0 || Buffer.compare(frame.pixels, frames[i - 1].pixels) !== 0,
        );
        assert.deepEqual(
          shown,
          distinct.map(({ pixels }) => pixels),
        );
      },
    ),
    { numRuns: 40 },
  );
});

test('frames may come from a generator, and a file appears whole or not at all', async (t) => {
  const folder = await temporaryFolder(t);
  const path = join(folder, 'made', 'x.gif');
  async function* broken(): AsyncGenerator<RgbaImage> {
    yield* wandering(3, 5, 5);
    await Promise.resolve();
    yield { pixels: new Uint8Array(4), width: 1, height: 1 };
  }
  await fs.mkdir(join(folder, 'made'));
  await fs.writeFile(path, 'older');
  await assert.rejects(writeGif(path, broken), /one size: expected 5×5, found 1×1/);
  assert.equal(await fs.readFile(path, 'utf8'), 'older');
  await writeGif(path, function* () {
    yield* wandering(3, 5, 5);
  });
  assert.deepEqual(await fs.readdir(join(folder, 'made')), ['x.gif']);
  assert.equal((await sharp(path).metadata()).format, 'gif');
});

test('options out of range and no frames are refused', async () => {
  const refuse = (frames: RgbaImage[], options: GifOptions) =>
    assert.rejects(
      encodeGif(
        () => frames,
        options,
        () => undefined,
      ),
      AppError,
    );
  const frames = wandering(1, 2, 2);
  await refuse([], {});
  for (const options of [
    { scale: 0 },
    { scale: 1.5 },
    { framesPerSecond: 0 },
    { framesPerSecond: 60 },
    { loop: -1 },
    { holdMs: -1 },
  ])
    await refuse(frames, options);
});
