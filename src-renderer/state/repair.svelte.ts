/**
 * The photo under repair: sent and opened, repaired as often as wished, always from what was opened, saved, or sent on as
 * the next original. It stays while other screens are shown, and is found again when the page is loaded anew. Learning it
 * is a job, which goes on without a window.
 */
import type { ImportSource } from '#contract/app-contract.ts';
import type { Job } from '#contract/shapes/jobs.ts';
import type {
  OpenedPhoto,
  RepairFormat,
  RepairOptions,
  RepairProgress,
  RepairResult,
} from '#contract/shapes/repair.ts';
import { AppError } from '#domain/errors.ts';
import type { Patch } from '../canvas/photo-stage.ts';
import { client, downloadUrl } from '../lib/client.ts';
import { upload, type NamedFile } from '../lib/uploads.ts';
import { app } from './app-state.svelte.ts';
import { attempt, failureMessage, isCancelled } from './attempt.ts';
import { noteRecent } from './choosing.ts';
import type { DroppedFile } from './dropped-files.ts';
import { isActive } from './job-words.ts';
import { models } from './models.svelte.ts';
import { repairMask } from './repair-mask.svelte.ts';
import { decodePreview, download, repairScore } from './repair-pictures.ts';
import { repairedName, savedWords, suitsPhotos } from './repair-words.ts';
import { toasts } from './toasts.svelte.ts';

interface Shown {
  readonly facts: RepairResult;
  readonly picture: ImageBitmap;
  /** Of the mask and the choices that gave it. */
  readonly key: string;
  /** dB inside the mask, of the damage and of the repair, where it is known what was there. */
  readonly scores: { readonly before: number; readonly after: number } | null;
}

/** Where this window, loaded anew, finds the photo that it had open. */
const OPEN_KEY = 'morphogen.repair';

class Repair {
  status: 'none' | 'sending' | 'opening' | 'open' = $state('none');
  problem: string | null = $state(null);
  photo: OpenedPhoto | null = $state.raw(null);
  picture: ImageBitmap | null = $state.raw(null);
  result: Shown | null = $state.raw(null);
  /** 0 shows the result, 1 the photo, between them both, side by side. */
  divider = $state(0);
  isComparing = $state(false);

  learns = $state(false);
  modelId = $state('');
  isLocked = $state(true);
  /** Pixels of the photo. */
  feather = $state(2);
  iterations = $state(400);
  format: RepairFormat = $state('original');
  keepsPlace = $state(false);

  progress: RepairProgress | null = $state.raw(null);
  isRunning = $state(false);
  isSaving = $state(false);
  /** The hole as it grows. */
  patch: Patch | null = $state.raw(null);

  model = $derived(models.encoders.find(({ id }) => id === this.modelId) ?? null);
  key = $derived(
    JSON.stringify([
      repairMask.version,
      this.learns,
      this.learns ? this.iterations : this.modelId,
      this.isLocked,
      this.feather,
    ]),
  );
  isCurrent = $derived(this.result !== null && this.result.key === this.key);
  canApply = $derived(
    this.photo !== null &&
      !this.isRunning &&
      repairMask.painted > 0 &&
      (this.learns || this.modelId !== '') &&
      !this.isCurrent,
  );

  #opening: AbortController | null = null;
  #running: AbortController | null = null;
  #hasChosen = false;
  #isDrawingPatch = false;
  /** What was there before the damage, of a sample. */
  #original: ImageBitmap | null = null;
  /** The job that learns this photo, or did last. */
  #jobId: string | null = null;
  #hasLookedForOpen = false;

  constructor() {
    app.onJob((job) => void this.#jobChanged(job));
  }

  /** Once, when the screen is first shown: what was open before the page was loaded. */
  async findOpen(): Promise<void> {
    if (this.#hasLookedForOpen || this.status !== 'none') return;
    this.#hasLookedForOpen = true;
    const repairId = sessionStorage.getItem(OPEN_KEY);
    if (repairId !== null && !(await this.openKept(repairId))) sessionStorage.removeItem(OPEN_KEY);
  }

  /** As it was left: with its mask and its result. @returns whether it is there still */
  async openKept(repairId: string): Promise<boolean> {
    if (this.photo?.repairId === repairId) return true;
    this.#opening?.abort();
    this.#leave();
    const opening = new AbortController();
    this.#opening = opening;
    this.status = 'opening';
    try {
      const kept = await client.call('repair.reopen', { repairId }, { signal: opening.signal });
      const picture = await decodePreview(kept.photo.preview);
      if (this.#opening !== opening) return false;
      this.#show(kept.photo, picture);
      if (kept.mask !== null) await repairMask.loadFile(new Blob([kept.mask.slice()]), 'mask.png');
      if (kept.options !== null) this.#takeOptions(kept.options);
      if (kept.result !== null) await this.#showResult(kept.result, this.key);
      this.#jobId = kept.jobId;
      const job = kept.jobId === null ? null : app.job(kept.jobId);
      if (job !== null && isActive(job.state)) await this.#jobChanged(job);
      return true;
    } catch (failure) {
      if (this.#opening === opening) this.status = this.photo === null ? 'none' : 'open';
      if (!(failure instanceof AppError) && !opening.signal.aborted) throw failure;
      return false;
    }
  }

  /** So that it is there when the page is loaded anew. */
  async keepMask(): Promise<void> {
    const { photo } = this;
    if (photo === null || this.isRunning) return;
    const mask = await repairMask.bytes();
    if (this.photo === photo)
      await client.call('repair.keepMask', { repairId: photo.repairId, mask }).catch(() => null);
  }

  async loadModels(): Promise<void> {
    await models.refresh();
    if (this.#hasChosen && (this.learns || this.model !== null)) return;
    const fitting = models.encoders.find(suitsPhotos);
    this.modelId = (fitting ?? models.encoders[0])?.id ?? '';
    this.learns = fitting === undefined;
  }

  chooseWay(learns: boolean): void {
    this.#hasChosen = true;
    this.learns = learns;
  }

  chooseModel(modelId: string): void {
    this.#hasChosen = true;
    this.modelId = modelId;
  }

  /** @param original What was there before the damage, where that is known. @returns whether it is open now. */
  async open(file: NamedFile | DroppedFile, original: ImageBitmap | null = null): Promise<boolean> {
    this.#opening?.abort();
    this.#leave();
    const opening = new AbortController();
    this.#opening = opening;
    const { signal } = opening;
    const before = this.photo;
    this.problem = null;
    this.status = 'sending';
    try {
      const source = await sourceOf(file, signal);
      signal.throwIfAborted();
      this.status = 'opening';
      const photo = await client.call('repair.open', { source }, { signal });
      const picture = await decodePreview(photo.preview);
      if (this.#opening !== opening) return false;
      if (before !== null) void client.call('repair.close', { repairId: before.repairId }).catch(() => null);
      this.#show(photo, picture);
      this.#original = original;
      return true;
    } catch (failure) {
      if (this.#opening !== opening) return false;
      this.status = this.photo === null ? 'none' : 'open';
      if (isCancelled(failure) || signal.aborted) return false;
      this.problem = failureMessage(failure);
      if (!(failure instanceof AppError)) throw failure;
      return false;
    }
  }

  cancelOpening(): void {
    this.#opening?.abort();
  }

  close(): void {
    this.cancelOpening();
    this.#leave();
    sessionStorage.removeItem(OPEN_KEY);
    const { photo } = this;
    if (photo !== null) void client.call('repair.close', { repairId: photo.repairId }).catch(() => null);
    this.status = 'none';
    this.problem = null;
    this.photo = null;
    this.picture = null;
    this.#forgetResult();
  }

  async apply(): Promise<void> {
    const { photo } = this;
    if (photo === null || !this.canApply) return;
    const running = new AbortController();
    this.#running = running;
    const isOwn = (): boolean => this.#running === running;
    const { key } = this;
    this.isRunning = true;
    this.problem = null;
    this.progress = null;
    this.#jobId = null;
    const options = {
      modelId: this.learns || this.modelId === '' ? null : this.modelId,
      learns: this.learns,
      isLocked: this.isLocked,
      feather: this.feather,
      iterations: this.iterations,
    };
    try {
      const mask = await repairMask.bytes();
      const { repairId } = photo;
      if (options.learns) {
        const { jobId } = await client.call('repair.learn', { repairId, mask, options });
        if (isOwn()) this.#jobId = jobId;
        else await client.call('jobs.cancel', { jobId });
        return;
      }
      const facts = await client.call(
        'repair.apply',
        { repairId, mask, options },
        {
          signal: running.signal,
          onProgress: (progress) => {
            if (!isOwn()) return;
            this.progress = progress;
            void this.#drawPatch(photo, progress, isOwn);
          },
        },
      );
      if (isOwn()) await this.#showResult(facts, key);
    } catch (failure) {
      if (!isOwn() || isCancelled(failure)) return;
      this.problem = failureMessage(failure);
      if (!(failure instanceof AppError)) throw failure;
    } finally {
      // What learns goes on as a job.
      if (isOwn() && this.#jobId === null) this.#endRun();
    }
  }

  cancel(): void {
    const jobId = this.#jobId;
    this.#leave();
    if (jobId !== null) void attempt(() => client.call('jobs.cancel', { jobId }));
  }

  /** Ends learning, and repairs with what was learned. */
  async stopLearning(): Promise<void> {
    const jobId = this.#jobId;
    if (jobId !== null && this.isRunning) await attempt(() => client.call('jobs.stop', { jobId }));
  }

  /** @param folder Of the machine that Morphogen runs on; null: to the browser's downloads. */
  async save(folder: string | null): Promise<void> {
    const { photo, format, keepsPlace } = this;
    if (photo === null || this.result === null) return;
    this.isSaving = true;
    const saved = await attempt(() =>
      client.call('repair.save', { repairId: photo.repairId, folder, format, keepsPlace }),
    );
    this.isSaving = false;
    if (saved === undefined) return;
    if (saved.path === null) download(downloadUrl('repair', photo.repairId), saved.fileName);
    toasts.show(savedWords(saved), { kind: saved.isExact ? 'good' : 'info', topic: 'repair.save' });
  }

  /** The result becomes the photo; the mask begins anew. */
  async goOn(): Promise<void> {
    const { photo } = this;
    if (photo === null || this.result === null) return;
    this.isSaving = true;
    const file = await attempt(async () => {
      const { repairId } = photo;
      // Exact, whatever the photo's own format would lose.
      await client.call('repair.save', { repairId, folder: null, format: 'png', keepsPlace: true });
      const answer = await fetch(downloadUrl('repair', repairId), { cache: 'no-store' });
      if (!answer.ok) throw new AppError('io', (await answer.text()).trim());
      return await answer.blob();
    });
    this.isSaving = false;
    if (file !== undefined) await this.open({ name: repairedName(photo.name), file });
  }

  #show(photo: OpenedPhoto, picture: ImageBitmap): void {
    this.picture?.close();
    this.#forgetResult();
    this.picture = picture;
    this.photo = photo;
    this.format = 'original';
    this.status = 'open';
    repairMask.start({ width: photo.previewWidth, height: photo.previewHeight });
    sessionStorage.setItem(OPEN_KEY, photo.repairId);
    for (const notice of photo.notices) toasts.show(notice, { topic: 'repair.notice' });
  }

  async #showResult(facts: RepairResult, key: string): Promise<void> {
    const { photo } = this;
    const picture = await decodePreview(facts.preview);
    if (this.photo !== photo) return;
    this.result?.picture.close();
    this.result = { facts, picture, key, scores: this.#scores(picture) };
    this.divider = 0;
    repairMask.isShown = false;
  }

  #takeOptions({ learns, modelId, isLocked, feather, iterations }: RepairOptions): void {
    this.#hasChosen = true;
    this.learns = learns;
    if (modelId !== null) this.modelId = modelId;
    this.isLocked = isLocked;
    this.feather = feather;
    this.iterations = iterations;
  }

  /** Of the job that learns this photo. */
  async #jobChanged(job: Job): Promise<void> {
    const { photo } = this;
    if (photo === null || (job.id !== this.#jobId && job.repairId !== photo.repairId)) return;
    this.#jobId = job.id;
    if (isActive(job.state)) {
      this.chooseWay(true);
      this.isRunning = true;
      this.progress = {
        phase: job.state === 'queued' ? 'Waiting for its turn' : job.phase,
        ...{ done: job.done, total: job.total ?? 0, preview: null, region: null },
      };
      return;
    }
    if (!this.isRunning) return;
    const { key } = this;
    if (job.state === 'done' || job.state === 'stopped') {
      const kept = await attempt(() => client.call('repair.reopen', { repairId: photo.repairId }));
      if (this.photo !== photo) return;
      if (kept?.result) await this.#showResult(kept.result, key);
    } else if (job.state === 'failed') {
      this.problem = job.message;
    } else if (job.state === 'paused' || job.state === 'interrupted') {
      this.problem = `Learning is ${job.state}: resume it under Activity.`;
    }
    this.#endRun();
  }

  /** What learns goes on without this window; what repairs does not. */
  #leave(): void {
    this.#running?.abort();
    this.#jobId = null;
    this.#endRun();
  }

  #forgetResult(): void {
    this.result?.picture.close();
    this.result = null;
    this.divider = 0;
  }

  #scores(repaired: ImageBitmap): Shown['scores'] {
    const { mask } = repairMask;
    if (this.#original === null || this.picture === null || mask === null) return null;
    const before = repairScore(this.#original, this.picture, mask);
    const after = repairScore(this.#original, repaired, mask);
    return before === null || after === null ? null : { before, after };
  }

  #endRun(): void {
    this.#running = null;
    this.isRunning = false;
    this.progress = null;
    this.patch = null;
  }

  /** One at a time: what comes while one is decoded is older than what comes after it. */
  async #drawPatch(photo: OpenedPhoto, progress: RepairProgress, isOwn: () => boolean): Promise<void> {
    const { preview, region } = progress;
    if (preview === null || region === null || this.#isDrawingPatch) return;
    this.#isDrawingPatch = true;
    try {
      const image = await decodePreview(preview);
      if (!isOwn()) return;
      const across = photo.previewWidth / photo.width;
      const down = photo.previewHeight / photo.height;
      this.patch = {
        image,
        left: region.x * across,
        top: region.y * down,
        width: region.width * across,
        height: region.height * down,
      };
    } finally {
      this.#isDrawingPatch = false;
    }
  }
}

/** What lies on this machine is read where it lies. */
async function sourceOf(given: NamedFile | DroppedFile, signal: AbortSignal): Promise<ImportSource> {
  if ('path' in given && given.path !== null) {
    noteRecent([given]);
    return { path: given.path };
  }
  if (given.file === null)
    throw new AppError('not-found', `“${given.name}” cannot be read: choose it again.`);
  return { upload: await upload([{ name: given.name, file: given.file }], { signal }) };
}

export const repair = new Repair();
