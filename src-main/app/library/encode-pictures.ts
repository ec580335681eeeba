/** Pictures through a model's encoder into the library, some at a time; how far it came is the caller's to remember. */
import type { SkippedFile } from '#contract/shapes/values.ts';
import type { AppPorts, EngineClient } from '../ports.ts';
import { modelPath } from './model-choice.ts';
import { newStyleOf, takeIn, type Intake } from './style-intake.ts';

export interface Encoding {
  readonly modelId: string;
  readonly paths: readonly string[];
  /** Of a folder. */
  readonly limit: number | null;
  /** Of a folder: pictures smaller than the grid are enlarged, not skipped. */
  readonly enlarge: boolean;
  /** Pictures that an earlier part has done. */
  readonly done: number;
  readonly intake: Intake;
}

export interface EncodingState {
  readonly done: number;
  readonly total: number;
  readonly intake: Intake;
}

/**
 * @param onState after every few pictures, which are safe then
 * @returns whether all was done, and what was left out
 */
export async function encodePictures(
  ports: AppPorts,
  engine: EngineClient,
  { modelId, paths, limit, enlarge, done, intake }: Encoding,
  { signal, onState }: { readonly signal: AbortSignal; onState: (state: EncodingState) => void },
): Promise<{ readonly isComplete: boolean; readonly skipped: readonly SkippedFile[] }> {
  const { spec } = ports.store.model(modelId);
  let taken = intake;
  let last = { done: 0, total: Infinity };
  if (signal.aborted) return { isComplete: false, skipped: [] };
  const { skipped } = await engine.call(
    'pictures.encode',
    {
      modelPath: modelPath(ports, modelId),
      paths: [...paths],
      limit,
      enlarge,
      cacheFolder: ports.files.cacheFolder,
      skip: done,
    },
    {
      signal,
      onProgress: (progress) => {
        taken = takeIn(
          ports,
          taken,
          progress.styles.map((style) => newStyleOf(style, spec, modelId)),
        );
        last = { done: progress.done, total: progress.total };
        onState({ ...last, intake: taken });
      },
    },
  );
  return { isComplete: !signal.aborted || last.done >= last.total, skipped };
}
