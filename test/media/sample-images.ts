/** Small pictures made on the fly, and a folder that goes away with its test. */
import fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { TestContext } from 'node:test';
import sharp, { type Sharp } from 'sharp';

/** A folder of its own for one test. */
export async function temporaryFolder(t: TestContext): Promise<string> {
  const folder = await fs.mkdtemp(join(tmpdir(), 'morphogen-media-'));
  t.after(() => fs.rm(folder, { recursive: true, force: true }));
  return folder;
}

/** Writes files, making folders as needed. */
export async function writeFiles(folder: string, files: Record<string, Uint8Array | string>): Promise<void> {
  for (const [name, bytes] of Object.entries(files)) {
    await fs.mkdir(dirname(join(folder, name)), { recursive: true });
    await fs.writeFile(join(folder, name), bytes);
  }
}

/** A picture that varies in every direction; `seed` makes another one. */
export function pattern(width: number, height: number, channels: 3 | 4 = 3, seed = 0): Buffer {
  const pixels = Buffer.alloc(width * height * channels);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = (y * width + x) * channels;
      pixels[at] = Math.round((255 * x) / width);
      pixels[at + 1] = Math.round((255 * y) / height);
      pixels[at + 2] = (seed * 41) % 256;
      if (channels === 4) pixels[at + 3] = 255;
    }
  }
  return pixels;
}

export function patternImage(width: number, height: number, channels: 3 | 4 = 3, seed = 0): Sharp {
  return sharp(pattern(width, height, channels, seed), { raw: { width, height, channels } });
}

/** One colour, RGB or RGBA (alpha 0…1). */
export function flatImage(
  width: number,
  height: number,
  colour: { r: number; g: number; b: number; alpha?: number },
) {
  const channels = colour.alpha === undefined ? 3 : 4;
  return sharp({ create: { width, height, channels, background: colour } });
}

/** [r, g, b, a] at x, y. */
export function pixelAt(image: { pixels: Uint8Array; width: number }, x: number, y: number): number[] {
  const at = (y * image.width + x) * 4;
  return [...image.pixels.subarray(at, at + 4)];
}

/** An IDX file of images. */
export function idxBytes(count: number, height: number, width: number, values: Uint8Array): Buffer {
  const head = Buffer.alloc(16);
  head[2] = 8;
  head[3] = 3;
  for (const [i, size] of [count, height, width].entries()) head.writeUInt32BE(size, 4 + i * 4);
  return Buffer.concat([head, values]);
}
