/**
 * The export that is being put together: of which items, how, and what it looks like. The preview is the file itself
 * where that is quickly made, else its first seconds; a newer one takes the place of one under way. What is saved goes on
 * after the dialog is closed.
 */
import type { Result } from '#contract/contract.ts';
import type { AppContract, ExportItem } from '#contract/app-contract.ts';
import type { ItemRef } from '#contract/shapes/library.ts';
import type { MorphRef } from '#contract/shapes/mix.ts';
import { client, downloadUrl } from '../lib/client.ts';
import { recordVideo, videoProblem, type VideoFormat, type VideoRecorder } from '../lib/video.ts';
import { attempt, failureMessage, isCancelled } from './attempt.ts';
import {
  framesOf,
  isVideo,
  moves,
  optionsOf,
  usualMorphSettings,
  usualSettings,
  type ExportSettings,
} from './export-words.ts';
import { toasts } from './toasts.svelte.ts';

type Made = Result<AppContract, 'export.make'>;

/** What the preview shows, of several the first. */
export interface ExportSubject {
  readonly item: ExportItem;
  readonly name: string;
  /** Of a morph its last frame. */
  readonly lastStep: number;
}

export interface Preview {
  readonly url: string;
  readonly made: Made;
  /** Of the whole file. */
  readonly bytes: number;
  readonly frames: number;
  readonly isWhole: boolean;
}

/** Pixels of all frames that are encoded at once for a preview. */
const QUICK_PIXELS = 30e6;
const PREVIEW_SECONDS = 2;
const PREVIEW_SIZE = 320;

class ExportState {
  isOpen = $state(false);
  items: readonly ExportItem[] = $state.raw([]);
  subject: ExportSubject | null = $state.raw(null);
  isMorph = $derived(this.subject?.item.kind === 'morph');
  settings: ExportSettings = $state.raw(usualSettings);
  pattern = $state('{name}');
  preview: Preview | null = $state.raw(null);
  isMaking = $state(false);
  /** From 0 to 1, of the preview under way. */
  share: number | null = $state(null);
  problem: string | null = $state(null);
  videoProblems: Readonly<Partial<Record<VideoFormat, string | null>>> = $state.raw({});

  #end: AbortController | null = null;
  steps = $derived(this.subject?.lastStep ?? 64);
  /** Growths and morphs move differently: either keeps its own. */
  readonly #kept = { growth: usualSettings, morph: usualMorphSettings };

  async open(items: readonly ItemRef[]): Promise<void> {
    const [first] = items;
    if (first === undefined) return;
    const detail = await attempt(() => client.call('gallery.detail', { kind: first.kind, id: first.id }));
    if (detail === undefined) return;
    const lastStep = detail.kind === 'style' ? detail.steps : detail.recipe.steps;
    this.#show(items, { item: { kind: first.kind, id: first.id }, name: detail.name, lastStep });
  }

  openMorph(item: MorphRef, name: string): void {
    this.#show([item], { item, name, lastStep: item.morph.frames - 1 });
  }

  close(): void {
    this.isOpen = false;
    this.#end?.abort();
    this.#forget();
  }

  change(change: Partial<ExportSettings>): void {
    this.settings = { ...this.settings, ...change };
    this.#kept[this.isMorph ? 'morph' : 'growth'] = this.settings;
  }

  /** To be called when settings have rested for a moment. */
  async makePreview(): Promise<void> {
    const { subject, settings } = this;
    if (subject === null) return;
    this.#end?.abort();
    const end = new AbortController();
    this.#end = end;
    this.problem = isVideo(settings.format) ? (this.videoProblems[settings.format] ?? null) : null;
    this.isMaking = true;
    this.share = null;
    try {
      const { options, share, isWhole } = previewOf(settings, this.steps);
      const made = await client.call(
        'export.make',
        { item: subject.item, options },
        {
          signal: end.signal,
          onProgress: ({ done, total }) => void (this.share = done / Math.max(1, total)),
        },
      );
      if (end.signal.aborted) {
        void forget(made.exportId);
        return;
      }
      this.#forget();
      const frames = Math.round(made.frames / share);
      const url = downloadUrl('export', made.exportId);
      this.preview = { url, made, bytes: Math.round(made.bytes / share), frames, isWhole };
    } catch (failure) {
      if (end.signal.aborted || isCancelled(failure)) return;
      this.problem = failureMessage(failure);
      this.#forget();
    } finally {
      if (this.#end === end) this.isMaking = false;
    }
  }

  /** Into the browser's downloads; the dialog may be closed meanwhile. */
  async download(): Promise<void> {
    const { preview, settings, subject } = this;
    if (subject === null) return;
    const { item, name } = subject;
    if (isVideo(settings.format)) {
      const { format } = settings;
      this.close();
      toasts.show(`“${name}” is being filmed; it is saved when it is ready.`, { topic });
      await attempt(async () => saveBlob(await film(item, settings, format), `${name}.${format}`));
      return;
    }
    if (preview?.isWhole === true && !this.isMaking) {
      saveUrl(preview.url);
      // Its file is there until the download has begun, and for a while after.
      this.preview = null;
      this.close();
      return;
    }
    this.close();
    toasts.show(`“${name}” is being encoded; it is saved when it is ready.`, { topic });
    await attempt(async () => {
      const made = await client.call('export.make', { item, options: optionsOf(settings) });
      saveUrl(downloadUrl('export', made.exportId));
      toasts.show([`Saved “${made.fileName}”.`, ...made.notes].join(' '), { kind: 'good', topic });
    });
  }

  /** As a job, which goes on by itself. */
  async saveInto(folder: string): Promise<void> {
    const { settings, pattern } = this;
    const items = this.items.map((item) => (item.kind === 'morph' ? item : { kind: item.kind, id: item.id }));
    const options = optionsOf(settings);
    this.close();
    await attempt(() =>
      client.call('export.start', { items, folder, options, pattern: pattern.trim() || '{name}' }),
    );
  }

  /** The last step, as a PNG. */
  async copyPicture(): Promise<void> {
    const { subject, settings } = this;
    if (subject === null) return;
    const { item } = subject;
    await attempt(async () => {
      // What is pasted elsewhere carries nothing: other programs take the pixels alone.
      const options = optionsOf({ ...settings, format: 'png', carriesRecipe: false });
      const png = async (): Promise<Blob> => {
        const made = await client.call('export.make', { item, options });
        const answer = await fetch(downloadUrl('export', made.exportId));
        const blob = await answer.blob();
        void forget(made.exportId);
        return blob;
      };
      // The promise goes in as it is: after waiting, the browser would no longer take it for the click's doing.
      await navigator.clipboard.write([new ClipboardItem({ 'image/png': png() })]);
      toasts.show('The picture is on the clipboard.', { kind: 'good' });
    });
  }

  #show(items: readonly ExportItem[], subject: ExportSubject): void {
    this.items = items;
    this.subject = subject;
    this.problem = null;
    this.settings = {
      ...this.#kept[this.isMorph ? 'morph' : 'growth'],
      ...{ firstStep: 0, lastStep: null, every: null },
    };
    this.isOpen = true;
    void this.#probe();
  }

  async #probe(): Promise<void> {
    const [webm, mp4] = await Promise.all([videoProblem('webm'), videoProblem('mp4')]);
    this.videoProblems = { webm, mp4 };
  }

  #forget(): void {
    const { preview } = this;
    this.preview = null;
    if (preview !== null) void forget(preview.made.exportId);
  }
}

/** The whole export where it is quick, else its first seconds: `share` of its frames. */
function previewOf(settings: ExportSettings, steps: number) {
  const { format, framesPerSecond, firstStep } = settings;
  const { every, count } = framesOf(settings, steps);
  if (format === 'frames')
    return { options: optionsOf({ ...settings, format: 'gif' }), share: 1, isWhole: false };
  if (!moves(format)) return { options: optionsOf(settings), share: 1, isWhole: true };
  const shown = isVideo(format) ? { ...settings, size: Math.min(settings.size, PREVIEW_SIZE) } : settings;
  const isQuick = count * shown.size ** 2 * (settings.budgetMegabytes === null ? 1 : 2) <= QUICK_PIXELS;
  if (isQuick) return { options: optionsOf(shown), share: 1, isWhole: !isVideo(format) };
  const few = Math.max(2, Math.min(count, Math.round(framesPerSecond * PREVIEW_SECONDS)));
  const lastStep = firstStep + every * (few - 1);
  const part = {
    ...shown,
    every,
    lastStep: Math.min(lastStep, settings.lastStep ?? steps),
    budgetMegabytes: null,
  };
  return { options: optionsOf(part), share: few / count, isWhole: false };
}

async function film(item: ExportItem, settings: ExportSettings, format: VideoFormat): Promise<Blob> {
  let recorder: VideoRecorder | null = null;
  try {
    await client.call(
      'export.frames',
      { item, options: optionsOf(settings) },
      {
        onProgress: async (frame) => {
          recorder ??= await recordVideo(format, frame);
          await recorder.add(frame);
        },
      },
    );
    if (recorder === null) throw new RangeError('no frame came');
    return await (recorder as VideoRecorder).finish();
  } catch (failure) {
    await (recorder as VideoRecorder | null)?.cancel();
    throw failure;
  }
}

async function forget(exportId: string): Promise<void> {
  try {
    await client.call('export.forget', { exportId });
  } catch {
    // It is gone with the connection, or soon.
  }
}

function saveUrl(url: string, name = ''): void {
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
}

function saveBlob(blob: Blob, name: string): void {
  const url = URL.createObjectURL(blob);
  saveUrl(url, name);
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
  toasts.show(`Saved “${name}”.`, { kind: 'good', topic });
}

const topic = 'export';

export const exporting = new ExportState();
