/** `tour`: the first look, with nothing to give it: eight digits that the bundled model never saw, grown. */
import { growthMoments, momentsEvery } from '#app/growing.ts';
import { visibleRgba } from '#engine/metrics/score.ts';
import { scorePictures } from '#engine/training/evaluate.ts';
import { openGrowth } from '#engine/rollout/growth.ts';
import { loadDataset } from '#media/dataset.ts';
import { writeGif } from '#media/gif.ts';
import { stateToImage, type RgbaImage } from '#media/pixels.ts';
import { writePng } from '#media/png.ts';
import { drawSheet } from '#media/sheet.ts';
import { bundledModel, heldOutDigits } from '../bundled.ts';
import { defineCommand } from '../command.ts';
import { backgroundOf } from '../growth-options.ts';
import { openEncoderModel } from '#hosts/engine/model-files.ts';
import { engineOptions, withEngine } from '../open-engine.ts';
import { encodeRules } from '#hosts/engine/encode-picture.ts';

const DIGITS = 8;
const SCALE = 4;
const FRAME_EVERY = 1;

export const command = defineCommand({
  name: 'tour',
  summary: 'Watch it work: grow eight digits with the bundled model',
  description:
    'Encodes eight handwritten digits that the bundled model was not trained on, grows each from one cell, and writes ' +
    'growth.gif and digits.png (the digits above what grew) to a folder.',
  options: {
    out: { type: 'string', short: 'o', placeholder: 'FOLDER', default: 'out', help: 'where to write' },
    ...engineOptions,
  },
  examples: [{ line: 'tour', does: 'the tour, in the folder out' }],
  async run({ options, path, out, err, signal }) {
    await withEngine(options, err, async (engine) => {
      const clock = stopwatch();
      const model = await openEncoderModel(bundledModel('digits'));
      try {
        const { spec, weights } = model;
        const layout = { ...spec.grid, channels: spec.automaton.channels };
        const background = backgroundOf(spec);
        const source = { image: spec.image, grid: spec.grid, limit: DIGITS, keepDuplicates: true };
        const dataset = await loadDataset(heldOutDigits, source);
        const targets = dataset.batch(Uint32Array.from({ length: DIGITS }, (_, i) => i));
        const loaded = clock();
        const rules = await encodeRules(weights, spec, targets);
        const encoded = clock();

        const row: RgbaImage[] = [];
        let last: Float32Array = new Float32Array();
        const plan = { spec, rules: [rules], seed: 1 };
        const open = (): ReturnType<typeof openGrowth> => openGrowth(plan, engine.implementation);
        for await (const { state } of growthMoments(open, plan, [spec.steps], signal)) last = state;
        const grown = clock();
        const moments = momentsEvery(spec.steps, FRAME_EVERY);
        for await (const { state } of growthMoments(open, plan, moments, signal)) {
          row.push(drawSheet([imagesOf(state, layout)], { background, gap: 2 }));
        }
        const gif = path(`${options.out}/growth.gif`);
        const sheet = path(`${options.out}/digits.png`);
        await writeGif(gif, () => row, { scale: SCALE, background, framesPerSecond: 20 });
        const pictures = imagesOf(last, layout);
        const rows = [imagesOf(targets, { ...layout, channels: 4 }), pictures];
        const rowLabels = ['digit', 'grown'];
        await writePng(sheet, drawSheet(rows, { rowLabels, background, scale: SCALE, labelScale: 2 }));
        const drawn = clock();

        const scores = scorePictures(spec, visibleRgba(last, layout.channels), targets);
        const mean = scores.reduce((sum, { psnr }) => sum + psnr, 0) / scores.length;
        out.line(`Eight digits, none of which the model was trained on, grown in ${spec.steps} steps each.`);
        out.line();
        out.line(
          `  PSNR      ${scores.map(({ psnr }) => psnr.toFixed(1)).join('  ')} dB, mean ${mean.toFixed(2)} dB`,
        );
        out.line(`  Times     loading ${loaded}, encoding ${encoded}, growing ${grown}, drawing ${drawn}`);
        out.line(`  Pictures  ${gif}`);
        out.line(`            ${sheet}`);
        out.line();
        out.line('Next, with your own pictures:');
        out.line();
        out.line('  npm run --silent morphogen -- train FOLDER              a model of a folder of pictures');
        out.line(
          '  npm run --silent morphogen -- train PICTURE             one picture that keeps its shape',
        );
        out.line('  npm run --silent morphogen -- grow MODEL --image FILE   a growth as a GIF');
        out.line('  npm run --silent morphogen -- fuse A B --model MODEL    two pictures grown as one');
        out.line('  npm run --silent morphogen -- --help                    everything else');
      } finally {
        model.dispose();
      }
    });
  },
});

function imagesOf(
  states: Float32Array,
  layout: { height: number; width: number; channels: number },
): RgbaImage[] {
  return Array.from({ length: DIGITS }, (_, sample) => stateToImage(states, layout, { sample }));
}

/** Each call says how long it is since the one before. */
function stopwatch(): () => string {
  let since = performance.now();
  return () => {
    const now = performance.now();
    const ms = now - since;
    since = now;
    return ms < 1000 ? `${ms.toFixed(0)} ms` : `${(ms / 1000).toFixed(1)} s`;
  };
}
