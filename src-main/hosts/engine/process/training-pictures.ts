/** The pictures of a training run, read as its model will see them; and what there is to know of them beforehand. */
import type { Params, ResultIn } from '#contract/contract.ts';
import type { EngineContract } from '#contract/engine-contract.ts';
import type { ScanProgress, TrainingWishes } from '#contract/shapes/training.ts';
import { presets } from '#domain/model-presets.ts';
import type { ModelSpec } from '#domain/model-spec.ts';
import { loadDataset, type Dataset } from '#media/dataset.ts';
import { stateToImage } from '#media/pixels.ts';
import { encodePng } from '#media/png.ts';
import { drawSheet } from '#media/sheet.ts';
import { readModel } from '../model-files.ts';
import { newestOnly } from './newest-only.ts';

export interface PictureSource {
  readonly source: string;
  readonly cacheFolder: string;
  readonly wishes: Pick<TrainingWishes, 'limit' | 'enlarge'>;
}

interface Listener {
  readonly signal: AbortSignal;
  readonly progress: (progress: ScanProgress) => Promise<void>;
}

type Scan = Params<EngineContract, 'training.scan'>;

const REPORT_MS = 100;
const PREVIEWED = 16;
/** Of what the report lists; the rest is only counted. */
const MOST_LISTED = 1000;

/** @throws AppError as loadDataset */
export async function loadPictures(
  { source, cacheFolder, wishes }: PictureSource,
  { image, grid }: Pick<ModelSpec, 'image' | 'grid'>,
  { signal, progress }: Listener,
): Promise<Dataset> {
  const tell = newestOnly(progress, REPORT_MS);
  return loadDataset(source, {
    ...{ image, grid, cacheFolder, signal, enlarge: wishes.enlarge },
    ...(wishes.limit !== null && { limit: wishes.limit }),
    onProgress: (reached) => tell({ ...reached }),
  });
}

/** The kind of model that is asked for: the preset's, or that of the model to start from. */
export async function specOf({ wishes, modelPath }: Pick<Scan, 'wishes' | 'modelPath'>): Promise<ModelSpec> {
  return modelPath === null ? presets[wishes.preset] : (await readModel(modelPath)).spec;
}

export async function scanPictures(
  scan: Scan,
  listener: Listener,
): Promise<ResultIn<EngineContract, 'training.scan'>> {
  const spec = await specOf(scan);
  const dataset = await loadPictures(scan, spec, listener);
  const { count, duplicates, skipped, warnings } = dataset;
  const previewCount = Math.min(count, PREVIEWED);
  const shown = Array.from({ length: previewCount }, (_, index) =>
    stateToImage(dataset.batch([index]), { ...spec.grid, channels: 4 }),
  );
  return {
    ...{ count, duplicates },
    skippedCount: skipped.length,
    skipped: listedSkips(dataset),
    warnings: warnings.slice(0, MOST_LISTED).map(({ path, message }) => ({ path, message })),
    preview: await encodePng(drawSheet([shown], { gap: 0, background: null })),
    previewCount,
  };
}

export function listedSkips({ skipped }: Pick<Dataset, 'skipped'>): { path: string; reason: string }[] {
  return skipped.slice(0, MOST_LISTED).map(({ path, reason }) => ({ path, reason }));
}
