/**
 * A folder of pictures, one picture, or an IDX file → premultiplied RGBA bytes at a model's grid, all in memory.
 * A file that cannot be used is listed with its reason and never stops the rest; the order is that of the sorted paths
 * whatever the disk or the decoder's threads do; a picture that is there twice is used once (by its pixels at the grid).
 */
import { hash } from 'node:crypto';
import fs from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join, relative, sep } from 'node:path';
import type { Grid } from '#domain/automaton.ts';
import { AppError } from '#domain/errors.ts';
import type { ImageKind } from '#domain/model-spec.ts';
import { pictureBatch } from '#domain/picture-bytes.ts';
import { cachePath, readCache, writeCache, type CachedDataset } from './dataset-cache.ts';
import { decodeImage, fitToGrid, premultiplied, type Skip } from './decode.ts';
import { findIdxFile, readIdxFile, type IdxPart } from './idx.ts';
import { ioReason, readImageFile } from './image-file.ts';
import { scanFolder } from './scan.ts';

export interface DatasetOptions {
  /** How a picture becomes RGBA; from the model's spec, with its grid. */
  readonly image: ImageKind;
  readonly grid: Grid;
  /** At most so many images: the first of an IDX file; of a folder a sample over all of it, always the same one. */
  readonly limit?: number;
  /** Which half of a folder with both of MNIST's; the default is `train`. */
  readonly part?: IdxPart;
  /** Enlarge pictures smaller than the grid instead of refusing them. */
  readonly enlarge?: boolean;
  /** Use equal pictures as often as they are there (scores), not once (training). */
  readonly keepDuplicates?: boolean;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: DatasetProgress) => void;
  /** Where decoded pictures are kept; without it they are decoded each time. */
  readonly cacheFolder?: string;
}

export interface DatasetProgress {
  readonly phase: 'scanning' | 'decoding';
  readonly done: number;
  /** null while it is not known. */
  readonly total: number | null;
  readonly skipped: number;
}

export interface Dataset {
  /** N */
  readonly count: number;
  readonly image: ImageKind;
  readonly grid: Grid;
  /** [N, H, W, 4], premultiplied. */
  readonly images: Uint8Array;
  /** Path below the source, with `/`; `#12` for the thirteenth image of an IDX file. */
  readonly names: readonly string[];
  readonly skipped: readonly Skip[];
  readonly warnings: readonly DatasetWarning[];
  /** Pictures left out because an equal one came before. */
  readonly duplicates: number;
  readonly source: 'folder' | 'file' | 'idx';
  readonly fromCache: boolean;
  /** Values in 0…1 of these images, [n, H, W, 4]; into `out` when given. */
  batch(indices: ArrayLike<number>, out?: Float32Array): Float32Array;
}

export interface DatasetWarning {
  readonly path: string;
  readonly message: string;
}

const cacheVersion = 'decoded-1';
const chunk = 256;

/**
 * Reads all that can be used of `source`: a folder (recursive), a picture, an IDX file or a folder with one.
 * @throws AppError `not-found`, `no-images` (with the first reason), `cancelled`, `bad-file` (IDX), `out-of-memory`.
 */
export async function loadDataset(source: string, options: DatasetOptions): Promise<Dataset> {
  if (options.limit !== undefined && !(Number.isInteger(options.limit) && options.limit > 0))
    throw new AppError('bad-argument', `The limit is a whole number above 0, not ${options.limit}.`);
  const stats = await fs.stat(source).catch((error: unknown) => {
    throw new AppError('not-found', `${source} cannot be read: ${ioReason(error)}.`, { cause: error });
  });
  const idx = await findIdxFile(source, options.part);
  if (idx !== null) return loadIdx(idx, options);
  return stats.isDirectory() ? loadFolder(source, options) : loadFiles(source, [''], [], 'file', options);
}

async function loadFolder(root: string, options: DatasetOptions): Promise<Dataset> {
  const paths: string[] = [];
  const skipped: Skip[] = [];
  for await (const entry of scanFolder(root, options.signal ? { signal: options.signal } : {})) {
    const path = relative(root, entry.path).split(sep).join('/');
    if (entry.kind === 'file') paths.push(path);
    else skipped.push({ path, reason: entry.reason });
    if ((paths.length + skipped.length) % 1000 === 0)
      report(options, 'scanning', paths.length, null, skipped.length);
  }
  return loadFiles(root, paths.sort(), skipped, 'folder', options);
}

/** @param paths Below `root`, sorted; `''` is the root itself, a file. */
async function loadFiles(
  root: string,
  paths: readonly string[],
  scanSkips: readonly Skip[],
  source: Dataset['source'],
  options: DatasetOptions,
): Promise<Dataset> {
  const { cacheFolder } = options;
  const cacheFile =
    cacheFolder === undefined ? null : cachePath(cacheFolder, await identity(root, paths, options));
  if (cacheFile !== null) {
    const cached = await readCache(cacheFile, bytesAnImage(options.grid));
    if (cached)
      return toDataset({ ...cached, skipped: [...scanSkips, ...cached.skipped] }, source, options, true);
  }
  const decoded = await decodeAll(root, paths, options);
  if (decoded.names.length === 0) throw noImages(root, [...scanSkips, ...decoded.skipped]);
  if (cacheFolder !== undefined && cacheFile !== null) await writeCache(cacheFolder, cacheFile, decoded);
  return toDataset({ ...decoded, skipped: [...scanSkips, ...decoded.skipped] }, source, options, false);
}

type Outcome =
  { readonly pixels: Uint8Array; readonly warnings: readonly string[] } | { readonly reason: string };

/** Decodes in chunks, several files at once, and takes the results in the order of the paths. */
async function decodeAll(
  root: string,
  paths: readonly string[],
  options: DatasetOptions,
): Promise<CachedDataset> {
  const { grid, limit = Infinity } = options;
  const order = limit < paths.length ? sampleOrder(paths) : paths;
  const size = bytesAnImage(grid);
  const pixels = allocate(Math.min(limit, order.length), size);
  const taken: { name: string; slot: number }[] = [];
  const skipped: Skip[] = [];
  const warnings: DatasetWarning[] = [];
  const seen = new Set<string>();
  let duplicates = 0;
  let position = 0;
  while (position < order.length && taken.length < limit) {
    const part = order.slice(position, position + Math.min(chunk, limit - taken.length));
    position += part.length;
    const outcomes = await decodeChunk(root, part, options);
    for (const [i, outcome] of outcomes.entries()) {
      const name = part[i];
      if ('reason' in outcome) {
        skipped.push({ path: name, reason: outcome.reason });
        continue;
      }
      for (const message of outcome.warnings) warnings.push({ path: name, message });
      if (!options.keepDuplicates && !isNew(seen, outcome.pixels)) {
        duplicates++;
        continue;
      }
      pixels.set(outcome.pixels, taken.length * size);
      taken.push({ name, slot: taken.length });
    }
    report(options, 'decoding', position, order.length, skipped.length);
  }
  const used = pixels.subarray(0, taken.length * size);
  if (order === paths)
    return { names: taken.map(({ name }) => name), skipped, warnings, duplicates, pixels: used };
  taken.sort((a, b) => (a.name < b.name ? -1 : 1));
  const sorted = new Uint8Array(used.length);
  for (const [i, { slot }] of taken.entries())
    sorted.set(used.subarray(slot * size, (slot + 1) * size), i * size);
  return { names: taken.map(({ name }) => name), skipped, warnings, duplicates, pixels: sorted };
}

async function decodeChunk(
  root: string,
  paths: readonly string[],
  options: DatasetOptions,
): Promise<Outcome[]> {
  const outcomes = new Array<Outcome>(paths.length);
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let i = next++; i < paths.length; i = next++) {
      refuseCancelled(options.signal);
      outcomes[i] = await decodeOne(root, paths[i], options);
    }
  };
  await Promise.all(Array.from({ length: Math.min(8, availableParallelism() + 2) }, worker));
  return outcomes;
}

async function decodeOne(root: string, path: string, options: DatasetOptions): Promise<Outcome> {
  try {
    const bytes = await readImageFile(join(root, path), { followLink: path === '' });
    const image = await decodeImage(bytes, { grid: options.grid, enlarge: options.enlarge ?? false });
    return { pixels: premultiplied(image, options.image), warnings: image.warnings };
  } catch (error) {
    if (error instanceof AppError) return { reason: error.message };
    throw error;
  }
}

async function loadIdx(path: string, options: DatasetOptions): Promise<Dataset> {
  const { grid } = options;
  const { count: all, height, width, values } = await readIdxFile(path);
  if (!options.enlarge && (height < grid.height || width < grid.width))
    throw new AppError(
      'mismatch',
      `${path} holds images of ${width}×${height}; the model's grid needs at least ${grid.width}×${grid.height}, unless pictures are enlarged.`,
    );
  const count = Math.min(all, options.limit ?? all);
  const size = bytesAnImage(grid);
  const pixels = allocate(count, size);
  for (let i = 0; i < count; i++) {
    if (i % 1024 === 0) {
      await new Promise((resolve) => setImmediate(resolve));
      refuseCancelled(options.signal);
      report(options, 'decoding', i, count, 0);
    }
    const grey = values.subarray(i * height * width, (i + 1) * height * width);
    const image = await fitToGrid({ pixels: greyToRgba(grey), width, height }, grid);
    pixels.set(premultiplied(image, options.image), i * size);
  }
  const names = Array.from({ length: count }, (_, i) => `#${i}`);
  return toDataset({ names, skipped: [], warnings: [], duplicates: 0, pixels }, 'idx', options, false);
}

/** One picture a value, opaque; a `grey-alpha` model makes the value its alpha. */
function greyToRgba(values: Uint8Array): Uint8Array {
  const pixels = new Uint8Array(values.length * 4);
  for (let i = 0; i < values.length; i++) {
    pixels[i * 4] = pixels[i * 4 + 1] = pixels[i * 4 + 2] = values[i];
    pixels[i * 4 + 3] = 255;
  }
  return pixels;
}

function toDataset(
  decoded: CachedDataset,
  source: Dataset['source'],
  options: DatasetOptions,
  fromCache: boolean,
): Dataset {
  const { image, grid } = options;
  const { pixels, ...rest } = decoded;
  const size = bytesAnImage(grid);
  const count = rest.names.length;
  return {
    ...rest,
    count,
    image,
    grid,
    images: pixels,
    source,
    fromCache,
    batch: (indices, out) => pictureBatch(pixels, size, indices, out),
  };
}

/** Everything that decides the pixels; a changed, added or removed file gives another one. */
async function identity(root: string, paths: readonly string[], options: DatasetOptions): Promise<string[]> {
  const { image, grid, limit, enlarge, keepDuplicates } = options;
  const parts = [
    cacheVersion,
    root,
    JSON.stringify([image, grid.height, grid.width, limit, enlarge, keepDuplicates]),
  ];
  for (let start = 0; start < paths.length; start += chunk) {
    refuseCancelled(options.signal);
    const lines = paths.slice(start, start + chunk).map(async (path) => {
      const stats = await fs.stat(join(root, path), { bigint: true }).catch(() => null);
      return `${path}\n${stats ? `${stats.size} ${stats.mtimeNs} ${stats.ino}` : 'gone'}`;
    });
    parts.push(...(await Promise.all(lines)));
  }
  return parts;
}

/** A fixed shuffle, so that a limited load sees every subfolder: paths by their hash. */
function sampleOrder(paths: readonly string[]): string[] {
  return paths
    .map((path) => ({ path, key: hash('sha1', path) }))
    .sort((a, b) => (a.key < b.key ? -1 : 1))
    .map(({ path }) => path);
}

function isNew(seen: Set<string>, pixels: Uint8Array): boolean {
  const key = hash('sha1', pixels, 'base64');
  if (seen.has(key)) return false;
  seen.add(key);
  return true;
}

function bytesAnImage(grid: Grid): number {
  return grid.height * grid.width * 4;
}

function allocate(count: number, size: number): Uint8Array {
  try {
    return new Uint8Array(count * size);
  } catch (error) {
    const megabytes = Math.round((count * size) / 2 ** 20);
    throw new AppError('out-of-memory', `${count} images need ${megabytes} MB: load fewer with a limit.`, {
      cause: error,
    });
  }
}

function noImages(root: string, skipped: readonly Skip[]): AppError {
  const first = skipped[0];
  if (!first) return new AppError('no-images', `${root} holds no pictures: name a folder with some.`);
  const name = first.path === '' ? root : first.path;
  const others = skipped.length > 1 ? `none of ${skipped.length} files can be used, the first is ` : '';
  return new AppError(
    'no-images',
    `${root} holds no picture that can be used: ${others}${name}: ${first.reason}.`,
  );
}

function report(
  options: DatasetOptions,
  phase: DatasetProgress['phase'],
  done: number,
  total: number | null,
  skipped: number,
): void {
  options.onProgress?.({ phase, done, total, skipped });
}

function refuseCancelled(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new AppError('cancelled', 'Reading the pictures was cancelled.');
}
