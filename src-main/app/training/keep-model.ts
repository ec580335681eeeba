/**
 * What a training run leaves behind in the library: its model, among the library's own files, and a style of every
 * picture that it was trained on; of a model of one picture, the one style that it is.
 */
import { AppError } from '#domain/errors.ts';
import type { InspectedFile, StyleValues } from '#contract/engine-contract.ts';
import type { NewStyle } from '#contract/library-store.ts';
import { freeModelName } from '../library/model-choice.ts';
import type { AppPorts, EngineClient } from '../ports.ts';
import type { TrainingRun } from './training-request.ts';

export type InspectedModel = Extract<InspectedFile, { kind: 'model' }>;

/** @returns the model's id; a file that is there already keeps its own */
export async function keepModel(
  ports: AppPorts,
  engine: EngineClient,
  path: string,
  name: string,
): Promise<{ readonly modelId: string; readonly inspected: InspectedModel }> {
  const inspected = await engine.call('files.inspect', { path });
  if (inspected.kind !== 'model') {
    throw new AppError('bad-file', `${path} should hold the trained model and does not: train again.`);
  }
  const hash = await ports.content.adopt(path);
  const { spec, card, bytes } = inspected;
  const modelId = ports.store.addModel({
    name: freeModelName(ports, name),
    ...{ spec, card, hash, bytes, bundledName: null },
  });
  ports.emit('library.changed', ports.store.summary());
  return { modelId, inspected };
}

/** @param sourcePicture the one picture as the model saw it, or null where it cannot be had any more */
export function styleOfModel(
  { files }: Pick<AppPorts, 'files'>,
  { style, picture }: { readonly style: StyleValues; readonly picture: Uint8Array },
  modelId: string,
  {
    name,
    sourcePicture,
    score = null,
  }: {
    readonly name: string;
    readonly sourcePicture: Uint8Array | null;
    readonly score?: NewStyle['score'];
  },
): NewStyle {
  const { spec, w0, b0, w1 } = style;
  return {
    name,
    rule: { spec: { ...spec, network: null }, w0, b0, w1 },
    ...{ latent: null, modelId, picture, score },
    source: sourcePicture === null ? null : { name, hash: files.hash(sourcePicture), picture: sourcePicture },
    ...{ isRefined: false, parents: [], tags: [] },
  };
}

/** The first of the pictures, as the model sees it: a PNG; null where it cannot be read any more. */
export async function onePicture(
  engine: EngineClient,
  { source, cacheFolder, wishes, modelPath }: TrainingRun,
  signal: AbortSignal,
): Promise<Uint8Array | null> {
  try {
    const params = { source, cacheFolder, modelPath, wishes: { ...wishes, limit: 1 } };
    const { preview, previewCount } = await engine.call('training.scan', params, { signal });
    return previewCount === 1 ? preview : null;
  } catch (failure) {
    if (failure instanceof AppError && failure.code !== 'disconnected') return null;
    throw failure;
  }
}
