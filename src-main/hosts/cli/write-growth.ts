/** A growth as a GIF, as a PNG of its last state, or as a folder of frames, with progress on stderr. */
import { momentsEvery, growthMoments, type GrowthPlan, type OpenGrowth } from '#app/growing.ts';
import { writeGif } from '#media/gif.ts';
import { parseColour, stateToImage, type RgbaImage } from '#media/pixels.ts';
import { writeFrames, writePng } from '#media/png.ts';
import type { CommandContext } from './command.ts';
import { lookOf, parseSize, type GrowthLook, type GrowthOptionValues } from './growth-options.ts';
import { createStatusLine } from './status-line.ts';
import { UsageError } from './usage-error.ts';

type GrowthContext = Pick<CommandContext, 'err' | 'signal' | 'path'>;
type GrowthFileOptions = GrowthOptionValues & { readonly out: string };

/** Frames up to this many bytes are kept between a GIF's two passes; longer growths are grown twice. */
const keptBytes = 1 << 28;

/**
 * Refuses what no model could make right, before anything is started.
 * @throws UsageError for the file's name or the size, AppError bad-argument for the colour
 */
export function checkGrowthOptions({ out, size, background }: GrowthFileOptions): void {
  outputKind(out);
  if (size !== undefined) parseSize(size);
  if (background !== undefined) parseColour(background);
}

/** What a name asks for. @throws UsageError for a name of another kind of file */
export function outputKind(out: string): 'gif' | 'png' | 'frames' {
  if (/[/\\]$/.test(out) || !/\.[^./\\]+$/.test(out)) return 'frames';
  if (/\.gif$/i.test(out)) return 'gif';
  if (/\.png$/i.test(out)) return 'png';
  throw new UsageError(`--out must end in .gif, .png or / (a folder of frames), and got "${out}"`);
}

/**
 * Grows one sample by the plan and writes it; `size` and `steps` of the options replace the spec's.
 * @throws AppError cancelled, io, out-of-memory
 */
export async function writeGrowth(
  { err, signal, path }: GrowthContext,
  open: OpenGrowth,
  { spec: trained, ...plan }: GrowthPlan,
  options: GrowthFileOptions,
): Promise<void> {
  const kind = outputKind(options.out);
  const steps = options.steps ?? trained.steps;
  const spec = options.size === undefined ? trained : { ...trained, grid: parseSize(options.size) };
  const look = lookOf(options, spec, steps);
  const moments = kind === 'png' ? [steps] : momentsEvery(steps, look.every);
  const layout = { ...spec.grid, channels: spec.automaton.channels };
  const progress = createStatusLine(err);
  let last: Float32Array = new Float32Array();

  async function* frames(): AsyncGenerator<RgbaImage, void, undefined> {
    for await (const { step, state } of growthMoments(open, { spec, ...plan }, moments, signal)) {
      progress.show(`Growing: step ${step} of ${steps}`);
      last = state;
      yield stateToImage(state, layout);
    }
  }

  const startMs = performance.now();
  const file = path(options.out);
  let written: string;
  try {
    written = await write(kind, file, frames, look);
  } finally {
    progress.clear();
  }
  const seconds = ((performance.now() - startMs) / 1000).toFixed(2);
  err.line(`${options.out}: ${written}, ${steps} steps in ${seconds} s`);
  const note = fate(last, layout.channels, spec.automaton.aliveChannel, spec.automaton.aliveThreshold);
  if (note !== null) err.line(note);
}

/** A series of frames as the file that its name asks for: `frames` may be asked for twice. @returns what it is, in words */
export function writeFrameSeries(
  file: string,
  name: string,
  frames: () => AsyncGenerator<RgbaImage, void, undefined>,
  look: GrowthLook,
): Promise<string> {
  return write(outputKind(name), file, frames, look);
}

async function write(
  kind: 'gif' | 'png' | 'frames',
  file: string,
  frames: () => AsyncGenerator<RgbaImage, void, undefined>,
  look: GrowthLook,
): Promise<string> {
  switch (kind) {
    case 'gif': {
      const { frames: count, width, height, bytes } = await writeGif(file, replayable(frames), look);
      return `${count} frames of ${width}×${height}, ${Math.ceil(bytes / 1000)} kB`;
    }
    case 'png': {
      for await (const frame of frames()) await writePng(file, frame, look);
      return 'a picture';
    }
    case 'frames':
      return `${await writeFrames(file, frames(), look)} frames`;
  }
}

/** A series that is asked for twice, without computing it twice as long as it is short. */
function replayable(
  frames: () => AsyncGenerator<RgbaImage, void, undefined>,
): () => AsyncGenerator<RgbaImage, void, undefined> {
  let kept: RgbaImage[] | null = null;
  return async function* () {
    if (kept !== null) return yield* kept;
    let taken: RgbaImage[] | null = [];
    let bytes = 0;
    for await (const frame of frames()) {
      bytes += frame.pixels.length;
      if (bytes > keptBytes) taken = null;
      taken?.push(frame);
      yield frame;
    }
    kept = taken;
  };
}

/** A sentence where a growth ended badly, else null. */
function fate(state: Float32Array, channels: number, aliveChannel: number, threshold: number): string | null {
  if (!state.every(Number.isFinite)) {
    return 'The numbers of this growth ran away (not finite): this rule is not stable for so many steps.';
  }
  for (let at = aliveChannel; at < state.length; at += channels) if (state[at] > threshold) return null;
  return 'Nothing is alive at the end of this growth.';
}
