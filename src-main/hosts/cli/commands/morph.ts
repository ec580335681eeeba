/** `morph`: from picture to picture through the latents of their model, each frame grown anew. */
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fuseStyles } from '#app/growing.ts';
import { exportOptions } from '#contract/shapes/export.ts';
import { plainMix } from '#contract/shapes/mix.ts';
import { MOST_STYLES } from '#domain/mix.ts';
import { byteWords } from '#hosts/engine/export/encode-frames.ts';
import { exportGrowth } from '#hosts/engine/export/export-growth.ts';
import type { ExportedGrowth, FrameOptions } from '#hosts/engine/export/grown-frames.ts';
import { shownFrames } from '#hosts/engine/export/shown-frames.ts';
import { readModel } from '#hosts/engine/model-files.ts';
import { morphFrames, type MorphPlan } from '#hosts/engine/morph-frames.ts';
import { stateToImage, type RgbaImage } from '#media/pixels.ts';
import { defineCommand } from '../command.ts';
import { growthOptions, lookOf, parseSize, type GrowthLook } from '../growth-options.ts';
import { engineOptions, withEngine } from '../open-engine.ts';
import { isSafetensors, type GrowableStyle } from '../open-growable.ts';
import { latentsOfModel, openStyles } from '../open-mixed.ts';
import { createStatusLine } from '../status-line.ts';
import { UsageError } from '../usage-error.ts';
import { writeVideo, type VideoFormat } from '../write-video.ts';
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
      help: 'x.gif, .apng, .webp, .webm, .mp4 or frames/ (a folder of PNGs)',
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
    const kind = kindOf(options.out);
    checkGrowthOptions({ ...options, out: kind === 'series' ? options.out : 'x.gif', every: undefined });
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
        written =
          kind === 'series'
            ? await writeFrameSeries(path(options.out), options.out, images, look)
            : await writeMorph(
                path(options.out),
                { spec, styles, latents, morph, seed: options.seed },
                { kind, look, implementation, signal, show: (line) => progress.show(line) },
              );
      } finally {
        progress.clear();
      }
      const seconds = ((performance.now() - startMs) / 1000).toFixed(2);
      err.line(`${options.out}: ${written}, each of ${spec.steps} steps, in ${seconds} s`);
    });
  },
});

type MorphFile = 'apng' | 'webp' | VideoFormat;

/** @throws UsageError */
function kindOf(out: string): MorphFile | 'series' {
  const ending = /\.([^./\\]+)$/.exec(out)?.[1].toLowerCase();
  switch (ending) {
    case undefined:
    case 'gif':
      return 'series';
    case 'apng':
    case 'webp':
    case 'webm':
    case 'mp4':
      return ending;
    default:
      throw new UsageError(
        `--out must end in .gif, .apng, .webp, .webm, .mp4 or / (a folder of frames), and got "${out}"`,
      );
  }
}

interface Writing extends FrameOptions {
  readonly kind: MorphFile;
  readonly look: GrowthLook;
  readonly show: (line: string) => void;
}

/** As the window exports it. @returns what it is, in words */
async function writeMorph(
  target: string,
  {
    spec,
    styles,
    latents,
    morph,
    seed,
  }: Pick<MorphPlan, 'spec' | 'latents' | 'morph' | 'seed'> & {
    readonly styles: readonly GrowableStyle[];
  },
  { kind, look, show, ...run }: Writing,
): Promise<string> {
  const growth: ExportedGrowth = {
    ...{ name: 'morph', latents, morph, digest: null },
    styles: styles.map(({ name, spec: own, rule: { w0, b0, w1 } }) => ({
      ...{ name, spec: own },
      ...{ w0: Float32Array.from(w0), b0: Float32Array.from(b0), w1: Float32Array.from(w1) },
    })),
    recipe: {
      ...{ version: 1, styles: [], mix: plainMix, seed, grid: spec.grid, steps: spec.steps, events: [] },
      backend: '',
    },
  };
  const hex = look.background?.map((value) => value.toString(16).padStart(2, '0')).join('');
  const isVideo = kind === 'webm' || kind === 'mp4';
  const ground = hex === undefined ? 'transparent' : `#${hex}`;
  const options = exportOptions.parse({
    ...{ format: isVideo ? 'gif' : kind, framesPerSecond: look.framesPerSecond, holdMs: look.holdMs },
    ...{ size: Math.max(spec.grid.height, spec.grid.width) * look.scale, every: 1, carriesRecipe: false },
    background: isVideo && ground === 'transparent' ? 'auto' : ground,
  });
  const told = (done: number, total: number): void => show(`Growing: frame ${done} of ${total}`);
  if (isVideo) {
    await mkdir(dirname(target), { recursive: true });
    const shown = shownFrames(growth, options, { ...run, onGrown: told });
    const { framesPerSecond } = options;
    const film = await writeVideo(target, kind, shown, { framesPerSecond, signal: run.signal });
    return `${film.frames} frames of ${film.width}×${film.height}`;
  }
  const { frames, width, height, bytes } = await exportGrowth(growth, options, target, {
    ...run,
    onProgress: ({ done, total }) => told(done, total),
  });
  return `${frames} frames of ${width}×${height}, ${byteWords(bytes)}`;
}
