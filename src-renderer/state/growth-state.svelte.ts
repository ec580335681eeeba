/**
 * The growth on the screen, be it one style's or a mix: opened on the engine, watched frame by frame, steered, painted on,
 * mixed, saved. One at a time; opening another closes it. Frames are acknowledged as fast as they are drawn, so the engine
 * never runs ahead; of strokes one message is under way at a time, and what is painted meanwhile goes with the next; of
 * mixes the newest is sent.
 */
import type { AppContract } from '#contract/app-contract.ts';
import type { Result } from '#contract/contract.ts';
import type { Frame, GrowthControl } from '#contract/shapes/growth.ts';
import type { ItemDetail } from '#contract/shapes/library.ts';
import { AppError } from '#domain/errors.ts';
import type { Mix } from '#domain/mix.ts';
import { createRateMeter } from '../canvas/rate-meter.ts';
import { isBlank } from '../canvas/blank.ts';
import { beginStroke, type BrushTool, type Mark, type Stroke } from '../canvas/stroke.ts';
import { client } from '../lib/client.ts';
import { graphics } from '../lib/page-graphics.ts';
import { failureMessage, isCancelled } from './attempt.ts';
import { GrowthPictures, type Show } from './growth-pictures.ts';
import { eventStepsAfter, eventStepsUntil } from './growth-timeline.ts';

export interface GrowthRequest {
  readonly styleIds: readonly string[];
  readonly artworkId: string | null;
  /** Asked when it is opened, also again; in turns if left out. */
  readonly mix?: () => Mix;
}

export interface GrowthSettings {
  readonly seed: number;
  /** Null: as trained. */
  readonly grid: { readonly width: number; readonly height: number } | null;
  readonly stepsPerSecond: number;
  /** A growth that does not play is shown grown. */
  readonly isPlaying: boolean;
}

type Opened = Result<AppContract, 'growth.open'>;
/** A frame without its picture. */
export type Moment = Omit<Frame, 'rgba'>;
type ArtworkDetail = Extract<ItemDetail, { kind: 'artwork' }>;

/** Counters change at most so often while they run, so that they can be read. */
const countersMs = 66;

class GrowthState {
  status: 'none' | 'opening' | 'open' | 'failed' = $state('none');
  /** A sentence, where something went wrong; the canvas keeps what it showed. */
  problem: string | null = $state(null);
  opened: Opened | null = $state.raw(null);
  /** Where a growth of an artwork is shown. */
  artwork: ArtworkDetail | null = $state.raw(null);
  moment: Moment | null = $state.raw(null);
  framesPerSecond = $state(0);
  stepsPerSecond = $state(60);
  loopAt: number | null = $state(null);
  eventSteps: readonly number[] = $state.raw([]);
  /** The artwork saved last, while this growth is open. */
  saved: { readonly id: string; readonly name: string } | null = $state.raw(null);
  isSaving = $state(false);
  replay: 'running' | 'same' | 'different' | null = $state(null);
  names: readonly string[] = $derived(this.opened?.styles.map(({ name }) => name) ?? []);

  readonly #frames = createRateMeter();
  readonly #pictures = new GrowthPictures<ImageBitmap>({
    openCanvas: (onPicture) => graphics.openCanvas(onPicture),
    isBlank,
    onBlank: () => void this.watchAgain(),
  });
  #end: AbortController | null = null;
  #asked: readonly [GrowthRequest, GrowthSettings] | null = null;
  #countersAtMs = 0;
  #strokes: Stroke[] = [];
  #nextStroke = 1;
  #isPainting = false;
  #seekTo: number | null = null;
  #isSeeking = false;
  #wantedMix: { readonly mix: Mix; readonly stroke: number } | null = null;
  #isMixing = $state(false);

  /** Closes what is open. Failures are told by `problem`. */
  async open(request: GrowthRequest, settings: GrowthSettings): Promise<void> {
    const { styleIds, artworkId, mix } = request;
    this.close();
    this.#asked = [request, settings];
    const end = new AbortController();
    this.#end = end;
    this.status = 'opening';
    this.problem = null;
    this.stepsPerSecond = settings.stepsPerSecond;
    try {
      const { seed, grid, isPlaying, stepsPerSecond } = settings;
      const [opened, artwork] = await Promise.all([
        client.call(
          'growth.open',
          artworkId !== null
            ? { artworkId }
            : {
                styleIds: [...styleIds],
                ...(mix === undefined ? {} : { mix: mix() }),
                ...{ seed, grid, isPlaying, stepsPerSecond, loopAt: this.loopAt },
              },
        ),
        artworkId === null ? null : client.call('gallery.detail', { kind: 'artwork', id: artworkId }),
      ]);
      if (end.signal.aborted) {
        void this.#closeOnServer(opened.growthId);
        return;
      }
      this.opened = opened;
      this.artwork = artwork?.kind === 'artwork' ? artwork : null;
      this.eventSteps = this.artwork?.recipe.events.map(({ step }) => step) ?? [];
      this.status = 'open';
      void this.#watch(opened.growthId, end);
      if (artworkId === null && !isPlaying) this.seek(opened.trainedSteps);
      if (artworkId !== null) void this.control({ kind: 'speed', stepsPerSecond });
    } catch (failure) {
      if (!end.signal.aborted) this.#fail(failure);
    }
  }

  /** After the connection was lost: the growth waits for a while. Where it is gone, it is opened anew. */
  async watchAgain(): Promise<void> {
    const { opened } = this;
    if (opened === null || this.#end === null) {
      if (this.#asked !== null && this.status === 'failed') await this.open(...this.#asked);
      return;
    }
    this.#end.abort();
    this.#end = new AbortController();
    this.problem = null;
    await this.#watch(opened.growthId, this.#end);
  }

  close(): void {
    this.#end?.abort();
    this.#end = null;
    const { opened } = this;
    if (opened !== null) void this.#closeOnServer(opened.growthId);
    this.#pictures.close();
    this.status = 'none';
    this.opened = null;
    this.artwork = null;
    this.moment = null;
    this.problem = null;
    this.saved = null;
    this.replay = null;
    this.eventSteps = [];
    this.#strokes = [];
    this.#nextStroke = 1;
    this.#seekTo = null;
    this.#wantedMix = null;
  }

  /** Pictures go here from now on; the result takes it back. */
  showOn(show: Show<ImageBitmap>): () => void {
    return this.#pictures.showOn(show);
  }

  /** To be called when a frame came on the screen, and sometimes while none do. */
  countFrame(nowMs: number, isNew: boolean): void {
    if (isNew) this.#frames.add(nowMs);
    if (isNew && nowMs - this.#countersAtMs < 500 && this.framesPerSecond > 0) return;
    this.framesPerSecond = this.#frames.perSecond(nowMs);
  }

  async control(control: GrowthControl): Promise<void> {
    const growthId = this.opened?.growthId;
    if (growthId === undefined) return;
    await this.#tell(() => client.call('growth.control', { growthId, control }));
  }

  togglePlaying(): void {
    void this.control({ kind: this.moment?.isPlaying === true ? 'pause' : 'play' });
  }

  setSpeed(stepsPerSecond: number): void {
    this.stepsPerSecond = stepsPerSecond;
    void this.control({ kind: 'speed', stepsPerSecond });
  }

  setLoop(at: number | null): void {
    this.loopAt = at;
    void this.control({ kind: 'loop', at });
  }

  /** Of many in a row, as when scrubbing, the newest is done. */
  seek(step: number): void {
    this.#seekTo = step;
    void this.#seekOn();
  }

  /** Whether a mix is under way: frames may still show the one before. */
  get isMixing(): boolean {
    return this.#isMixing;
  }

  /** Of strokes and of changes of the mix: what has the same number is undone together. */
  newStroke(): number {
    return this.#nextStroke++;
  }

  /** From the step that it is at. Of many in a row, as when a slider is dragged, the newest is done. */
  setMix(mix: Mix, stroke: number): void {
    this.#wantedMix = { mix, stroke };
    void this.#mixOn();
  }

  restart(): void {
    this.eventSteps = [];
    void this.control({ kind: 'restart' });
  }

  beginStroke(tool: BrushTool, size: number): Stroke {
    const stroke = beginStroke(this.newStroke(), tool, size, this.#picture());
    this.#strokes.push(stroke);
    return stroke;
  }

  /** A stroke of one mark. */
  mark(mark: Mark): void {
    let marks: Mark[] = [mark];
    const number = this.newStroke();
    this.#strokes.push({
      number,
      extend: () => undefined,
      take: () => {
        const taken = marks;
        marks = [];
        return taken.length === 0 ? null : { stroke: number, marks: taken };
      },
    });
    this.paint();
  }

  /** Sends what strokes have gathered. To be called after they were extended. */
  paint(): void {
    if (!this.#isPainting) void this.#paintAll();
  }

  /** @returns whether it was saved. */
  async save(name: string): Promise<boolean> {
    const growthId = this.opened?.growthId;
    if (growthId === undefined || this.isSaving) return false;
    this.isSaving = true;
    this.replay = null;
    const result = await this.#tell(() => client.call('growth.save', { growthId, name }));
    this.isSaving = false;
    if (result === undefined || this.opened?.growthId !== growthId) return false;
    this.saved = { id: result.artworkId, name };
    return true;
  }

  /** Grows the artwork again from its recipe, on the engine, and compares. */
  async checkReplay(artworkId: string): Promise<void> {
    this.replay = 'running';
    const result = await this.#tell(() => client.call('artworks.replay', { artworkId }));
    this.replay = result === undefined ? null : result.isSame ? 'same' : 'different';
  }

  #picture(): { width: number; height: number } {
    return this.opened?.grid ?? { width: 1, height: 1 };
  }

  async #watch(growthId: string, end: AbortController): Promise<void> {
    try {
      await client.call(
        'growth.watch',
        { growthId, canvas: this.#pictures.open() },
        { signal: end.signal, onProgress: (frame) => this.#receive(frame, end.signal) },
      );
    } catch (failure) {
      if (end.signal.aborted) return;
      // Only one that lived: what cannot be opened at all would be tried for ever.
      const isGone = failure instanceof AppError && failure.code === 'not-found' && this.moment !== null;
      if (isGone && this.#asked !== null) await this.open(...this.#asked);
      else this.#fail(failure);
    }
  }

  #receive(frame: Frame, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return Promise.resolve();
    const now = performance.now();
    const isNews = !frame.isPlaying || this.moment?.isPlaying !== frame.isPlaying;
    if (isNews || now - this.#countersAtMs >= countersMs) {
      this.#countersAtMs = now;
      const { rgba: _, ...moment } = frame;
      this.moment = moment;
      this.eventSteps = eventStepsAfter(this.eventSteps, frame);
    }
    return this.#pictures.take(frame);
  }

  async #seekOn(): Promise<void> {
    if (this.#isSeeking) return;
    this.#isSeeking = true;
    while (this.#seekTo !== null) {
      const step = this.#seekTo;
      this.#seekTo = null;
      await this.control({ kind: 'seek', step });
    }
    this.#isSeeking = false;
  }

  async #mixOn(): Promise<void> {
    if (this.#isMixing) return;
    this.#isMixing = true;
    while (this.#wantedMix !== null) {
      const wanted = this.#wantedMix;
      this.#wantedMix = null;
      if (this.moment !== null) this.eventSteps = eventStepsUntil(this.eventSteps, this.moment.step);
      await this.control({ kind: 'mix', ...wanted });
    }
    this.#isMixing = false;
  }

  async #paintAll(): Promise<void> {
    this.#isPainting = true;
    for (let part = this.#takePart(); part !== null; part = this.#takePart()) {
      const growthId = this.opened?.growthId;
      const stroke = part;
      if (growthId === undefined) break;
      if (this.moment !== null) this.eventSteps = eventStepsUntil(this.eventSteps, this.moment.step);
      await this.#tell(() => client.call('growth.paint', { growthId, stroke }));
    }
    this.#isPainting = false;
  }

  #takePart(): { stroke: number; marks: Mark[] } | null {
    while (this.#strokes.length > 0) {
      const part = this.#strokes[0].take();
      if (part !== null) return part;
      if (this.#strokes.length === 1) return null;
      this.#strokes.shift();
    }
    return null;
  }

  async #tell<T>(work: () => Promise<T>): Promise<T | undefined> {
    const end = this.#end;
    try {
      return await work();
    } catch (failure) {
      if (this.#end === end) this.#fail(failure);
      return undefined;
    }
  }

  #fail(failure: unknown): void {
    if (isCancelled(failure)) return;
    this.problem = failureMessage(failure);
    if (this.opened === null) this.status = 'failed';
  }

  async #closeOnServer(growthId: string): Promise<void> {
    try {
      await client.call('growth.close', { growthId });
    } catch {
      // It is gone already: with its engine, or with the connection.
    }
  }
}

export const growth = new GrowthState();
