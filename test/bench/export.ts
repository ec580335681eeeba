/**
 * `npm run bench:export [-- --long]`: 64 frames of a bundled growth, 320×320, as GIF: ours beside ffmpeg's palettegen and
 * paletteuse and beside gifski, where they are on the PATH, on the same frames in the same run; every file is read back
 * by sharp. `--long` does so for 2,000 soft frames of 512×512, with the peak of memory. Figures are ratios to ours.
 */
import { spawnSync } from 'node:child_process';
import {
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
  closeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { requireArtwork } from '#hosts/cli/open-artwork.ts';
import { grownFrames } from '#hosts/engine/export/grown-frames.ts';
import { openEngine } from '#hosts/engine/open-engine.ts';
import { encodeGif, type GifOptions } from '#media/gif.ts';
import { enlarge, overColour, type RgbaImage } from '#media/pixels.ts';
import { encodePng } from '#media/png.ts';
import { resizeSmoothly } from '#media/smooth.ts';

const isLong = process.argv.includes('--long');
const side = isLong ? 512 : 320;
const count = isLong ? 2000 : 64;
const rounds = isLong ? 1 : 5;
const white = [255, 255, 255] as const;
const folder = mkdtempSync(join(tmpdir(), 'morphogen-bench-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));

const cells = await grow();
const shown = (i: number): RgbaImage => {
  const flat = overColour(cells[i], white);
  return isLong ? resizeSmoothly(flat, { width: side, height: side }) : enlarge(flat, side / flat.width);
};

interface Encoder {
  readonly name: string;
  /** Writes the file; null where it is not there. @returns peak memory in MiB, if it knows */
  encode(path: string): Promise<number | null>;
}

const encoders: Encoder[] = [
  ...[75, 90, 100].map((quality) => ({ name: `ours, quality ${quality}`, encode: ours(quality) })),
  ...ffmpegs(),
  ...gifskis(),
];
const results: { name: string; ms: number; bytes: number; psnr: number | null; peak: number | null }[] = [];
for (const { name, encode } of encoders) {
  const path = join(folder, 'out.gif');
  const times: number[] = [];
  let peak: number | null = null;
  for (let round = 0; round < rounds; round++) {
    const startMs = performance.now();
    peak = await encode(path);
    times.push(performance.now() - startMs);
  }
  const ms = times.sort((a, b) => a - b)[times.length >> 1];
  results.push({ name, ms, bytes: statSync(path).size, psnr: await psnrOf(path), peak });
}
const [first] = results;
for (const { name, ms, bytes, psnr, peak } of results) {
  const columns = [
    name.padEnd(24),
    `${Math.round(ms)} ms`.padStart(10),
    `×${(ms / first.ms).toFixed(2)}`.padStart(8),
    `${Math.round(bytes / 1000)} kB`.padStart(10),
    `×${(bytes / first.bytes).toFixed(2)}`.padStart(8),
    psnr === null ? 'other frames' : `${psnr.toFixed(2)} dB`,
    peak === null ? '' : `peak ${Math.round(peak)} MiB`,
  ];
  process.stdout.write(`${columns.join('  ')}\n`);
}

async function grow(): Promise<RgbaImage[]> {
  const engine = await openEngine({ backend: 'auto' });
  const growth = await requireArtwork(
    fileURLToPath(new URL('../../models/parrot.safetensors', import.meta.url)),
  );
  const moments = Array.from({ length: count }, (_, i) => i + 1);
  const run = { implementation: engine.implementation, signal: new AbortController().signal };
  const recipe = { ...growth.recipe, steps: count };
  const frames: RgbaImage[] = [];
  for await (const frame of grownFrames({ ...growth, recipe }, moments, run)) frames.push(frame);
  engine.dispose();
  return frames;
}

function ours(quality: number): Encoder['encode'] {
  return async (path) => {
    const size: GifOptions = isLong
      ? { smoothTo: { width: side, height: side } }
      : { scale: side / cells[0].width };
    const file = openSync(path, 'w');
    let peak = 0;
    const timer = setInterval(() => (peak = Math.max(peak, process.memoryUsage.rss())), 50);
    await encodeGif(
      () => cells,
      { ...size, background: white, framesPerSecond: 25, holdMs: 40, quality },
      (bytes) => void writeSync(file, bytes),
    );
    clearInterval(timer);
    closeSync(file);
    return peak === 0 ? null : peak / 2 ** 20;
  };
}

function isThere(program: string, flag: string): boolean {
  return spawnSync(program, [flag], { stdio: 'ignore' }).status === 0;
}

/** Frames are given as it takes them fastest, raw, and not counted into its time. */
function ffmpegs(): Encoder[] {
  if (!isThere('ffmpeg', '-version')) return [];
  const raw = join(folder, 'frames.raw');
  const file = openSync(raw, 'w');
  for (let i = 0; i < count; i++) writeSync(file, shown(i).pixels);
  closeSync(file);
  const input = ['-f', 'rawvideo', '-pix_fmt', 'rgba', '-s', `${side}x${side}`, '-r', '25', '-i', raw];
  return ['none', 'bayer:bayer_scale=5'].slice(0, isLong ? 1 : 2).map((dither) => ({
    name: `ffmpeg, ${dither.split(':')[0]}`,
    encode: (path) => {
      const graph = `split[a][b];[a]palettegen[p];[b][p]paletteuse=dither=${dither}:diff_mode=rectangle`;
      run('ffmpeg', ['-v', 'error', '-y', ...input, '-vf', graph, path]);
      return Promise.resolve(null);
    },
  }));
}

function gifskis(): Encoder[] {
  if (isLong || !isThere('gifski', '--version')) return [];
  const paths = cells.map((_, i) => join(folder, `${String(i).padStart(4, '0')}.png`));
  const written = Promise.all(paths.map(async (path, i) => writeFileSync(path, await encodePng(shown(i)))));
  const how = ['--quiet', '--no-sort', '-r', '25', '--width', String(side), '--height', String(side)];
  return [40, 60, 90, 100].map((quality) => ({
    name: `gifski, quality ${quality}`,
    encode: async (path) => {
      await written;
      run('gifski', [...how, '-Q', String(quality), '-o', path, ...paths]);
      return null;
    },
  }));
}

function run(program: string, args: readonly string[]): void {
  const { status, stderr } = spawnSync(program, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  if (status !== 0) throw new Error(`${program}: ${stderr.toString()}`);
}

/** Of the mean squared error over all frames; null where it shows others. Of many frames every fiftieth is looked at. */
async function psnrOf(path: string): Promise<number | null> {
  const file = readFileSync(path);
  const { pages = 1, delay = [] } = await sharp(file, { limitInputPixels: false }).metadata();
  let error = 0;
  let looked = 0;
  let at = 0;
  for (let page = 0; page < pages; page++) {
    // A frame stays for as many as are equal to it.
    const frame = Math.round(at / 40);
    at += delay[page];
    if (frame >= count) return null;
    if (isLong && page % 50 !== 0) continue;
    const pixels = await sharp(file, { page, limitInputPixels: false }).removeAlpha().raw().toBuffer();
    const expected = shown(frame).pixels;
    for (let i = 0, j = 0; i < pixels.length; j += 4) {
      for (let c = 0; c < 3; c++) error += (pixels[i++] - expected[j + c]) ** 2;
    }
    looked++;
  }
  return 10 * Math.log10((255 ** 2 * looked * side * side * 3) / Math.max(error, 1e-3));
}
