/** `eval`: how well a model redraws pictures, as the means of the pictures' own scores. */
import { basename } from 'node:path';
import { evaluate } from '#engine/training/evaluate.ts';
import { defineCommand } from '../command.ts';
import { loadPictures } from '../load-pictures.ts';
import { engineOptions, openEncoderModel, withEngine } from '../open-engine.ts';

export const command = defineCommand({
  name: 'eval',
  summary: 'Score how well a model redraws pictures: mean squared error, PSNR and SSIM',
  description:
    'Every picture is encoded, grown for the trained steps and compared on premultiplied RGBA. The scores are means of ' +
    "the pictures' own. Of a folder with both of MNIST's files the test pictures are taken.",
  positionals: [
    { name: 'MODEL', help: 'a model file with an encoder' },
    { name: 'SOURCE', help: 'a folder of pictures, an IDX file or one picture' },
  ],
  options: {
    limit: { type: 'integer', placeholder: 'N', min: 1, help: 'score at most N pictures' },
    steps: {
      type: 'integer',
      placeholder: 'N',
      min: 0,
      max: 1_000_000,
      help: 'steps to grow; as trained if left out',
    },
    seed: { type: 'integer', min: 0, max: 2 ** 32 - 1, default: 1, help: 'which cells fire when' },
    batch: { type: 'integer', min: 1, max: 4096, default: 64, help: 'pictures at a time; changes no score' },
    each: { type: 'boolean', help: "add every picture's scores" },
    enlarge: { type: 'boolean', help: "enlarge pictures that are smaller than the model's grid" },
    ...engineOptions,
    json: { type: 'boolean', help: 'print one line of JSON' },
  },
  examples: [
    {
      line: 'eval models/digits.safetensors assets/samples/digits --limit 100',
      does: 'a hundred sample digits',
    },
    { line: 'eval photos.safetensors photos --each --json', does: "every picture's scores, for a program" },
  ],
  async run({ options, positionals, path, out, err, env, signal }) {
    const [modelPath, source] = positionals.map(path);
    await withEngine(options, err, async ({ implementation }) => {
      const model = await openEncoderModel(modelPath);
      try {
        const { spec, weights } = model;
        const { limit, enlarge, steps, seed, batch } = options;
        const wanted = { part: 'test', keepDuplicates: true, enlarge, limit } as const;
        const pictures = await loadPictures(source, spec, { err, env, signal }, wanted);
        const rgba = pictures.batch(Uint32Array.from({ length: pictures.count }, (_, i) => i));
        const evaluation = await evaluate(weights, spec, rgba, {
          batchSize: batch,
          seed,
          implementation,
          ...(steps !== undefined && { steps }),
        });
        const { count, mse, psnr, ssim, each } = evaluation;
        if (options.json) {
          out.line(JSON.stringify({ count, mse, psnr, ssim, ...(options.each && { each }) }));
          return;
        }
        if (options.each) each.forEach((score, i) => out.line(`${i}\t${words(score)}`));
        out.line(`${basename(modelPath)} on ${count} pictures: ${words(evaluation)}`);
      } finally {
        model.dispose();
      }
    });
  },
});

function words({ mse, psnr, ssim }: { mse: number; psnr: number; ssim: number }): string {
  return `PSNR ${psnr.toFixed(2)} dB, SSIM ${ssim.toFixed(4)}, mean squared error ${mse.toFixed(5)}`;
}
