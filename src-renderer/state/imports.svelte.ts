/**
 * What was dropped, pasted or chosen, from sending it to knowing what it is to deciding what happens with it. Nothing
 * changes in the library before the user says so; each batch is a card of its own that blocks nothing.
 */
import type { ImportSource, Inspected } from '#contract/app-contract.ts';
import type { TrainingSource } from '#contract/shapes/training.ts';
import { client } from '../lib/client.ts';
import { upload } from '../lib/uploads.ts';
import { attempt, failureMessage, isCancelled } from './attempt.ts';
import { noteRecent } from './choosing.ts';
import type { Dropped } from './dropped-files.ts';
import { models } from './models.svelte.ts';
import { trainingOffers } from './training-offer.svelte.ts';
import { toasts } from './toasts.svelte.ts';

const atOnce = 4;

export interface ImportFolder {
  readonly name: string;
  readonly source: ImportSource;
  /** null where nobody has counted them. */
  readonly files: number | null;
}

class ImportBatch {
  readonly id: number;
  phase: 'sending' | 'looking' | 'asking' = $state('sending');
  sent = $state(0);
  count = $state(0);
  found: readonly Inspected[] = $state.raw([]);
  folders: readonly ImportFolder[] = $state.raw([]);
  modelId: string | null = $state(null);
  pictures = $derived(this.found.filter(({ kind, problem }) => kind === 'picture' && problem === null));
  files = $derived(
    this.found.filter(
      ({ kind, problem }) => (kind === 'style' || kind === 'model' || kind === 'artwork') && problem === null,
    ),
  );
  unusable = $derived(this.found.filter(({ kind, problem }) => problem !== null || kind === 'unknown'));
  readonly ending = new AbortController();

  constructor(id: number) {
    this.id = id;
  }
}

class Imports {
  batches: readonly ImportBatch[] = $state.raw([]);
  #next = 1;

  async add(dropped: Dropped, modelId: string | null = null): Promise<void> {
    const batch = new ImportBatch(this.#next++);
    batch.modelId = modelId;
    batch.count = dropped.files.length + dropped.folders.reduce((sum, { files }) => sum + files.length, 0);
    if (batch.count === 0 && dropped.folders.every(({ path }) => path === null)) {
      if (dropped.folders.length > 0) toasts.show('That folder is empty: there is nothing to train on.');
      return;
    }
    this.batches = [...this.batches, batch];
    try {
      await this.#send(batch, dropped);
    } catch (failure) {
      this.close(batch);
      if (!isCancelled(failure)) toasts.show(failureMessage(failure), { kind: 'bad' });
    }
  }

  close(batch: ImportBatch): void {
    batch.ending.abort();
    this.batches = this.batches.filter((other) => other !== batch);
  }

  /** Starts what the card says. */
  async confirm(batch: ImportBatch): Promise<void> {
    const sources = [...batch.pictures, ...batch.files].map(({ source }) => source);
    if (sources.length === 0) return;
    const started = await attempt(() =>
      client.call('import.start', { sources, modelId: batch.pictures.length > 0 ? batch.modelId : null }),
    );
    if (started === undefined) return;
    batch.found = [];
    if (batch.folders.length === 0) this.close(batch);
  }

  async encodeFolder(batch: ImportBatch, folder: ImportFolder): Promise<void> {
    const { modelId } = batch;
    const started = await attempt(() => client.call('import.start', { sources: [folder.source], modelId }));
    if (started !== undefined) this.#forgetFolder(batch, folder);
  }

  trainOn(batch: ImportBatch, folder: ImportFolder): void {
    this.#forgetFolder(batch, folder);
    const { name, source: from } = folder;
    const source: TrainingSource =
      'path' in from ? { kind: 'folder', path: from.path } : { kind: 'upload', id: from.upload };
    trainingOffers.make({ source, name, modelId: null });
  }

  #forgetFolder(batch: ImportBatch, folder: ImportFolder): void {
    batch.folders = batch.folders.filter((other) => other !== folder);
    if (batch.folders.length === 0 && batch.found.length === 0) this.close(batch);
  }

  async #send(batch: ImportBatch, { files, folders }: Dropped): Promise<void> {
    const { signal } = batch.ending;
    const onSent = (): void => {
      batch.sent += 1;
    };
    // Files are judged one by one, so each is an upload of its own; a folder stays one. What lies on this machine stays there.
    const sources: ImportSource[] = [];
    const waiting = [...files];
    const send = async (): Promise<void> => {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
        const { name, path, file } = next;
        if (path !== null) {
          sources.push({ path });
          onSent();
        } else if (file !== null)
          sources.push({ upload: await upload([{ name, file }], { signal, onSent }) });
      }
    };
    noteRecent(files);
    await Promise.all(Array.from({ length: atOnce }, send));
    for (const folder of folders) {
      const { name, path, files: inside } = folder;
      if (path === null && inside.length === 0) continue;
      const source = path === null ? { upload: await upload(inside, { signal, onSent }) } : { path };
      const count = path === null ? inside.length : null;
      batch.folders = [...batch.folders, { name, source, files: count }];
    }
    batch.phase = 'looking';
    if (models.list === null) await models.refresh();
    batch.modelId ??= models.encoders[0]?.id ?? null;
    const found = sources.length > 0 ? await client.call('import.inspect', { sources }, { signal }) : [];
    // One that was opened by its path turns out to be a folder.
    const isFolder = ({ kind, problem }: Inspected): boolean => kind === 'folder' && problem === null;
    const more = found.filter(isFolder).map(({ name, source }) => ({ name, source, files: null }));
    batch.folders = [...batch.folders, ...more];
    batch.found = found.filter((file) => !isFolder(file));
    batch.phase = 'asking';
  }
}

export const imports = new Imports();
export type { ImportBatch };
