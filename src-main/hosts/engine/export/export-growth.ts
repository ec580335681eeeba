/**
 * One artwork or style as a file of any kind: grown once, its pictures put away, then encoded, at a quality that a budget
 * may choose. Files appear whole or not at all. What it carries, it carries with the digest of its last step.
 */
import { createHash } from 'node:crypto';
import { dirname, join } from 'node:path';
import type { ExportOptions, ExportProgress, ExportSummary } from '#contract/shapes/export.ts';
import { AppError } from '#domain/errors.ts';
import { carryInPng } from '#media/carried.ts';
import { FrameSpool } from '#media/frame-spool.ts';
import type { RgbaImage } from '#media/pixels.ts';
import { encodePng } from '#media/png.ts';
import { drawSheet } from '#media/sheet.ts';
import { encodeWebp } from '#media/webp.ts';
import {
  createAtomicFile,
  sweepPartFiles,
  writeFileAtomic,
  type FileOptions,
  type FileSystem,
} from '#storage/atomic-file.ts';
import { artworkFileBytes } from '../artwork-file.ts';
import {
  byteWords,
  encodeFrames,
  qualityWords,
  searchQuality,
  type FramesToEncode,
} from './encode-frames.ts';
import { shownFrame } from './shown-frame.ts';
import { decodedMix, isSelfContained } from './decoded-mix.ts';
import { backgroundOf, bestQuality, momentsOf } from './export-plan.ts';
import { grownFrames, lastMomentOf, specOf, type ExportedGrowth, type FrameOptions } from './grown-frames.ts';

export interface ExportRun extends FrameOptions {
  readonly onProgress?: (progress: ExportProgress) => void;
  /** For what does not fit in memory; the system's temporary folder if left out. */
  readonly spoolFolder?: string;
  /** Handed in by tests that play a full disk. */
  readonly fs?: FileSystem;
}

export interface Exported extends ExportSummary {
  /** One, but of `frames`. */
  readonly files: readonly string[];
  /** Whether the last step came out as its recipe says; null where it was not grown, or the recipe does not say. */
  readonly isSame: boolean | null;
}

type Written = Omit<Exported, 'isSame'>;

const DIFFERENT =
  'On this engine it grows into a picture that differs from the saved one, as it rounds differently.';

const MORPH_NOT_CARRIED =
  'The recipe is left out: a recipe tells one growth, and a morph is one for each of its pictures.';

const NOT_CARRIED =
  'The recipe is left out: it goes from one mix of latents to another, which only their model grows.';

interface Grown {
  readonly spool: FrameSpool;
  readonly moments: readonly number[];
  readonly carried: Uint8Array | null;
}

/** What a file of this kind is called at its end. */
export function endingOf(format: ExportOptions['format']): string {
  switch (format) {
    case 'still-webp':
      return 'webp';
    case 'sheet':
    case 'frames':
      return 'png';
    default:
      return format;
  }
}

/**
 * @param path Of the file; of `frames` the folder.
 * @throws AppError bad-argument, mismatch, cancelled, io, disk-full, out-of-memory
 */
export async function exportGrowth(
  given: ExportedGrowth,
  options: ExportOptions,
  path: string,
  run: ExportRun,
): Promise<Exported> {
  if (given.morph && options.format === 'safetensors') {
    throw new AppError('unsupported', `${MORPH_NOT_CARRIED} Export it as pictures.`);
  }
  const growth = given.morph ? given : await decodedMix(withLastStep(given, options));
  const spec = specOf(growth);
  const lastStep = options.lastStep ?? lastMomentOf(growth);
  const moments = momentsOf(options, lastStep);
  const best = bestQuality(options, growth.recipe.grid);
  // What an export that was killed here had begun.
  await sweepPartFiles(options.format === 'frames' ? path : dirname(path));
  const spool = new FrameSpool(run.spoolFolder === undefined ? {} : { folder: run.spoolFolder });
  try {
    const digest = await grow(growth, options, { moments, spool, run });
    const isEnd = lastStep === growth.recipe.steps;
    const isSame = digest === null || growth.digest === null || !isEnd ? null : digest === growth.digest;
    const isWanted = options.carriesRecipe || options.format === 'safetensors';
    const isCarried = isWanted && !growth.morph && isSelfContained(growth);
    const carried = isCarried ? artworkFileBytes({ ...growth, digest: growth.digest ?? digest }) : null;
    const background = backgroundOf(options, spec.image);
    const written = await write({ spool, moments, carried }, { options, best, background, path, run });
    const notes = [
      ...written.notes,
      ...(isSame === false ? [DIFFERENT] : []),
      ...(isWanted && !isCarried ? [growth.morph ? MORPH_NOT_CARRIED : NOT_CARRIED] : []),
    ];
    return { ...written, notes, isSame };
  } finally {
    spool.dispose();
  }
}

/** A style's recipe ends where its export does, as it has none of its own. */
function withLastStep(growth: ExportedGrowth, { lastStep }: ExportOptions): ExportedGrowth {
  if (growth.digest !== null || lastStep === null) return growth;
  return { ...growth, recipe: { ...growth.recipe, steps: lastStep } };
}

/** Fills the spool. @returns the digest of the last picture; null where nothing was grown */
async function grow(
  growth: ExportedGrowth,
  { format }: ExportOptions,
  { moments, spool, run }: { moments: readonly number[]; spool: FrameSpool; run: ExportRun },
): Promise<string | null> {
  // What carries an artwork alone is not grown: its digest is known.
  if (format === 'safetensors' && growth.digest !== null) return null;
  let digest: string | null = null;
  for await (const { pixels, width, height } of grownFrames(growth, moments, run)) {
    spool.add({ pixels, width, height });
    if (spool.count === moments.length) digest = createHash('sha256').update(pixels).digest('hex');
    run.onProgress?.({ phase: 'Growing', done: spool.count, total: moments.length });
  }
  return digest;
}

interface Writing {
  readonly options: ExportOptions;
  readonly best: ReturnType<typeof bestQuality>;
  readonly background: ReturnType<typeof backgroundOf>;
  readonly path: string;
  readonly run: ExportRun;
}

async function write({ spool, moments, carried }: Grown, writing: Writing): Promise<Written> {
  const { options, best, background, path, run } = writing;
  const { format } = options;
  const size = { width: best.width, height: best.height };
  const single = async (bytes: Uint8Array, shown: { width: number; height: number }): Promise<Written> => {
    refuseOverBudget(bytes.length, options);
    await writeFileAtomic(path, bytes, fileOptions(run));
    return { files: [path], bytes: bytes.length, frames: 1, ...shown, notes: [] };
  };
  const lastFrame = (): RgbaImage => shownFrame(spool.frame(spool.count - 1), best, background);
  switch (format) {
    case 'safetensors':
      if (carried === null) throw new AppError('unsupported', NOT_CARRIED);
      return single(carried, { width: 0, height: 0 });
    case 'png':
      return single(withCarried(await encodePng(lastFrame()), carried), size);
    case 'still-webp':
      return single(await encodeWebp(lastFrame(), carried, best.fidelity), size);
    case 'sheet': {
      const sheet = sheetOf(spool, moments, writing);
      const shown = { width: sheet.width, height: sheet.height };
      return { ...(await single(withCarried(await encodePng(sheet), carried), shown)), frames: spool.count };
    }
    case 'frames':
      return writeFrames(spool, carried, writing);
    case 'gif':
    case 'apng':
    case 'webp':
      return writeMoving({ format, options, spool, background, carried, signal: run.signal }, writing);
    default:
      return format satisfies never;
  }
}

async function writeMoving(
  wanted: Omit<FramesToEncode, 'onFrame'>,
  { options, best, path, run }: Writing,
): Promise<Written> {
  const notes: string[] = [];
  let quality = best;
  if (options.budgetBytes !== null) {
    const onFrame = (done: number, total: number): void =>
      run.onProgress?.({ phase: 'Searching', done, total });
    const found = await searchQuality({ ...wanted, onFrame }, best, options.budgetBytes);
    notes.push(qualityWords(found, best, wanted.format));
    ({ quality } = found);
  }
  const onFrame = (done: number, total: number): void => run.onProgress?.({ phase: 'Encoding', done, total });
  const file = await createAtomicFile(path, fileOptions(run));
  try {
    const { frames, bytes } = await encodeFrames({ ...wanted, onFrame }, quality, file);
    await file.commit();
    return { files: [path], bytes, frames, width: quality.width, height: quality.height, notes };
  } finally {
    await file.abort();
  }
}

/** Only the last carries the recipe: it is the one that the recipe grows. */
async function writeFrames(
  spool: FrameSpool,
  carried: Uint8Array | null,
  { options, best, background, path, run }: Writing,
): Promise<Written> {
  const files: string[] = [];
  let bytes = 0;
  const digits = Math.max(4, String(spool.count - 1).length);
  for (let i = 0; i < spool.count; i++) {
    if (run.signal.aborted) throw new AppError('cancelled', 'The export was cancelled.');
    const png = await encodePng(shownFrame(spool.frame(i), best, background));
    const contents = i === spool.count - 1 ? withCarried(png, carried) : png;
    bytes += contents.length;
    refuseOverBudget(bytes, options);
    const file = join(path, `frame-${String(i).padStart(digits, '0')}.png`);
    await writeFileAtomic(file, contents, fileOptions(run));
    files.push(file);
    run.onProgress?.({ phase: 'Encoding', done: i + 1, total: spool.count });
  }
  return { files, bytes, frames: files.length, width: best.width, height: best.height, notes: [] };
}

/** As square as may be, each picture with its step. */
function sheetOf(spool: FrameSpool, moments: readonly number[], { best, background }: Writing): RgbaImage {
  const columns = Math.ceil(Math.sqrt(spool.count));
  const rows: RgbaImage[][] = [];
  for (let i = 0; i < spool.count; i++) {
    if (i % columns === 0) rows.push([]);
    rows.at(-1)?.push(shownFrame(spool.frame(i), best, background));
  }
  const rowLabels = rows.map((_, row) => String(moments[row * columns]));
  return drawSheet(rows, { background, rowLabels, gap: 8, labelScale: 2 });
}

function withCarried(png: Uint8Array, carried: Uint8Array | null): Uint8Array {
  return carried === null ? png : carryInPng(png, carried);
}

function fileOptions({ fs, signal }: ExportRun): FileOptions {
  return { makeFolder: true, signal, ...(fs === undefined ? {} : { fs }) };
}

/** Only what moves can give way. */
function refuseOverBudget(bytes: number, { budgetBytes }: ExportOptions): void {
  if (budgetBytes === null || bytes < budgetBytes) return;
  throw new AppError(
    'bad-argument',
    `This has ${byteWords(bytes)} and was to have less than ${byteWords(budgetBytes)}: make it smaller, or leave the recipe out.`,
  );
}
