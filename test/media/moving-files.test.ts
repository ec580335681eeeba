/** APNG and WebP by other decoders: sharp's for WebP, ffmpeg's for both where it is installed. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import sharp from 'sharp';
import { encodeApng } from '#media/apng.ts';
import type { MovingOptions } from '#media/moving-frames.ts';
import type { RgbaImage } from '#media/pixels.ts';
import { encodeMovingWebp, type WebpOptions } from '#media/webp.ts';

const size = { width: 9, height: 7 };
const options: MovingOptions = { framesPerSecond: 30, holdMs: 500, loop: 3 };

/** A dot with any alpha that wanders; every third frame is the one before. */
function wandering(count: number, ground = 0): RgbaImage[] {
  return Array.from({ length: count }, (_, i) => {
    const step = i - (i % 3 === 2 ? 1 : 0);
    const pixels = new Uint8Array(size.width * size.height * 4).fill(ground);
    pixels.set([200, step * 9, 40, ground === 255 ? 255 : 90 + step], ((step * 11) % 63) * 4);
    return { pixels, ...size };
  });
}

async function gather(encode: (sink: (bytes: Uint8Array) => void) => Promise<unknown>): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  await encode((bytes) => void pieces.push(bytes.slice()));
  return Buffer.concat(pieces);
}

async function movingWebp(frames: readonly RgbaImage[], given: WebpOptions): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  let head: Uint8Array | null = null;
  await encodeMovingWebp(frames, given, {
    write: (bytes) => void pieces.push(bytes.slice()),
    rewrite(bytes, at) {
      assert.equal(at, 0);
      head = bytes.slice();
    },
  });
  const file = Buffer.concat(pieces);
  file.set(head ?? [], 0);
  return file;
}

test('a WebP shows every frame to the last bit, with its times', async () => {
  const frames = wandering(12);
  const file = await movingWebp(frames, options);
  assert.equal(file.readUInt32LE(4), file.length - 8);
  const { pages, delay, loop } = await sharp(file, { animated: true }).metadata();
  assert.equal(pages, 8, 'equal frames are one');
  assert.equal(loop, 3);
  assert.equal(
    delay?.reduce((sum, ms) => sum + ms),
    Math.round((11 * 1000) / 30 + 500),
  );
  const shown = await sharp(file, { animated: true }).ensureAlpha().raw().toBuffer();
  const distinct = frames.filter((_, i) => i % 3 !== 2);
  const bytes = size.width * size.height * 4;
  for (const [i, { pixels }] of distinct.entries()) {
    const page = shown.subarray(i * bytes, (i + 1) * bytes);
    for (let at = 0; at < bytes; at += 4) {
      assert.equal(page[at + 3], pixels[at + 3], `alpha of frame ${i}`);
      if (pixels[at + 3] > 0)
        assert.deepEqual([...page.subarray(at, at + 3)], [...pixels.subarray(at, at + 3)]);
    }
  }
});

for (const ground of [0, 255]) {
  test(`an APNG on ${ground === 0 ? 'nothing' : 'white'} shows every frame to the last bit`, async (t) => {
    const frames = wandering(12, ground);
    const file = await gather((sink) => encodeApng(() => frames, options, sink));
    const first = await sharp(file, { failOn: 'warning' }).ensureAlpha().raw().toBuffer();
    assert.deepEqual(Uint8Array.from(first), frames[0].pixels, 'those who know no APNG see the first');
    const folder = await mkdtemp(join(tmpdir(), 'morphogen-apng-'));
    t.after(() => rm(folder, { recursive: true }));
    await writeFile(join(folder, 'a.apng'), file);
    const { stdout, error } = spawnSync(
      'ffmpeg',
      ['-v', 'error', '-i', 'a.apng', '-f', 'rawvideo', '-pix_fmt', 'rgba', '-fps_mode', 'passthrough', '-'],
      { cwd: folder },
    );
    if (error !== undefined) {
      t.diagnostic('ffmpeg is not installed: only the first frame was compared');
      return;
    }
    const expected = Buffer.concat(frames.filter((_, i) => i % 3 !== 2).map(({ pixels }) => pixels));
    // ffmpeg plays it as often as it says, or once.
    assert.deepEqual(stdout.subarray(0, expected.length), expected);
  });
}

test('frames of two sizes, and none at all, are refused', async () => {
  const other = { pixels: new Uint8Array(4), width: 1, height: 1 };
  const mixed = [...wandering(2), other];
  const nothing = (): void => undefined;
  await assert.rejects(
    encodeApng(() => mixed, options, nothing),
    { code: 'bad-argument' },
  );
  await assert.rejects(movingWebp([], options), { code: 'bad-argument' });
});
