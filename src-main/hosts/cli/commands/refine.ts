/** `refine`: a picture's style by a model, then made better for this one picture. */
import { AppError } from '#domain/errors.ts';
import { refineRule } from '#hosts/engine/refinement.ts';
import { defineCommand } from '../command.ts';
import { openEncoderModel } from '#hosts/engine/model-files.ts';
import { engineOptions, withEngine } from '../open-engine.ts';
import { encodePicture } from '../open-growable.ts';
import { createStatusLine } from '../status-line.ts';
import { writeStyle } from '../write-style.ts';

export const command = defineCommand({
  name: 'refine',
  summary: 'Encode a picture and make its rule better for it alone',
  description:
    'Training goes on from the rule that the model decoded, and leaves the model as it is. The style grows with ' +
    '`grow --style` and fuses with others of the same model. Ctrl-C keeps what was reached. The scores are means of eight growths.',
  positionals: [
    { name: 'MODEL', help: 'a model file with an encoder' },
    { name: 'IMAGE', help: 'a picture; FILE#12 of an IDX file' },
  ],
  options: {
    out: {
      type: 'string',
      short: 'o',
      placeholder: 'S',
      default: 'refined.safetensors',
      help: 'the style file to write',
    },
    iterations: {
      type: 'integer',
      short: 'n',
      min: 0,
      max: 1e6,
      default: 200,
      help: 'more is better and slower',
    },
    lr: { type: 'number', placeholder: 'RATE', min: 0, help: 'learning rate at first; 0.001 if left out' },
    seed: { type: 'integer', min: 0, max: 2 ** 32 - 1, default: 1, help: 'of all that is drawn' },
    ...engineOptions,
  },
  examples: [
    { line: 'refine icons.safetensors cat.png --out cat.safetensors', does: 'a better style of one picture' },
    {
      line: 'refine models/digits.safetensors assets/samples/digits/t10k-images-512.idx3-ubyte#3 --iterations 500',
      does: 'longer, of the fourth sample digit',
    },
  ],
  async run({ options, positionals, path, out, err, signal }) {
    const { iterations, lr: learningRate, seed } = options;
    const [modelPath, image] = positionals.map(path);
    const file = path(options.out);
    if (file === modelPath) {
      throw new AppError(
        'bad-argument',
        `${file} is the model itself: give --out another name for the style.`,
      );
    }
    await withEngine(options, err, async ({ implementation }) => {
      const model = await openEncoderModel(modelPath);
      const progress = createStatusLine(err);
      try {
        const picture = await encodePicture(model, image);
        const startMs = performance.now();
        const refined = await refineRule({
          ...{ spec: picture.spec, target: picture.rgba, rule: picture.rule },
          ...{ iterations, learningRate, seed, implementation },
          isStopped: () => signal.aborted,
          onStep: ({ iteration, loss }) =>
            progress.show(`Refining: ${iteration} of ${iterations}, loss ${loss.toPrecision(4)}`),
        });
        progress.clear();
        await writeStyle(file, model, picture, refined.rule);
        const { before, after } = refined;
        const seconds = ((performance.now() - startMs) / 1000).toFixed(1);
        out.line(
          `${options.out}: ${before.psnr.toFixed(2)} dB as encoded, ${after.psnr.toFixed(2)} dB after ` +
            `${refined.iterations} iterations in ${seconds} s`,
        );
        if (refined.iterations < iterations)
          err.line('Stopped early; the style is what was reached by then.');
      } finally {
        progress.clear();
        model.dispose();
      }
    });
  },
});
