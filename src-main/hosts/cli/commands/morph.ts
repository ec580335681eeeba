/** `morph`: from picture to picture through the latents of their model, each frame grown anew. */
import { fuseStyles } from '#app/growing.ts';
import { MOST_STYLES } from '#domain/mix.ts';
import { readModel } from '#hosts/engine/model-files.ts';
import { morphFrames } from '#hosts/engine/morph-frames.ts';
import { stateToImage, type RgbaImage } from '#media/pixels.ts';
import { defineCommand } from '../command.ts';
import { growthOptions, lookOf, parseSize } from '../growth-options.ts';
import { engineOptions, withEngine } from '../open-engine.ts';
import { isSafetensors } from '../open-growable.ts';
import { latentsOfModel, openStyles } from '../open-mixed.ts';
import { createStatusLine } from '../status-line.ts';
import { UsageError } from '../usage-error.ts';
import { checkGrowthOptions, writeFrameSeries } from '../write-growth.ts';

const { every: _every, hold, ...growth } = growthOptions;

export const command = defineCommand({
  name: 'morph',
  summary: 'Pass from picture to picture through the latents of their model',
  description:
    'A, B and more are pictures, which --model encodes, or styles that it made. Every frame is what the latent between ' +
    'them grows into; the same cells fire in all.',
  positionals: [
    { name: 'A', help: 'a picture or a style' },
    { name: 'B', help: 'another one' },
    { name: 'MORE', help: 'a third and a fourth', count: 'any' },
  ],
  options: {
    model: { type: 'string', short: 'm', placeholder: 'FILE', required: true, help: 'the model' },
    frames: {
      type: 'integer',
      placeholder: 'N',
      min: 2,
      max: 2000,
      default: 60,
      help: 'frames of the whole way',
    },
    path: {
      type: 'string',
      choices: ['linear', 'spherical'],
      default: 'spherical',
      help: 'from latent to latent straight, or around on a sphere',
    },
    easing: {
      type: 'string',
      choices: ['ease', 'linear'],
      default: 'ease',
      help: 'slow at every picture, or evenly',
    },
    once: { type: 'boolean', help: 'end at the last picture instead of going back to the first' },
    out: {
      type: 'string',
      short: 'o',
      placeholder: 'FILE',
      default: 'morph.gif',
      help: 'x.gif or frames/ (a folder of PNGs)',
    },
    ...growth,
    hold: { ...hold, default: 0 },
    ...engineOptions,
  },
  examples: [
    { line: 'morph --model icons.safetensors cat.png owl.png', does: 'there and back, over and over' },
    {
      line: 'morph --model icons.safetensors cat.png owl.png fox.png --frames 120 --once --out frames/',
      does: 'from the first over the second to the third, as PNGs',
    },
  ],
  async run({ options, positionals, err, path, signal }) {
    checkGrowthOptions({ ...options, every: undefined });
    if (/\.png$/i.test(options.out)) throw new UsageError('--out must end in .gif or / (a folder of frames)');
    if (positionals.length > MOST_STYLES) {
      throw new UsageError(`morph takes 2 to ${MOST_STYLES} pictures, and got ${positionals.length}`);
    }
    await withEngine(options, err, async ({ implementation }) => {
      const modelPath = path(options.model);
      const { source } = await readModel(modelPath);
      const paths = positionals.map(path);
      const encodes = paths.some((name) => !isSafetensors(name));
      const styles = await openStyles(paths, encodes ? modelPath : undefined);
      const latents = { modelPath, values: latentsOfModel(styles, source) };
      const { spec: trained } = fuseStyles(styles, options.seed);
      const spec = {
        ...trained,
        steps: options.steps ?? trained.steps,
        grid: options.size === undefined ? trained.grid : parseSize(options.size),
      };
      const { path: way, easing, once, frames } = options;
      const morph = { path: way, easing, isLoop: !once, frames };
      const layout = { ...spec.grid, channels: spec.automaton.channels };
      const progress = createStatusLine(err);

      async function* images(): AsyncGenerator<RgbaImage, void, undefined> {
        const plan = { spec, latents, morph, seed: options.seed };
        for await (const { frame, state } of morphFrames(plan, { implementation, signal })) {
          progress.show(`Growing: frame ${frame + 1} of ${frames}`);
          yield stateToImage(state, layout);
        }
      }

      const startMs = performance.now();
      const look = lookOf({ ...options, every: 1 }, spec, frames);
      let written: string;
      try {
        written = await writeFrameSeries(path(options.out), options.out, images, look);
      } finally {
        progress.clear();
      }
      const seconds = ((performance.now() - startMs) / 1000).toFixed(2);
      err.line(`${options.out}: ${written}, each of ${spec.steps} steps, in ${seconds} s`);
    });
  },
});
