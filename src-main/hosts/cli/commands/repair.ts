/** `repair`: a photo's damaged parts grown whole, by a model or by a rule that learns the photo; all else stays as it was. */
import { existsSync } from 'node:fs';
import { extname } from 'node:path';
import { AppError } from '#domain/errors.ts';
import { openEncoderModel, type OpenModel } from '#hosts/engine/model-files.ts';
import type { Engine } from '#hosts/engine/open-engine.ts';
import { learningGrower, modelGrower, type PatchGrower } from '#hosts/engine/repair/patch-grower.ts';
import { openMaskFile, openPhotoFile } from '#hosts/engine/repair/photo-folder.ts';
import { repairPhoto } from '#hosts/engine/repair/repair-photo.ts';
import { scoreRepair } from '#hosts/engine/repair/score-repair.ts';
import { originalExtension, writePhoto, type WriteOptions } from '#media/photo/write-photo.ts';
import type { Photo } from '#media/photo/photo.ts';
import { writeFileAtomic } from '#storage/atomic-file.ts';
import { bundledModel } from '../bundled.ts';
import { defineCommand } from '../command.ts';
import { engineOptions, withEngine } from '../open-engine.ts';
import { createStatusLine } from '../status-line.ts';

export const command = defineCommand({
  name: 'repair',
  summary: 'Grow the damaged parts of a photo anew and leave all else exactly as it is',
  description:
    'White pixels of the mask are repaired, black or transparent ones are kept, grey ones are blended; the mask has the ' +
    "photo's size or a smaller copy's. The file written has the photo's bit depth, colour profile and EXIF data, without " +
    'the place where it was taken. As PNG, TIFF or lossless WebP, every pixel outside mask and feather is the same to ' +
    'the last bit. Ctrl-C while it learns goes on with what was learned.',
  positionals: [{ name: 'PHOTO', help: 'JPEG, PNG, WebP, AVIF, TIFF or GIF, to 100 megapixels' }],
  options: {
    mask: {
      type: 'string',
      short: 'm',
      placeholder: 'M',
      required: true,
      help: 'a picture: white is repaired',
    },
    model: {
      type: 'string',
      placeholder: 'MODEL',
      help: 'a model file with an encoder; the one for pictures that comes with the program if left out',
    },
    learn: { type: 'boolean', help: 'first learn a rule from the intact parts of this photo: minutes' },
    iterations: {
      ...{ type: 'integer', short: 'n', min: 1, max: 10_000, default: 400 },
      help: 'of learning, at most',
    },
    unlocked: { type: 'boolean', help: "let the rule grow on its own, without the photo (the paper's way)" },
    hold: {
      type: 'boolean',
      help: 'hold what is outside the mask at every step, also where the model was not trained for that',
    },
    feather: {
      ...{ type: 'number', placeholder: 'PIXELS', min: 0, max: 256, default: 2 },
      help: 'around the mask, over which the result fades into the photo',
    },
    score: {
      type: 'string',
      placeholder: 'ORIGINAL',
      help: 'the undamaged photo: say how near the result comes',
    },
    'keep-place': { type: 'boolean', help: 'keep GPS data, too' },
    out: { type: 'string', short: 'o', placeholder: 'FILE', required: true, help: 'the file to write' },
    ...engineOptions,
  },
  examples: [
    {
      line: 'repair holiday.jpg --mask scratch.png --out holiday.png',
      does: 'by the model that comes with it',
    },
    { line: 'repair wall.png --mask hole.png --learn --out whole.png', does: 'from the photo alone' },
  ],
  async run({ options, positionals, path, out, err, signal }) {
    const photoPath = path(positionals[0]);
    const target = path(options.out);
    const photo = await openPhotoFile(photoPath);
    const write: WriteOptions = { format: formatOf(target, photo), keepsPlace: options['keep-place'] };
    const mask = await openMaskFile(path(options.mask), photo);
    const original = options.score === undefined ? null : await openPhotoFile(path(options.score));
    const lock = options.unlocked ? 'plain' : options.hold ? 'hold' : 'best';
    const progress = createStatusLine(err);
    const cancelled = new AbortController();
    await withEngine(options, err, async (engine) => {
      const model = await openModelFor(
        options.model === undefined ? null : path(options.model),
        options.learn,
      );
      const notices: string[] = [];
      const grower = growerOf(engine, model);
      try {
        const startMs = performance.now();
        const { parts, repaired, patches } = await repairPhoto({
          ...{ photo, mask, feather: options.feather, grower },
          // While it learns, Ctrl-C ends that alone.
          signal: options.learn ? cancelled.signal : signal,
          onPhase: ({ phase, done, total }) => {
            progress.show(`${phase}: ${done} of ${total}`);
            return Promise.resolve();
          },
        });
        progress.clear();
        for (const sentence of notices) err.line(sentence);
        const { bytes, isExact } = await writePhoto(photo, parts, write);
        await writeFileAtomic(target, bytes, { makeFolder: true });
        const seconds = ((performance.now() - startMs) / 1000).toFixed(1);
        const rest = isExact
          ? `the other ${photo.width * photo.height - repaired} are the same to the last bit`
          : 'saved in a lossy format, which changes all others a little: give --out a name in .png to keep them';
        out.line(`${options.out}: ${repaired} pixels repaired in ${patches} patches, ${seconds} s; ${rest}.`);
        if (original !== null) {
          const { psnr, ssim } = await scoreRepair(photo, parts, original, mask);
          out.line(`Inside the mask: ${psnr.toFixed(2)} dB, SSIM ${ssim.toFixed(3)}.`);
        }
      } finally {
        progress.clear();
        model?.dispose();
      }

      function growerOf({ implementation }: Engine, opened: OpenModel | null): PatchGrower {
        if (!options.learn && opened !== null) return modelGrower(opened, { lock, implementation });
        return learningGrower(opened, {
          ...{ lock, implementation, iterations: options.iterations },
          isStopped: () => signal.aborted,
          onNotice: (sentence) => notices.push(sentence),
        });
      }
    });
  },
});

/** By the name of the file to write. */
function formatOf(target: string, photo: Photo): WriteOptions['format'] {
  const ending = extname(target).toLowerCase();
  if (ending === '.png') return 'png';
  const own = originalExtension(photo);
  const aliases: Readonly<Record<string, string>> = { '.jpeg': '.jpg', '.tiff': '.tif' };
  if ((aliases[ending] ?? ending) === `.${own}`) return 'original';
  throw new AppError(
    'bad-argument',
    `${target} is to be written as “${ending}”, and this photo is saved as ${own === 'png' ? '.png' : `.${own} or .png`}: give --out such a name.`,
  );
}

async function openModelFor(named: string | null, learns: boolean): Promise<OpenModel | null> {
  if (named !== null) return openEncoderModel(named);
  const bundled = bundledModel('emoji');
  if (existsSync(bundled)) return openEncoderModel(bundled);
  if (learns) return null;
  throw new AppError(
    'not-found',
    'No model that repairs pictures comes with this copy of the program: name one with --model, or use --learn.',
  );
}
