/**
 * A training before it begins: where the pictures are, what is to be made of them, what the scan found, what it would
 * cost. Whatever changes the pictures scans again; a scan that found some is followed by a measurement. Both are calls
 * that can be cancelled, and what comes late from an earlier choice is dropped.
 */
import type { Model } from '#contract/shapes/library.ts';
import type {
  ScanProgress,
  ScanReport,
  TrainingEstimate,
  TrainingSource,
  TrainingWishes,
} from '#contract/shapes/training.ts';
import type { PresetName } from '#domain/model-presets.ts';
import { client } from '../lib/client.ts';
import { upload, type NamedFile } from '../lib/uploads.ts';
import { attempt, failureMessage, isCancelled } from './attempt.ts';
import { fittingModels, learningRateOf, wholeNumber, type Mode } from './training-words.ts';

export type Step<Report, Progress> =
  | { readonly status: 'none' }
  | { readonly status: 'running'; readonly progress: Progress | null }
  | { readonly status: 'done'; readonly report: Report }
  | { readonly status: 'failed'; readonly problem: string };

const none = { status: 'none' } as const;

class TrainingState {
  source: TrainingSource | null = $state.raw(null);
  sourceName = $state('');
  /** Files on their way to the application. */
  sending: { readonly done: number; readonly total: number } | null = $state.raw(null);
  sourceProblem: string | null = $state(null);

  preset: PresetName = $state('sketch');
  /** "" is: from scratch. */
  modelId = $state('');
  mode: Mode = $state('persist');
  isEnlarging = $state(false);
  /** As typed; empty is: as measured best. */
  iterations = $state('');
  batch = $state('');
  learningRate = $state('');
  limit = $state('');
  name = $state('');

  models: readonly Model[] = $state.raw([]);
  scan: Step<ScanReport, ScanProgress> = $state.raw(none);
  estimate: Step<TrainingEstimate, string> = $state.raw(none);
  isStarting = $state(false);

  fitting = $derived(fittingModels(this.models, this.preset));
  numbers = $derived({
    iterations: wholeNumber(this.iterations, 1, 1e9),
    batch: wholeNumber(this.batch, 1, 65_536),
    learningRate: learningRateOf(this.learningRate),
    limit: wholeNumber(this.limit, 1, 1e9),
  });
  /** Whether everything typed is a number that can be used. */
  isSound = $derived(Object.values(this.numbers).every((value) => value !== undefined));
  canStart = $derived(
    this.source !== null &&
      this.isSound &&
      !this.isStarting &&
      this.scan.status === 'done' &&
      this.scan.report.count > 0 &&
      (this.preset !== 'single' || this.scan.report.count === 1),
  );
  /** What the scan depends on, as text. */
  scanKey = $derived(
    JSON.stringify([this.source, this.preset, this.modelId, this.isEnlarging, this.numbers.limit]),
  );
  /** What the measurement depends on besides. */
  estimateKey = $derived(
    JSON.stringify([this.scan.status === 'done' ? this.scanKey : null, this.mode, this.numbers.batch]),
  );

  /** Whether the preset was chosen by hand for these pictures. */
  #hasPicked = false;
  #sending: AbortController | null = null;
  #scanning: AbortController | null = null;
  #estimating: AbortController | null = null;

  choose(source: TrainingSource, name: string): void {
    this.#sending?.abort();
    this.source = source;
    this.sourceName = name;
    this.sourceProblem = null;
    this.#hasPicked = false;
    if (source.kind === 'sample') this.#pickPreset(source.name === 'digits' ? 'digits' : 'sketch');
    else if (this.preset === 'digits' || this.preset === 'single') this.#pickPreset('sketch');
  }

  /** From what was dropped: one picture, several, or a folder's. */
  async send(files: readonly NamedFile[], name: string): Promise<void> {
    this.#sending?.abort();
    if (files.length === 0) {
      this.sourceProblem = 'There is no file in what was dropped; drop pictures or a folder of them.';
      return;
    }
    const sending = new AbortController();
    this.#sending = sending;
    this.source = null;
    this.sourceName = name;
    this.sourceProblem = null;
    this.sending = { done: 0, total: files.length };
    try {
      const id = await upload(files, {
        signal: sending.signal,
        onSent: () => {
          if (this.#sending === sending && this.sending !== null)
            this.sending = { ...this.sending, done: this.sending.done + 1 };
        },
      });
      if (this.#sending !== sending) return;
      this.sending = null;
      this.choose({ kind: 'upload', id }, name);
      if (files.length === 1) this.#pickPreset('single');
    } catch (failure) {
      if (this.#sending !== sending) return;
      this.sending = null;
      this.sourceProblem = isCancelled(failure) ? null : failureMessage(failure);
    }
  }

  cancelSending(): void {
    this.#sending?.abort();
  }

  /** Takes everything back to how it was at first, but for the models. */
  clear(): void {
    this.#sending?.abort();
    this.cancelScan();
    this.#estimating?.abort();
    this.source = null;
    this.sourceName = '';
    this.sourceProblem = null;
    this.scan = none;
    this.estimate = none;
    this.name = '';
  }

  pickPreset(preset: PresetName): void {
    this.#hasPicked = true;
    this.#pickPreset(preset);
  }

  async loadModels(): Promise<void> {
    const models = await attempt(() => client.call('models.list', {}));
    if (models !== undefined) this.models = models;
    if (!this.fitting.some(({ id }) => id === this.modelId)) this.modelId = '';
  }

  /** Starts from a model, whose preset is then the one. */
  startFrom(modelId: string): void {
    const model = this.models.find(({ id }) => id === modelId);
    if (model === undefined) return;
    this.preset = model.preset as PresetName;
    this.modelId = modelId;
  }

  wishes(): TrainingWishes {
    const { iterations, batch, learningRate, limit } = this.numbers;
    return {
      preset: this.preset,
      modelId: this.modelId === '' ? null : this.modelId,
      mode: this.mode,
      iterations: iterations ?? null,
      batch: batch ?? null,
      learningRate: learningRate ?? null,
      enlarge: this.isEnlarging,
      limit: limit ?? null,
    };
  }

  async startScan(): Promise<void> {
    this.#scanning?.abort();
    this.#estimating?.abort();
    this.estimate = none;
    const { source } = this;
    if (source === null || this.numbers.limit === undefined) {
      this.scan = none;
      return;
    }
    const scanning = new AbortController();
    this.#scanning = scanning;
    const isCurrent = (): boolean => this.#scanning === scanning && !scanning.signal.aborted;
    this.scan = { status: 'running', progress: null };
    try {
      const report = await client.call(
        'training.scan',
        { source, wishes: this.wishes() },
        {
          signal: scanning.signal,
          onProgress: (progress) => {
            if (isCurrent()) this.scan = { status: 'running', progress };
          },
        },
      );
      if (!isCurrent()) return;
      // A folder or path with one picture in it: there is one preset for that. It is scanned again for its grid.
      if (report.count === 1 && this.preset !== 'single' && !this.#hasPicked) this.#pickPreset('single');
      this.scan = { status: 'done', report };
    } catch (failure) {
      if (isCurrent()) this.scan = { status: 'failed', problem: failureMessage(failure) };
    }
  }

  cancelScan(): void {
    this.#scanning?.abort();
    this.scan = { status: 'failed', problem: 'The scan was cancelled.' };
  }

  async startEstimate(): Promise<void> {
    this.#estimating?.abort();
    this.estimate = none;
    const { source } = this;
    if (source === null || this.scan.status !== 'done' || this.scan.report.count === 0 || !this.isSound)
      return;
    if (this.preset === 'single' && this.scan.report.count !== 1) return;
    const estimating = new AbortController();
    this.#estimating = estimating;
    const isCurrent = (): boolean => this.#estimating === estimating && !estimating.signal.aborted;
    this.estimate = { status: 'running', progress: null };
    try {
      const report = await client.call(
        'training.estimate',
        { source, wishes: this.wishes() },
        {
          signal: estimating.signal,
          onProgress: ({ phase }) => {
            if (isCurrent()) this.estimate = { status: 'running', progress: phase };
          },
        },
      );
      if (isCurrent()) this.estimate = { status: 'done', report };
    } catch (failure) {
      if (isCurrent()) this.estimate = { status: 'failed', problem: failureMessage(failure) };
    }
  }

  cancelEstimate(): void {
    this.#estimating?.abort();
    if (this.estimate.status === 'running') this.estimate = none;
  }

  /** @returns the job, or null where it could not be started. */
  async start(): Promise<string | null> {
    const { source } = this;
    if (source === null || !this.canStart) return null;
    // The machine is for the training now.
    this.cancelEstimate();
    this.isStarting = true;
    const typed = this.name.trim();
    // What was sent has no name of its own on the other side.
    const given = source.kind === 'upload' ? this.sourceName.replace(/\.[^.]+$/, '').trim() : '';
    const name = typed !== '' ? typed : given !== '' ? given.slice(0, 200) : null;
    const started = await attempt(() =>
      client.call('training.start', { source, wishes: this.wishes(), name }),
    );
    this.isStarting = false;
    return started?.jobId ?? null;
  }

  #pickPreset(preset: PresetName): void {
    this.preset = preset;
    if (!this.fitting.some(({ id }) => id === this.modelId)) this.modelId = '';
  }
}

export const training = new TrainingState();
