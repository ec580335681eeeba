/** `eval`: how well a model redraws pictures, as the means of the pictures' own scores. */
import { basename } from 'node:path';
import { AppError } from '#domain/errors.ts';
import { meanScore, type Score } from '#engine/metrics/score.ts';
import { evaluate } from '#engine/training/evaluate.ts';
import { defineCommand } from '../command.ts';
import { loadPictures } from '../load-pictures.ts';
import { openEncoderModel } from '#hosts/engine/model-files.ts';
import { engineOptions, withEngine } from '../open-engine.ts';
import { createStatusLine } from '../status-line.ts';

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
      const progress = createStatusLine(err);
      try {
        const { limit, enlarge, steps, seed, batch } = options;
        const wanted = { part: 'test', keepDuplicates: true, enlarge, limit } as const;
        const pictures = await loadPictures(source, model.spec, { err, env, signal }, wanted);
        const { count, names } = pictures;
        const each: PictureScore[] = [];
        while (each.length < count) {
          if (signal.aborted) throw cancelled(each.length, count);
          progress.show(`Scored ${each.length} of ${count} pictures`);
          const first = each.length;
          const indices = Array.from({ length: Math.min(batch, count - first) }, (_, i) => first + i);
          const part = await evaluate(model.weights, model.spec, pictures.batch(indices), {
            ...{ batchSize: batch, seed, firstSample: first, implementation },
            ...(steps !== undefined && { steps }),
          });
          each.push(...part.each.map((score, i) => ({ name: names[first + i], ...score })));
          await new Promise<void>((resolve) => setImmediate(resolve));
        }
        progress.clear();
        const mean = meanScore(each);
        if (options.json) {
          out.line(JSON.stringify({ count, ...mean, ...(options.each && { each }) }));
          return;
        }
        if (options.each) for (const score of each) out.line(`${score.name}\t${words(score)}`);
        out.line(`${basename(modelPath)} on ${count} pictures: ${words(mean)}`);
      } finally {
        progress.clear();
        model.dispose();
      }
    });
  },
});

interface PictureScore extends Score {
  /** Below the source; #12 of an IDX file. */
  readonly name: string;
}

function words({ mse, psnr, ssim }: Score): string {
  return `PSNR ${psnr.toFixed(2)} dB, SSIM ${ssim.toFixed(4)}, mean squared error ${mse.toFixed(5)}`;
}

function cancelled(scored: number, count: number): AppError {
  return new AppError(
    'cancelled',
    `Scoring was cancelled after ${scored} of ${count} pictures: run it again, with a smaller --limit if it takes too long.`,
  );
}
