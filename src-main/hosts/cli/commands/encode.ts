/** `encode`: what a model makes of pictures, each as a style file: its latent and its rule. */
import { basename, dirname, join } from 'node:path';
import { AppError } from '#domain/errors.ts';
import { safeFileName } from '#media/file-name.ts';
import { defineCommand } from '../command.ts';
import { openEncoderModel } from '#hosts/engine/model-files.ts';
import { engineOptions, withEngine } from '../open-engine.ts';
import { encodePicture } from '../open-growable.ts';
import { writeStyle } from '../write-style.ts';

export const command = defineCommand({
  name: 'encode',
  summary: 'Encode pictures into styles: the latent and the rule that grows each',
  description:
    'Every picture becomes a file of its own name in the folder, which `grow --style` and `fuse` take without the model. ' +
    'A picture that cannot be used is named and passed over; the exit code is then 1.',
  positionals: [
    { name: 'MODEL', help: 'a model file with an encoder' },
    { name: 'IMAGE', help: 'pictures; FILE#12 of an IDX file', count: 'many' },
  ],
  options: {
    out: {
      type: 'string',
      short: 'o',
      placeholder: 'FOLDER',
      default: 'styles',
      help: 'where to write the styles',
    },
    ...engineOptions,
  },
  examples: [
    { line: 'encode icons.safetensors cat.png owl.png', does: 'styles/cat.safetensors and owl.safetensors' },
    {
      line: 'encode models/digits.safetensors assets/samples/digits/t10k-images-512.idx3-ubyte#3 --out digits/',
      does: 'the fourth of the sample digits',
    },
  ],
  async run({ options, positionals, path, out, err, signal }) {
    const [modelPath, ...images] = positionals.map(path);
    const folder = path(options.out);
    const nameOf = createNames(dirname(modelPath) === folder ? [basename(modelPath)] : []);
    let written = 0;
    await withEngine(options, err, async () => {
      const model = await openEncoderModel(modelPath);
      try {
        for (const image of images) {
          refuseCancelled(signal, written, images.length);
          // Named before it is read, so that the others keep their names when one is mended.
          const file = nameOf(image);
          const picture = await encodePicture(model, image).catch((failure: unknown) => {
            if (!(failure instanceof AppError)) throw failure;
            err.line(`Skipped: ${failure.message}`);
            return null;
          });
          if (picture === null) continue;
          await writeStyle(join(folder, file), model, picture);
          out.line(join(options.out, file));
          written++;
          await new Promise<void>((resolve) => setImmediate(resolve));
        }
      } finally {
        model.dispose();
      }
    });
    return written === images.length ? 0 : 1;
  },
});

/**
 * A file name for each picture in turn; pictures of one name in different folders are numbered.
 * @param others Files that must stay: the model, where the styles are written beside it.
 */
function createNames(others: readonly string[]): (image: string) => string {
  const taken = new Set(others.map((name) => name.toLowerCase()));
  return (image) => {
    const [, file, number] = /^(.*?)(?:#(\d+))?$/.exec(basename(image)) ?? [];
    const stem = safeFileName(
      (file ?? image).replace(/\.[^.]*$/, '') + (number === undefined ? '' : `-${number}`),
    );
    let name = `${stem}.safetensors`;
    // Windows and macOS take cat and Cat for one file.
    for (let i = 2; taken.has(name.toLowerCase()); i++) name = `${stem}-${i}.safetensors`;
    taken.add(name.toLowerCase());
    return name;
  };
}

function refuseCancelled(signal: AbortSignal, written: number, count: number): void {
  if (!signal.aborted) return;
  throw new AppError(
    'cancelled',
    `Encoding was cancelled; ${written} of ${count} styles were written: run it again for the others.`,
  );
}
