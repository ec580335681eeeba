/** `export`: an artwork or a style as an animation, a picture, or a video, in every way that the window has. */
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { exportOptions, type ExportFormat, type ExportOptions } from '#contract/shapes/export.ts';
import { byteWords } from '#hosts/engine/export/encode-frames.ts';
import { exportGrowth } from '#hosts/engine/export/export-growth.ts';
import type { ExportedGrowth } from '#hosts/engine/export/grown-frames.ts';
import { shownFrames } from '#hosts/engine/export/shown-frames.ts';
import type { Engine } from '#hosts/engine/open-engine.ts';
import { parseColour } from '#media/pixels.ts';
import { defineCommand, type CommandContext } from '../command.ts';
import { requireArtwork } from '../open-artwork.ts';
import { engineOptions, withEngine } from '../open-engine.ts';
import { createStatusLine } from '../status-line.ts';
import { UsageError } from '../usage-error.ts';
import { writeVideo, type VideoFormat } from '../write-video.ts';

const options = {
  out: {
    type: 'string',
    short: 'o',
    placeholder: 'FILE',
    required: true,
    help: 'x.gif, .apng, .webp, .png (the last step), .webm, .mp4, .safetensors (recipe and rules), or frames/',
  },
  sheet: { type: 'boolean', help: 'a PNG of steps side by side' },
  still: { type: 'boolean', help: 'a WebP of the last step alone' },
  fps: { type: 'number', min: 0.5, max: 50, default: 25, help: 'frames a second' },
  loop: {
    type: 'integer',
    placeholder: 'N',
    min: 0,
    max: 65_535,
    default: 0,
    help: 'times to play; 0 is for ever',
  },
  boomerang: { type: 'boolean', help: 'forwards, then backwards' },
  hold: { type: 'number', min: 0, max: 600, default: 1, help: 'seconds that the last frame stays' },
  from: { type: 'integer', placeholder: 'STEP', min: 0, max: 1_000_000, default: 0, help: 'the first step' },
  to: {
    type: 'integer',
    placeholder: 'STEP',
    min: 0,
    max: 1_000_000,
    help: 'the last step; the recipe’s if left out',
  },
  every: {
    type: 'integer',
    placeholder: 'N',
    min: 1,
    help: 'steps between two frames; if left out, such that there are at most 250',
  },
  size: {
    type: 'integer',
    placeholder: 'PIXELS',
    min: 3,
    max: 1024,
    default: 320,
    help: 'of the longer side, at most',
  },
  smooth: { type: 'boolean', help: 'soft edges instead of crisp cells' },
  background: {
    type: 'string',
    placeholder: 'COLOUR',
    help: 'e.g. #ff8800 or transparent; black for digits and white for others if left out',
  },
  colours: { type: 'integer', placeholder: 'N', min: 2, max: 255, default: 255, help: 'colours of a GIF' },
  dither: { type: 'boolean', help: 'mix a GIF’s colours by patterns' },
  quality: {
    type: 'integer',
    placeholder: 'N',
    min: 1,
    max: 100,
    help: 'of a GIF (75 if left out) or WebP (100 if left out: to the last bit)',
  },
  under: {
    type: 'string',
    placeholder: 'SIZE',
    help: 'e.g. 2MB or 500kB: quality, size and frames give way',
  },
  plain: { type: 'boolean', help: 'leave recipe and rules out of the file' },
  ...engineOptions,
} as const;

type Context = CommandContext<typeof options>;

export const command = defineCommand({
  name: 'export',
  summary: 'Write an artwork or a style as a GIF, APNG, WebP, PNG, WebM or MP4',
  description:
    'FILE is a style, a model of one image, an artwork’s .safetensors, or a picture that carries its recipe: what this ' +
    'command and the window export does, unless told otherwise, and grows again from it, to the same bytes. Videos are ' +
    'written by ffmpeg, where it is installed, and carry nothing.',
  positionals: [{ name: 'FILE', help: 'what to grow' }],
  options,
  examples: [
    {
      line: 'export models/parrot.safetensors --out parrot.gif',
      does: 'an animation that carries its recipe',
    },
    {
      line: 'export parrot.gif --out parrot.png --size 1024',
      does: 'the same growth again, its last step large',
    },
    {
      line: 'export parrot.gif --out small.gif --under 200kB --boomerang --background transparent',
      does: 'forwards and backwards, in less than 200 kB',
    },
    { line: 'export parrot.gif --out parrot.mp4 --size 1024 --smooth', does: 'a video, by ffmpeg' },
  ],
  async run(context) {
    const { positionals, err } = context;
    const { out } = context.options;
    const format = formatOf(out, context.options);
    const wanted = exportOptions.parse({
      format: format === 'webm' || format === 'mp4' ? 'gif' : format,
      ...lookOf(context.options),
    });
    const growth = await requireArtwork(context.path(positionals[0]));
    await withEngine(context.options, err, (engine) =>
      format === 'webm' || format === 'mp4'
        ? film(context, engine, growth, { ...wanted, background: opaque(wanted.background) }, format)
        : write(context, engine, growth, wanted),
    );
  },
});

function formatOf(out: string, { sheet, still }: Context['options']): ExportFormat | VideoFormat {
  const ending = /\.([^./\\]+)$/.exec(out)?.[1].toLowerCase();
  if (sheet) {
    if (ending === 'png') return 'sheet';
    throw new UsageError(`a --sheet is a .png, and --out is "${out}"`);
  }
  switch (ending) {
    case undefined:
      return 'frames';
    case 'webp':
      return still ? 'still-webp' : 'webp';
    case 'gif':
    case 'apng':
    case 'png':
    case 'safetensors':
    case 'webm':
    case 'mp4':
      return ending;
    default:
      throw new UsageError(
        `--out must end in .gif, .apng, .webp, .png, .webm, .mp4, .safetensors or / (a folder), and got "${out}"`,
      );
  }
}

function lookOf(given: Context['options']): Omit<ExportOptions, 'format'> {
  return {
    ...{ framesPerSecond: given.fps, loop: given.loop, isBoomerang: given.boomerang },
    holdMs: Math.round(given.hold * 1000),
    ...{ firstStep: given.from, lastStep: given.to ?? null, every: given.every ?? null },
    ...{ size: given.size, isSmooth: given.smooth, background: colourOf(given.background) },
    ...{
      colours: given.colours,
      isDithered: given.dither,
      quality: given.quality ?? null,
      carriesRecipe: !given.plain,
    },
    budgetBytes: given.under === undefined ? null : bytesOf(given.under),
  };
}

/** @throws AppError bad-argument for what is no colour */
function colourOf(given: string | undefined): string {
  if (given === undefined) return 'auto';
  const colour = parseColour(given);
  if (colour === null) return 'transparent';
  return `#${colour.map((value) => value.toString(16).padStart(2, '0')).join('')}`;
}

function opaque(background: string): string {
  return background === 'transparent' ? 'auto' : background;
}

/** @throws UsageError */
function bytesOf(text: string): number {
  const [, number, unit = ''] = /^\s*(\d+(?:\.\d+)?)\s*(k|kb|m|mb|b)?\s*$/i.exec(text) ?? [];
  const factor = /^m/i.test(unit) ? 1e6 : /^k/i.test(unit) ? 1e3 : 1;
  const bytes = Math.round(Number(number) * factor);
  if (bytes >= 1000 && bytes <= 1e9) return bytes;
  throw new UsageError(`--under is a size from 1kB to 1000MB, such as 2MB, and got "${text}"`);
}

async function write(
  { options: given, err, signal, path }: Context,
  { implementation }: Engine,
  growth: ExportedGrowth,
  wanted: ExportOptions,
): Promise<void> {
  const status = createStatusLine(err);
  const startMs = performance.now();
  const target = path(given.out);
  try {
    const { frames, width, height, bytes, notes, isSame } = await exportGrowth(growth, wanted, target, {
      ...{ implementation, signal },
      onProgress: ({ phase, done, total }) => status.show(`${phase}: ${done} of ${total}`),
    });
    status.clear();
    const seconds = ((performance.now() - startMs) / 1000).toFixed(2);
    const what = wanted.format === 'safetensors' ? 'recipe and rules' : pictureWords(frames, width, height);
    err.line(`${given.out}: ${what}, ${byteWords(bytes)}, in ${seconds} s`);
    for (const note of notes) err.line(note);
    if (isSame === true) err.line('The last step is to the last bit what its recipe says.');
  } finally {
    status.clear();
  }
}

async function film(
  { options: given, err, signal, path }: Context,
  { implementation }: Engine,
  growth: ExportedGrowth,
  wanted: ExportOptions,
  format: VideoFormat,
): Promise<void> {
  if (wanted.budgetBytes !== null)
    throw new UsageError('--under is for GIF, APNG and WebP, and --out is a video');
  const status = createStatusLine(err);
  const target = path(given.out);
  await mkdir(dirname(target), { recursive: true });
  const onGrown = (done: number, total: number): void => status.show(`Growing: ${done} of ${total}`);
  try {
    const shown = shownFrames(growth, wanted, { implementation, signal, onGrown });
    const { framesPerSecond } = wanted;
    const { frames, width, height } = await writeVideo(target, format, shown, { framesPerSecond, signal });
    status.clear();
    err.line(`${given.out}: ${pictureWords(frames, width, height)}`);
  } finally {
    status.clear();
  }
}

function pictureWords(frames: number, width: number, height: number): string {
  const size = `${width}×${height} pixels`;
  return frames === 1 ? `a picture of ${size}` : `${frames} frames, ${size}`;
}
