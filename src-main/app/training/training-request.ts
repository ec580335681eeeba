/** A training run as the user asked for it, and as an engine process is asked: where its pictures and files are. */
import type { EngineContract } from '#contract/engine-contract.ts';
import type { Params } from '#contract/contract.ts';
import type { TrainingSource, TrainingWishes } from '#contract/shapes/training.ts';
import { modelPath } from '../library/model-choice.ts';
import type { AppPorts } from '../ports.ts';

export interface TrainingRequest {
  readonly source: TrainingSource;
  readonly wishes: TrainingWishes;
  /** What the model is to be called. */
  readonly name: string;
  /** What the pictures are, for the model's card. */
  readonly data: string;
}

export type TrainingRun = Params<EngineContract, 'training.run'>;

/** Where the pictures are. @throws AppError not-found */
export async function sourcePath(
  { files }: Pick<AppPorts, 'files'>,
  source: TrainingSource,
): Promise<string> {
  switch (source.kind) {
    case 'folder':
      return source.path;
    case 'sample':
      return files.sample(source.name, 'training');
    case 'upload':
      return files.upload(source.id);
    default:
      return source satisfies never;
  }
}

/** What people call it. */
export async function sourceName(
  { files }: Pick<AppPorts, 'files'>,
  source: TrainingSource,
): Promise<string> {
  if (source.kind === 'sample') return source.name === 'digits' ? 'Digits' : 'Emoji';
  const name = files.nameOf(source.kind === 'folder' ? source.path : await files.upload(source.id));
  const isNamed = name !== '' && !(source.kind === 'upload' && name === source.id);
  return isNamed ? name : 'Pictures';
}

/** @param folder where the run keeps its checkpoints */
export async function engineRun(
  ports: AppPorts,
  { source, wishes, data }: Pick<TrainingRequest, 'source' | 'wishes' | 'data'>,
  folder: string,
): Promise<TrainingRun> {
  return {
    folder,
    source: await sourcePath(ports, source),
    cacheFolder: ports.files.cacheFolder,
    wishes,
    modelPath: wishes.modelId === null ? null : modelPath(ports, wishes.modelId),
    data,
  };
}
