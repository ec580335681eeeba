/** What was grown before, grown again for `grow`: as its recipe says, but for what its options change. */
import { createHash } from 'node:crypto';
import { AppError } from '#domain/errors.ts';
import { grownFrames, specOf, type ExportedGrowth } from '#hosts/engine/export/grown-frames.ts';
import type { Engine } from '#hosts/engine/open-engine.ts';
import { writeGif } from '#media/gif.ts';
import type { RgbaImage } from '#media/pixels.ts';
import { writeFrames, writePng } from '#media/png.ts';
import { momentsEvery } from '#app/growing.ts';
import type { CommandContext } from './command.ts';
import { lookOf, parseSize, type GrowthOptionValues } from './growth-options.ts';
import { createStatusLine } from './status-line.ts';
import { outputKind } from './write-growth.ts';

type Options = GrowthOptionValues & { readonly out: string; readonly seedIsGiven: boolean };

/** @throws AppError cancelled, io, out-of-memory, mismatch */
export async function writeArtwork(
  { err, signal, path }: Pick<CommandContext, 'err' | 'signal' | 'path'>,
  { implementation }: Pick<Engine, 'implementation'>,
  { recipe: saved, styles, digest }: ExportedGrowth,
  options: Options,
): Promise<void> {
  const recipe = {
    ...saved,
    seed: options.seedIsGiven ? options.seed : saved.seed,
    grid: options.size === undefined ? saved.grid : parseSize(options.size),
    steps: options.steps ?? saved.steps,
  };
  const kind = outputKind(options.out);
  const spec = specOf({ recipe, styles });
  const look = lookOf(options, spec, recipe.steps);
  const moments = kind === 'png' ? [recipe.steps] : momentsEvery(recipe.steps, look.every);
  const status = createStatusLine(err);
  let last: RgbaImage | null = null;
  async function* frames(): AsyncGenerator<RgbaImage, void, undefined> {
    let count = 0;
    for await (const image of grownFrames({ recipe, styles }, moments, { implementation, signal })) {
      status.show(`Growing: step ${moments[count++]} of ${recipe.steps}`);
      last = image;
      yield image;
    }
  }
  const file = path(options.out);
  try {
    if (kind === 'gif') await writeGif(file, frames, look);
    else if (kind === 'frames') await writeFrames(file, frames(), look);
    else for await (const image of frames()) await writePng(file, image, look);
  } finally {
    status.clear();
  }
  err.line(`${options.out}: grown again, ${recipe.steps} steps`);
  const isChanged = recipe.seed !== saved.seed || recipe.grid !== saved.grid || recipe.steps !== saved.steps;
  if (digest === null || isChanged) return;
  if (createHash('sha256').update(pixelsOf(last)).digest('hex') === digest) {
    err.line('The last step is to the last bit what its recipe says.');
  } else {
    err.line(
      'The last step differs from what its recipe says: this engine rounds differently from the one that made it.',
    );
  }
}

function pixelsOf(image: RgbaImage | null): Uint8Array {
  if (image !== null) return image.pixels;
  throw new AppError('bad-argument', 'Nothing was grown: let it grow for some steps.');
}
