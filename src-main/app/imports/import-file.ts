/** A style's or a model's file into the library: wholly checked by an engine process first, known again by its hash. */
import type { InspectedFile } from '#contract/engine-contract.ts';
import type { NewStyle } from '#contract/library-store.ts';
import { freeModelName } from '../library/model-choice.ts';
import { takeIn, type Intake } from '../library/style-intake.ts';
import type { AppPorts } from '../ports.ts';
import { importArtwork } from './import-artwork.ts';
import { styleOfModel } from '../training/keep-model.ts';

export interface Imported {
  readonly intake: Intake;
  /** New ones. */
  readonly modelIds: readonly string[];
  readonly artworkIds: readonly string[];
}

type OfOurs = Exclude<InspectedFile, { kind: 'picture' }>;

/** @param path a file that was inspected just now; a model's is copied */
export async function importFile(
  ports: AppPorts,
  inspected: OfOurs,
  path: string,
  before: Imported,
  signal: AbortSignal,
): Promise<Imported> {
  const { store, content, files } = ports;
  const name = files.nameOf(path).replace(/\.safetensors$/i, '') || 'Unnamed';
  switch (inspected.kind) {
    case 'artwork':
      return importArtwork(ports, inspected, before, signal);
    case 'style':
      return { ...before, intake: takeIn(ports, before.intake, [styleOf(ports, inspected, name)]) };
    case 'model': {
      const known = new Set(store.models().map(({ id }) => id));
      const { spec, card, bytes } = inspected;
      const hash = await content.adopt(path);
      const modelId = store.addModel({
        name: freeModelName(ports, name),
        ...{ spec, card, hash, bytes, bundledName: null },
      });
      ports.emit('library.changed', store.summary());
      const modelIds = known.has(modelId) ? before.modelIds : [...before.modelIds, modelId];
      const { style, picture } = inspected;
      if (style === null || picture === null) return { ...before, modelIds };
      const made = styleOfModel(ports, { style, picture }, modelId, { name, sourcePicture: null });
      return { ...before, intake: takeIn(ports, before.intake, [made]), modelIds };
    }
    default:
      return inspected satisfies never;
  }
}

function styleOf(
  { store }: AppPorts,
  { style, latent, image, model, picture }: Extract<OfOurs, { kind: 'style' }>,
  fileName: string,
): NewStyle {
  const { name, spec, w0, b0, w1 } = style;
  return {
    name: name === '' ? fileName : name,
    rule: { spec, w0, b0, w1 },
    ...{ latent, picture, modelId: model === null ? null : modelOf(store, model.hash) },
    source: image === null ? null : { ...image, picture: null },
    ...{ score: null, isRefined: false, parents: [], tags: [] },
  };
}

/** The library's model of that file, if it has it. */
function modelOf(store: AppPorts['store'], hash: string): string | null {
  return store.models().find(({ id }) => store.model(id).hash === hash)?.id ?? null;
}
