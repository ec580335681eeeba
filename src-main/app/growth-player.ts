/**
 * Plays a growth as a film that is made while it is watched: how many steps are due, where it is being taken to, what a
 * window is shown. It has no timer: its host calls `turn` and is told when to call again; a turn computes for a few
 * milliseconds at most, so that several growths, and everyone who asks something, share one thread.
 *
 * What is asked of it is done in the order in which it was asked, at the beginning of the next turn; the frame of that
 * turn shows it. Frames are made when someone waits for one: who is slow misses some, and nothing queues up.
 */
import type { Frame, GrowthControl, GrowthEvent, GrowthStroke } from '#contract/shapes/growth.ts';
import { AppError } from '#domain/errors.ts';
import { countLivingCells } from '#domain/living-cells.ts';
import type { ModelSpec } from '#domain/model-spec.ts';
import type { GrowthPicture } from './growing.ts';
import type { GrowthTimeline } from './growth-timeline.ts';

export interface PlayerSetup {
  /** The player disposes of it. */
  readonly timeline: GrowthTimeline;
  readonly spec: Pick<ModelSpec, 'grid' | 'automaton'>;
  /** A clock that never jumps. */
  readonly nowMs: () => number;
  /** A state [H, W, C] as straight RGBA, [H, W, 4]. */
  readonly draw: (state: Float32Array) => Uint8Array<ArrayBuffer>;
  /** A turn is wanted now, whatever the last one said. */
  readonly onWake: () => void;
  readonly isPlaying: boolean;
  readonly stepsPerSecond: number;
  readonly loopAt: number | null;
  /** To be at first. */
  readonly step: number;
}

export interface ShownFrame {
  /** Of what is shown: greater when something changed. */
  readonly version: number;
  readonly frame: Frame;
}

export interface AwaitedFrame {
  /** null once the growth was closed, or this was cancelled. Rejected with what else ended the growth. */
  readonly frame: Promise<ShownFrame | null>;
  readonly cancel: () => void;
}

/** A growth as it stands. */
export interface TakenGrowth {
  readonly step: number;
  /** Straight, [H, W, 4]. */
  readonly rgba: Uint8Array;
  /** Those that made it what it is. */
  readonly events: readonly GrowthEvent[];
}

/** Computing at a stretch. */
const TURN_MS = 12;
/** No window shows more than sixty frames a second. */
const FRAME_MS = 1000 / 60;
/** Steps that are late by more are left out, for a machine that is too slow never catches up. */
const MOST_LATE_MS = 250;
/** While it goes to a far step, it is seen on the way so often. */
const SEEK_FRAME_MS = 200;
const MEASURE_MS = 500;

interface Request {
  /** Done only where it was taken to. */
  readonly needsRest: boolean;
  readonly make: () => Promise<void>;
  readonly fail: (failure: Error) => void;
}

interface Watcher {
  readonly after: number;
  /** Where it is drawn if it grows in the page of that canvas. */
  readonly canvas: string | null;
  readonly resolve: (frame: ShownFrame | null) => void;
  readonly reject: (failure: Error) => void;
}

export class GrowthPlayer {
  readonly #setup: PlayerSetup;
  readonly #timeline: GrowthTimeline;
  #requests: Request[] = [];
  #watchers: Watcher[] = [];
  #version = 1;
  #isPlaying: boolean;
  #stepsPerSecond: number;
  #loopAt: number | null;
  /** The step it is being taken to. */
  #target: number | null;
  /** Steps are due from this time on; so many of them were made. */
  #startMs: number;
  #made = 0;
  #stepMs = 1;
  /** The mix was changed: the next frame is to show what it does, where there is a step for every frame. */
  #isStepWanted = false;
  #seekShownMs = -Infinity;
  #measured = { sinceMs: 0, steps: 0, perSecond: 0 };
  #isInTurn = false;
  #ended: Error | 'closed' | null = null;

  constructor(setup: PlayerSetup) {
    this.#setup = setup;
    this.#timeline = setup.timeline;
    this.#isPlaying = setup.isPlaying;
    this.#stepsPerSecond = setup.stepsPerSecond;
    this.#loopAt = setup.loopAt;
    this.#target = setup.step === setup.timeline.step ? null : setup.step;
    this.#startMs = setup.nowMs();
    this.#startMeasuring();
  }

  /**
   * Does what was asked and what is due. Not to be called while it is under way.
   * @returns milliseconds until the next turn; Infinity: not before it wakes its host
   * @throws what the engine throws; the player has then ended
   */
  async turn(): Promise<number> {
    if (this.#ended !== null) return Infinity;
    this.#isInTurn = true;
    try {
      const startMs = this.#setup.nowMs();
      await this.#makeRequests();
      if (this.#target !== null) await this.#goTo(this.#target, startMs);
      else if (this.#isPlaying) await this.#play(startMs);
      if (this.#version > Math.min(...this.#watchers.map(({ after }) => after))) await this.#show();
      return this.#waitMs(startMs);
    } catch (failure) {
      this.#end(failure instanceof Error ? failure : new Error(String(failure)));
      throw failure;
    } finally {
      this.#isInTurn = false;
      if (this.#ended !== null) this.#timeline.dispose();
    }
  }

  /**
   * Fulfilled when it is done; going somewhere, when it is on its way; mixing, where it was taken to.
   * @throws AppError not-found once it has ended; what the check of a mix throws
   */
  control(control: GrowthControl): Promise<void> {
    return this.#ask(control.kind === 'mix', () => this.#control(control));
  }

  /** Where it was taken to, if it is on its way. @throws AppError not-found once it has ended, bad-argument */
  paint(stroke: GrowthStroke): Promise<void> {
    return this.#ask(true, () => this.#timeline.paint(stroke));
  }

  /** As paint. */
  take(): Promise<TakenGrowth> {
    return this.#ask(true, async () => {
      const { step, eventsSoFar } = this.#timeline;
      return { step, events: eventsSoFar, rgba: this.#setup.draw(await this.#timeline.state()) };
    });
  }

  /**
   * The newest frame, once there is one newer than `version` (0: any).
   * @param canvas of a page: where the growth is there, it is drawn on it, and the frame has no pixels
   */
  frameAfter(version: number, canvas: string | null = null): AwaitedFrame {
    const { promise: frame, resolve, reject } = Promise.withResolvers<ShownFrame | null>();
    const watcher = { after: version, canvas, resolve, reject };
    const cancel = (): void => {
      this.#watchers = this.#watchers.filter((other) => other !== watcher);
      resolve(null);
    };
    if (this.#ended === 'closed') resolve(null);
    else if (this.#ended !== null) reject(this.#ended);
    else {
      this.#watchers.push(watcher);
      this.#setup.onWake();
    }
    return { frame, cancel };
  }

  close(): void {
    if (this.#ended !== null) return;
    this.#end('closed');
    if (!this.#isInTurn) this.#timeline.dispose();
  }

  #ask<T>(needsRest: boolean, make: () => Promise<T>): Promise<T> {
    if (this.#ended !== null) return Promise.reject(closed());
    return new Promise((resolve, reject) => {
      this.#requests.push({ needsRest, make: () => make().then(resolve, reject), fail: reject });
      this.#setup.onWake();
    });
  }

  async #makeRequests(): Promise<void> {
    while (this.#ended === null) {
      const [request] = this.#requests;
      if (request === undefined || (request.needsRest && this.#target !== null)) return;
      this.#requests.shift();
      await request.make();
      this.#version++;
    }
  }

  async #control(control: GrowthControl): Promise<void> {
    const at = this.#target ?? this.#timeline.step;
    switch (control.kind) {
      case 'play':
      case 'pause':
        this.#setPlaying(control.kind === 'play');
        return;
      case 'step':
        this.#setPlaying(false);
        this.#target = Math.max(0, at + control.by);
        return;
      case 'seek':
        this.#target = control.step;
        return;
      case 'speed':
        this.#stepsPerSecond = control.stepsPerSecond;
        this.#startCounting();
        return;
      case 'loop':
        this.#loopAt = control.at;
        return;
      case 'mix':
        this.#timeline.remix(control.mix, control.stroke ?? null);
        this.#isStepWanted = true;
        return;
      case 'undo':
      case 'redo':
        await this.#timeline[control.kind]();
        this.#target = at;
        return;
      case 'restart':
        this.#target = null;
        await this.#timeline.restart();
        this.#startCounting();
        return;
      default:
        control satisfies never;
    }
  }

  #setPlaying(isPlaying: boolean): void {
    if (isPlaying === this.#isPlaying) return;
    this.#isPlaying = isPlaying;
    this.#startCounting();
    this.#startMeasuring();
  }

  async #goTo(target: number, startMs: number): Promise<void> {
    const { nowMs } = this.#setup;
    await this.#timeline.approach(target);
    while (this.#timeline.step < target && nowMs() - startMs < TURN_MS) {
      await this.#advance(target - this.#timeline.step, startMs);
    }
    const isThere = this.#timeline.step === target;
    if (isThere) {
      this.#target = null;
      this.#startCounting();
    }
    if (isThere || nowMs() - this.#seekShownMs >= SEEK_FRAME_MS) {
      this.#seekShownMs = nowMs();
      this.#version++;
    }
  }

  async #play(startMs: number): Promise<void> {
    const { nowMs } = this.#setup;
    const stepMs = 1000 / this.#stepsPerSecond;
    const lateMs = startMs - this.#startMs - (this.#made + 1) * stepMs;
    if (lateMs > MOST_LATE_MS) this.#startMs += lateMs - MOST_LATE_MS;
    let due = Math.floor((startMs - this.#startMs) / stepMs) - this.#made;
    if (this.#isStepWanted && due < 1 && stepMs < FRAME_MS + 1e-6) {
      due = 1;
      this.#startMs = startMs - (this.#made + 1) * stepMs;
    }
    this.#isStepWanted = false;
    while (due > 0 && nowMs() - startMs < TURN_MS) {
      const made = await this.#playOn(due, startMs);
      due -= made;
      this.#made += made;
      this.#measured.steps += made;
      this.#version++;
    }
    const measuredMs = nowMs() - this.#measured.sinceMs;
    if (measuredMs < MEASURE_MS) return;
    const perSecond = (this.#measured.steps * 1000) / measuredMs;
    this.#measured = { sinceMs: nowMs(), steps: 0, perSecond };
  }

  /** Some of the steps that are due; the loop's way back to the seed is one. */
  async #playOn(due: number, startMs: number): Promise<number> {
    const { step } = this.#timeline;
    const left = this.#loopAt === null ? Infinity : this.#loopAt - step;
    if (left > 0) return this.#advance(Math.min(due, left), startMs);
    await this.#timeline.seek(0);
    return 1;
  }

  /** As many of the steps as the turn has time for, but one at least. */
  async #advance(steps: number, startMs: number): Promise<number> {
    const { nowMs } = this.#setup;
    const beginMs = nowMs();
    const leftMs = TURN_MS - (beginMs - startMs);
    const made = Math.max(1, Math.min(steps, Math.floor(leftMs / this.#stepMs)));
    await this.#timeline.advance(made);
    const newest = (nowMs() - beginMs) / made;
    this.#stepMs = Math.max(1e-3, this.#stepMs + (newest - this.#stepMs) / 4);
    return made;
  }

  #startCounting(): void {
    this.#startMs = this.#setup.nowMs();
    this.#made = 0;
  }

  #startMeasuring(): void {
    this.#measured = { sinceMs: this.#setup.nowMs(), steps: 0, perSecond: 0 };
  }

  /** One picture for all who wait, or one for each canvas. The next turn is not before it is there. */
  async #show(): Promise<void> {
    const isWaiting = ({ after }: Watcher): boolean => after < this.#version;
    const canvases = new Set(this.#watchers.filter(isWaiting).map(({ canvas }) => canvas));
    for (const canvas of canvases) {
      const shown = { version: this.#version, frame: this.#frameWith(await this.#picture(canvas)) };
      const isShown = (watcher: Watcher): boolean => isWaiting(watcher) && watcher.canvas === canvas;
      const waiting = this.#watchers.filter(isShown);
      this.#watchers = this.#watchers.filter((watcher) => !isShown(watcher));
      for (const { resolve } of waiting) resolve(shown);
    }
  }

  async #picture(canvas: string | null): Promise<GrowthPicture> {
    const elsewhere = await this.#timeline.picture(canvas);
    if (elsewhere !== null) return elsewhere;
    const { grid, automaton } = this.#setup.spec;
    const state = await this.#timeline.state();
    return { rgba: this.#setup.draw(state), alive: countLivingCells(state, grid, automaton) };
  }

  #frameWith(picture: GrowthPicture): Frame {
    const timeline = this.#timeline;
    return {
      step: timeline.step,
      lastStep: timeline.lastStep,
      isPlaying: this.#isPlaying,
      ...this.#setup.spec.grid,
      ...picture,
      eventsSoFar: timeline.eventsSoFar.length,
      events: timeline.events.length,
      mix: timeline.mix,
      canUndo: timeline.canUndo,
      canRedo: timeline.canRedo,
      stepsPerSecond: this.#isPlaying ? this.#measured.perSecond : 0,
    };
  }

  #waitMs(startMs: number): number {
    const hasWork = this.#requests.length > 0;
    if (this.#target !== null || hasWork) return 0;
    if (!this.#isPlaying) return Infinity;
    const dueMs = this.#startMs + ((this.#made + 1) * 1000) / this.#stepsPerSecond;
    return Math.max(0, Math.max(dueMs, startMs + Math.floor(FRAME_MS)) - this.#setup.nowMs());
  }

  #end(reason: Error | 'closed'): void {
    this.#ended ??= reason;
    const [requests, watchers] = [this.#requests, this.#watchers];
    this.#requests = [];
    this.#watchers = [];
    for (const request of requests) request.fail(reason === 'closed' ? closed() : reason);
    for (const watcher of watchers) {
      if (reason === 'closed') watcher.resolve(null);
      else watcher.reject(reason);
    }
  }
}

function closed(): AppError {
  return new AppError('not-found', 'This growth was closed: open its style again.');
}
