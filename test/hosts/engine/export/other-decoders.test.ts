/** What is exported, opened by other programs' decoders, and compared with what was grown, frame by frame. */
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { exportOptions, type ExportFormat, type ExportOptions } from '#contract/shapes/export.ts';
import { writeVideo } from '#hosts/cli/write-video.ts';
import { exportGrowth } from '#hosts/engine/export/export-growth.ts';
import { shownFrames } from '#hosts/engine/export/shown-frames.ts';
import { openEngine } from '#hosts/engine/open-engine.ts';
import type { RgbaImage } from '#media/pixels.ts';
import { decode, missing } from '#test/decoders.ts';
import { orangeGrowth } from './orange-growth.ts';

const folder = await mkdtemp(join(tmpdir(), 'morphogen-decoders-'));
after(() => rm(folder, { recursive: true, force: true }));
const { implementation } = await openEngine({ backend: 'reference' });
const signal = new AbortController().signal;
const run = { implementation, signal };

/** White and transparent, crisp and smooth; exact. */
const looks: readonly Partial<ExportOptions>[] = [
  { background: '#ffffff' },
  { background: 'transparent' },
  { background: '#203040', isSmooth: true, size: 37 },
];

async function exported(
  format: ExportFormat,
  look: Partial<ExportOptions>,
): Promise<{ name: string; frames: RgbaImage[]; options: ExportOptions; totalMs: number }> {
  const options = exportOptions.parse({ format, size: 32, quality: 100, holdMs: 700, ...look });
  const name = `${Object.values(look).join('-').replace('#', '')}.${format}`;
  await exportGrowth(orangeGrowth(), options, join(folder, name), run);
  const frames: RgbaImage[] = [];
  let totalMs = 0;
  for await (const { image: grown, ms } of shownFrames(orangeGrowth(), options, run)) {
    const image = format === 'gif' ? withWholeAlpha(grown) : grown;
    const last = frames.at(-1);
    if (last === undefined || Buffer.compare(last.pixels, image.pixels) !== 0) frames.push(image);
    totalMs += ms;
  }
  return { name, frames, options, totalMs };
}

/** All frames as ffmpeg shows them, straight RGBA. */
function byFfmpeg(name: string, size: number): Buffer[] {
  const how = ['-f', 'rawvideo', '-pix_fmt', 'rgba', '-fps_mode', 'passthrough', '-'];
  const pixels = decode('ffmpeg', ['-v', 'error', '-i', name, ...how], folder);
  return Array.from({ length: pixels.length / size }, (_, i) => pixels.subarray(i * size, (i + 1) * size));
}

/** All frames of an animated WebP as libwebp shows them, straight RGBA: as many as were exported, each the whole canvas. */
function byLibwebp(name: string, frames: readonly RgbaImage[]): Uint8Array[] {
  const info = decode('webpinfo', [name], folder).toString();
  assert.match(info, /No error detected/);
  assert.equal(info.match(/Chunk ANMF/g)?.length, frames.length);
  const { width, height } = frames[0];
  const canvas = new Uint8Array(width * height * 4);
  const places = info.matchAll(/Offset_X: (\d+)\s+Offset_Y: (\d+)\s+Width: (\d+)\s+Height: (\d+)/g);
  return [...places].map((place, i) => {
    const [x, y, w, h] = place.slice(1).map(Number);
    decode('webpmux', ['-get', 'frame', String(i + 1), name, '-o', 'frame.webp'], folder);
    const pam = decode('dwebp', ['-quiet', '-pam', 'frame.webp', '-o', '-'], folder);
    const part = pam.subarray(pam.indexOf('ENDHDR\n') + 7);
    assert.equal(part.length, w * h * 4);
    for (let row = 0; row < h; row++)
      canvas.set(part.subarray(row * w * 4, (row + 1) * w * 4), ((y + row) * width + x) * 4);
    return canvas.slice();
  });
}

/** Of opaque pictures, over their colours. */
function psnrOf(shown: Uint8Array, { pixels }: RgbaImage): number {
  let error = 0;
  for (let at = 0; at < pixels.length; at++) error += (pixels[at] - shown[at]) ** 2;
  return 10 * Math.log10((255 ** 2 * pixels.length * 0.75) / Math.max(1, error));
}

/** As a GIF has it. */
function withWholeAlpha({ pixels, width, height }: RgbaImage): RgbaImage {
  const whole = Uint8Array.from(pixels);
  for (let at = 0; at < pixels.length; at += 4) {
    if (pixels[at + 3] < 128) whole.fill(0, at, at + 4);
    else whole[at + 3] = 255;
  }
  return { pixels: whole, width, height };
}

/** Colours of what is clear do not count. `most` is by how much a channel may differ. */
function compare(shown: Uint8Array, { pixels }: RgbaImage, most: number, what: string): void {
  for (let at = 0; at < pixels.length; at += 4) {
    assert.equal(shown[at + 3], pixels[at + 3], `alpha of ${what}, pixel ${at / 4}`);
    if (pixels[at + 3] === 0) continue;
    for (let c = at; c < at + 3; c++) {
      assert.ok(
        Math.abs(shown[c] - pixels[c]) <= most,
        `${what}, pixel ${at / 4}: ${shown[c]}, not ${pixels[c]}`,
      );
    }
  }
}

for (const look of looks) {
  const words = Object.values(look).join(' ');
  for (const format of ['gif', 'apng'] as const) {
    test(
      `ffmpeg shows every frame of a ${format}, ${words}`,
      { skip: missing('ffmpeg', 'ffprobe') },
      async () => {
        const { name, frames, totalMs } = await exported(format, look);
        const shown = byFfmpeg(name, frames[0].pixels.length);
        // Soft edges have more colours than a palette.
        const most = format === 'gif' && look.isSmooth === true ? 6 : 0;
        // It plays some kinds as often as they say, others once.
        assert.ok(
          shown.length >= frames.length && shown.length % frames.length === 0,
          `${shown.length} frames`,
        );
        for (const [i, frame] of frames.entries()) compare(shown[i], frame, most, `frame ${i}`);
        if (format === 'apng') return;
        const told = decode(
          'ffprobe',
          ['-v', 'error', '-show_entries', 'format=duration', '-of', 'csv=p=0', name],
          folder,
        );
        assert.ok(
          Math.abs(Number(told.toString()) * 1000 - totalMs) <= 20,
          `${told.toString()} s, not ${totalMs} ms`,
        );
      },
    );
  }

  test(
    `libwebp shows every frame of a WebP, ${words}`,
    { skip: missing('webpinfo', 'webpmux', 'dwebp') },
    async () => {
      const { name, frames } = await exported('webp', look);
      for (const [i, canvas] of byLibwebp(name, frames).entries())
        compare(canvas, frames[i], 0, `frame ${i}`);
    },
  );
}

test(
  'libwebp shows every frame of a WebP that gave up some quality',
  { skip: missing('webpinfo', 'webpmux', 'dwebp') },
  async () => {
    const { name, frames } = await exported('webp', { ...looks[2], size: 96, quality: 80 });
    const scores = byLibwebp(name, frames).map((canvas, i) => psnrOf(canvas, frames[i]));
    for (const [i, psnr] of scores.entries()) assert.ok(psnr > 32, `frame ${i} has ${psnr.toFixed(1)} dB`);
    assert.ok(Math.min(...scores) < 60, 'it is not the lossless kind');
  },
);

test(
  'giflib reads a GIF to its end, and shows its picture',
  { skip: missing('giftext', 'gif2rgb') },
  async () => {
    const { name, frames } = await exported('gif', looks[0]);
    const text = decode('giftext', [name], folder).toString();
    assert.equal(text.match(/^Image #/gm)?.length, frames.length);
    assert.match(text, /GIF file terminated normally/);
    const still = await exported('gif', { ...looks[0], firstStep: 20 });
    decode('gif2rgb', ['-1', '-o', 'still.rgb', still.name], folder);
    const rgb = await readFile(join(folder, 'still.rgb'));
    const { pixels } = still.frames[0];
    assert.equal(rgb.length, (pixels.length / 4) * 3);
    for (let i = 0; i < pixels.length / 4; i++)
      assert.deepEqual([...rgb.subarray(i * 3, i * 3 + 3)], [...pixels.subarray(i * 4, i * 4 + 3)]);
  },
);

for (const [format, codec] of [
  ['webm', 'vp9'],
  ['mp4', 'h264'],
] as const) {
  test(
    `ffprobe and ffmpeg show every frame of a ${format}`,
    { skip: missing('ffmpeg', 'ffprobe') },
    async () => {
      const options = exportOptions.parse({
        format: 'gif',
        size: 96,
        isSmooth: true,
        background: '#ffffff',
        holdMs: 40,
      });
      const path = join(folder, `film.${format}`);
      const frames: RgbaImage[] = [];
      async function* noted(): ReturnType<typeof shownFrames> {
        for await (const shown of shownFrames(orangeGrowth(), options, run)) {
          frames.push(shown.image);
          yield shown;
        }
      }
      await writeVideo(path, format, noted(), { framesPerSecond: 25, signal });
      const streams = ['-show_entries', 'stream=codec_name,width,height', '-of', 'csv=p=0'];
      const told = decode('ffprobe', ['-v', 'error', ...streams, path], folder)
        .toString()
        .trim();
      assert.equal(told, `${codec},96,96`);
      const shown = byFfmpeg(path, 96 * 96 * 4);
      assert.equal(shown.length, frames.length);
      for (const [i, frame] of frames.entries()) {
        const psnr = psnrOf(shown[i], frame);
        assert.ok(psnr > 32, `frame ${i} has ${psnr.toFixed(1)} dB`);
      }
    },
  );
}
