/** The library as the application sees it: every call one transaction over the parts in this folder. */
import type { LibraryStore } from '#contract/library-store.ts';
import type { LibrarySummary } from '#contract/shapes/library.ts';
import { addArtwork, artworkLike } from './artworks.ts';
import { deleteItems, updateItems } from './changes.ts';
import { addCheckpoint, newestCheckpoint } from './checkpoints.ts';
import { query } from './connection.ts';
import type { StoreContext } from './context.ts';
import { addCurve, cutCurve, readCurve } from './curves.ts';
import { datasetSkips, recentDatasets, recordDataset } from './datasets.ts';
import { listGallery } from './gallery.ts';
import { itemDetail } from './item-detail.ts';
import {
  addJob,
  jobPreview,
  listJobs,
  readSkipped,
  removeJob,
  setJobPreview,
  setSkipped,
  updateJob,
} from './jobs.ts';
import { addModel, deleteModel, hasModel, listModels, readModel, renameModel } from './models.ts';
import { readPicture } from './pictures.ts';
import { changeSettings, readSettings } from './preferences.ts';
import { readRule } from './rules.ts';
import { createSimilarStyles, type SimilarStyles } from './similar.ts';
import { addStyle, styleRule, styleSource } from './styles.ts';
import { tagCounts } from './tags.ts';
import { redoNext, undoLabels, undoLast } from './undo.ts';

const counts = query<[], { styles: number; artworks: number; models: number }>(`
  SELECT
    (SELECT count(*) FROM items WHERE deleted_ms IS NULL AND kind = 'style') AS styles,
    (SELECT count(*) FROM items WHERE deleted_ms IS NULL AND kind = 'artwork') AS artworks,
    (SELECT count(*) FROM models WHERE deleted_ms IS NULL) AS models`);

export function createLibraryStore(
  context: StoreContext,
  close: () => void,
): { readonly store: LibraryStore; readonly similar: SimilarStyles } {
  const { connection } = context;
  const similar = createSimilarStyles(context);
  const within = <T>(action: () => T): T => connection.transaction(action);
  const store: LibraryStore = {
    summary: () => summary(context),

    list: (wanted) => listGallery(context, wanted),
    detail: (item) => itemDetail(context, similar, item),
    tags: () => tagCounts(context),
    update: (items, patch) => within(() => updateItems(context, items, patch)),
    delete: (items) => within(() => deleteItems(context, items)),
    undo: () => within(() => undoLast(context)),
    redo: () => within(() => redoNext(context)),

    addStyles: (styles) => within(() => styles.map((style) => addStyle(context, style))),
    rule: (styleId) => styleRule(context, styleId),
    ruleByHash: (hash) => readRule(context, hash),
    styleSource: (styleId) => styleSource(context, styleId),
    similar: (styleId, limit) => similar.find(styleId, limit),

    addArtwork: (artwork) => within(() => addArtwork(context, artwork)),
    artworkLike: (recipe, digest) => artworkLike(context, recipe, digest),

    models: () => listModels(context),
    addModel: (model) => within(() => addModel(context, model)),
    model: (modelId) => readModel(context, modelId),
    hasModel: (hash) => hasModel(context, hash),
    renameModel: (modelId, name) => within(() => renameModel(context, modelId, name)),
    deleteModel: (modelId) => within(() => deleteModel(context, modelId)),

    picture: (hash) => readPicture(context, hash),
    setJobPreview: (jobId, picture, columns, iteration) =>
      within(() => setJobPreview(context, jobId, picture, columns, iteration)),

    settings: () => readSettings(context),
    changeSettings: (patch) => within(() => changeSettings(context, patch)),

    jobs: () => listJobs(context),
    addJob: (job) => within(() => addJob(context, job)),
    updateJob: (jobId, change) => within(() => updateJob(context, jobId, change)),
    removeJob: (jobId) => within(() => removeJob(context, jobId)),
    addCurve: (jobId, points, validations) => within(() => addCurve(context, jobId, points, validations)),
    cutCurve: (jobId, iteration) => within(() => cutCurve(context, jobId, iteration)),
    curve: (jobId, points) => readCurve(context, jobId, points),
    addCheckpoint: (jobId, iteration) => within(() => addCheckpoint(context, jobId, iteration)),
    newestCheckpoint: (jobId) => newestCheckpoint(context, jobId),
    jobPreview: (jobId) => jobPreview(context, jobId),
    setSkipped: (jobId, skipped) => within(() => setSkipped(context, jobId, skipped)),
    skipped: (jobId) => readSkipped(context, jobId),
    recordDataset: (dataset, files) => within(() => recordDataset(context, dataset, files)),
    recentDatasets: (limit) => recentDatasets(context, limit),
    datasetSkips: (source) => datasetSkips(context, source),

    close,
  };
  return { store, similar };
}

function summary(context: StoreContext): LibrarySummary {
  return { ...context.connection.get(counts)!, ...undoLabels(context) };
}
