/** What comes with the program, wherever it is called from. */
import { fileURLToPath } from 'node:url';

const root = new URL('../../../', import.meta.url);

/** The path of models/NAME.safetensors. */
export function bundledModel(name: string): string {
  return fileURLToPath(new URL(`models/${name}.safetensors`, root));
}

/** Digits of MNIST's test set, an IDX file. */
export const heldOutDigits = fileURLToPath(new URL('assets/samples/digits/t10k-images-512.idx3-ubyte', root));

/** Noto emoji, a folder of PNGs with alpha. */
export const sampleEmoji = fileURLToPath(new URL('assets/samples/emoji/', root));
