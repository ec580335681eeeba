/**
 * What grows an artwork again, as one safetensors file: its recipe, and the rules of its styles with their automata. By
 * itself it is a file to share; deflated, it is what an exported picture carries (media/carried.ts). It holds the names
 * of the styles and the artwork, and nothing else of whoever made it.
 */
import { recipe as recipeShape, type Recipe } from '#contract/shapes/growth.ts';
import type { StyleValues } from '#contract/engine-contract.ts';
import { AppError } from '#domain/errors.ts';
import {
  metadataOf,
  readMetadata,
  readSpec,
  ruleShapes,
  takeTensors,
  textField,
} from '#engine/files/morphogen-metadata.ts';
import { parseSafetensors } from '#engine/files/safetensors.ts';
import { writeSafetensors, type TensorToWrite } from '#engine/files/safetensors-write.ts';
import { MOST_CARRIED_BYTES } from '#media/carried.ts';
import { ruleHash } from '#storage/library/rules.ts';

export interface ArtworkFile {
  readonly name: string;
  readonly recipe: Recipe;
  /** sha256 of the last state's RGBA bytes; null of a style, which nobody has grown by this recipe yet. */
  readonly digest: string | null;
  /** As in the recipe; a network is null. */
  readonly styles: readonly StyleValues[];
}

/** As many as a growth can be told to go to. */
const MOST_STEPS = 1_000_000;
const HASH = /^[0-9a-f]{64}$/;

/** @throws AppError not-finite */
export function artworkFileBytes({ name, recipe, digest, styles }: ArtworkFile): Uint8Array<ArrayBuffer> {
  const tensors = new Map<string, TensorToWrite>();
  for (const [i, style] of styles.entries()) {
    for (const { name: part, shape } of ruleShapes(style.spec.automaton)) {
      tensors.set(`${i}.${part}`, { shape, data: style[part as 'w0' | 'b0' | 'w1'] });
    }
  }
  const specs = styles.map(({ spec }) => ({ ...spec, network: null }));
  // The engine's description names the processor: nobody needs it to grow this again. Decoded rules stay where they are.
  const { decoded: _, ...told } = { ...recipe, backend: '' };
  return writeSafetensors(tensors, metadataOf('artwork', { name, digest, recipe: told, specs }));
}

/**
 * @param name of the file, for sentences
 * @throws AppError bad-file, bad-spec, mismatch
 */
export function readArtworkFile(bytes: Uint8Array, name: string): ArtworkFile {
  if (bytes.length > MOST_CARRIED_BYTES) throw wrong(name, 'it is larger than any that Morphogen writes');
  const file = parseSafetensors(bytes, { name, maxTensors: 12 });
  const fields = readMetadata(file, 'artwork', name);
  const recipe = recipeShape.safeParse(fields['recipe']);
  if (!recipe.success) throw wrong(name, 'its recipe is not one');
  const { styles, steps, events } = recipe.data;
  if (steps > MOST_STEPS || events.some(({ step }) => step > steps)) {
    throw wrong(
      name,
      `its recipe goes beyond ${MOST_STEPS.toLocaleString('en')} steps, or beyond its own last one`,
    );
  }
  const specs = fields['specs'];
  if (!Array.isArray(specs) || specs.length !== styles.length) {
    throw wrong(name, 'it has not one spec for each of its styles');
  }
  const read = specs.map((spec) => readSpec(spec, name));
  if (read.some(({ network }) => network !== null)) throw wrong(name, 'the spec of a style has no network');
  const shapes = read.flatMap(({ automaton }, i) =>
    ruleShapes(automaton).map(({ name: part, shape }) => ({ name: `${i}.${part}`, shape })),
  );
  const tensors = takeTensors(file.tensors, shapes, name);
  const values = (part: string): Float32Array<ArrayBuffer> =>
    Float32Array.from(tensors.get(part)?.data ?? []);
  const { decoded: _, ...own } = recipe.data;
  const { digest } = fields;
  if (digest !== null && !(typeof digest === 'string' && HASH.test(digest))) {
    throw wrong(name, 'the digest of its picture is none');
  }
  return {
    name: textField(fields['name'], 'name', name).slice(0, 200),
    recipe: own,
    digest,
    styles: read.map((spec, i) => {
      const rule = { spec, w0: values(`${i}.w0`), b0: values(`${i}.b0`), w1: values(`${i}.w1`) };
      if (ruleHash(rule) !== styles[i].ruleHash) throw wrong(name, 'its rules are not those of its recipe');
      return { ...rule, name: styles[i].name };
    }),
  };
}

function wrong(name: string, what: string): AppError {
  return new AppError(
    'bad-file',
    `${name} cannot be grown again: ${what}; get the file again or choose another one.`,
  );
}
