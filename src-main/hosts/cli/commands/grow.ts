/** `grow`: one image, style or model of one image, from its seed to a GIF, a PNG or frames. */
import { basename } from 'node:path';
import { fuseStyles, type Style } from '#app/growing.ts';
import { defineCommand } from '../command.ts';
import { growthOptions } from '../growth-options.ts';
import { openEncoderModel } from '#hosts/engine/model-files.ts';
import { engineOptions, withEngine } from '../open-engine.ts';
import type { ExportedGrowth } from '#hosts/engine/export/grown-frames.ts';
import { isArtworkFile, openArtwork, requireArtwork } from '../open-artwork.ts';
import { encodePicture, growthOn, isSafetensors, openRule, openStyleOf } from '../open-growable.ts';
import { UsageError } from '../usage-error.ts';
import { writeArtwork } from '../write-artwork.ts';
import { checkGrowthOptions, writeGrowth } from '../write-growth.ts';

export const command = defineCommand({
  name: 'grow',
  summary: 'Grow a picture from one cell: an animation, its last state, or frames',
  description:
    'MODEL encodes the image into the rule that grows it. A model trained on one image, and a style that `encode` or ' +
    '`refine` wrote, have their rule in them and grow without an image; so do artworks, and pictures and GIFs that carry ' +
    'their recipe, which grow as they once did, to the same bytes. The grid may be larger than the trained one.',
  positionals: [
    {
      name: 'MODEL',
      help: 'a model file, or a picture that carries its recipe; not needed with --style',
      count: 'optional',
    },
  ],
  options: {
    image: { type: 'string', placeholder: 'FILE', help: 'the picture to grow; FILE#12 of an IDX file' },
    style: { type: 'string', placeholder: 'FILE', help: 'a style file to grow, instead of an image' },
    out: {
      type: 'string',
      short: 'o',
      placeholder: 'FILE',
      default: 'growth.gif',
      help: 'x.gif, x.png (the last state) or frames/ (a folder of PNGs)',
    },
    ...growthOptions,
    ...engineOptions,
  },
  examples: [
    {
      line: 'grow icons.safetensors --image cat.png --out cat.gif',
      does: 'encode a picture and grow it',
    },
    {
      line: 'grow models/digits.safetensors --image assets/samples/digits/t10k-images-512.idx3-ubyte#3 --out three.gif',
      does: 'grow the fourth of the sample digits',
    },
    {
      line: 'grow --style cat.safetensors --size 80x120 --steps 300 --background transparent --out cat.gif',
      does: 'grow a style on a larger grid for longer, without a background',
    },
    { line: 'grow parrot.gif --out again.png', does: 'what was exported with its recipe, once more' },
    {
      line: 'grow tree.safetensors --out frames/ --every 10 --scale 1',
      does: 'every tenth state of a model of one image as PNGs',
    },
  ],
  async run(context) {
    const { options, positionals, err } = context;
    checkGrowthOptions(options);
    const model = positionals[0] === undefined ? undefined : context.path(positionals[0]);
    if (options.image !== undefined && options.style !== undefined) {
      throw new UsageError('grow takes --image or --style, and got both');
    }
    if (model === undefined && options.style === undefined) {
      throw new UsageError('grow needs MODEL: a model file to encode --image with, or --style alone');
    }
    const artwork = await artworkNamed(model, options, context.path);
    await withEngine(options, err, async (engine) => {
      if (artwork !== null) {
        await writeArtwork(context, engine, artwork, { ...options, seedIsGiven: context.given('seed') });
        return;
      }
      const style = await chooseStyle(model, options.image, options.style, context.path);
      await writeGrowth(context, growthOn(engine), fuseStyles([style], options.seed), options);
    });
  },
});

/** What is no model and no plain picture, but was grown before; null for everything else. */
async function artworkNamed(
  model: string | undefined,
  { image, style }: { readonly image: string | undefined; readonly style: string | undefined },
  path: (given: string) => string,
): Promise<ExportedGrowth | null> {
  const named = image !== undefined ? undefined : style === undefined ? model : path(style);
  if (named === undefined) return null;
  if (isSafetensors(named)) return (await isArtworkFile(named)) ? openArtwork(named) : null;
  return requireArtwork(named);
}

async function chooseStyle(
  model: string | undefined,
  image: string | undefined,
  style: string | undefined,
  path: (given: string) => string,
): Promise<Style> {
  if (style !== undefined) return openStyleOf(path(style));
  if (model === undefined) throw new Error('a model was asked for before');
  if (image !== undefined) {
    const open = await openEncoderModel(model);
    try {
      return await encodePicture(open, path(image));
    } finally {
      open.dispose();
    }
  }
  const rule = await openRule(model);
  if (rule !== null) return rule;
  throw new UsageError(`grow needs --image FILE or --style FILE: ${basename(model)} has an encoder`);
}
