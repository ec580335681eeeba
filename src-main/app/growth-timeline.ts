/**
 * A growth that can be painted on, and go back. Its steps and the events between them are a line: any step of it can be
 * gone to again, by a state that was kept and the steps after it, and is then to the last bit what growing straight from
 * the seed with the same events makes. Painting in the past forgets the events of later steps, until it is undone.
 *
 * A step's state is shown with the events of its number made; kept states are from before those.
 */
import type { GrowthEvent, GrowthStroke } from '#contract/shapes/growth.ts';
import { plainMix } from '#contract/shapes/mix.ts';
import { AppError } from '#domain/errors.ts';
import type { Mix } from '#domain/mix.ts';
import type { ModelSpec } from '#domain/model-spec.ts';
import { makeMark, type GrowthMark } from '#domain/growth-marks.ts';
import { seedState } from '#domain/seed-state.ts';
import type { GrowthPicture, GrowthUnderWay } from './growing.ts';
import { KeptStates } from './kept-states.ts';

export interface TimelineSetup {
  readonly spec: Pick<ModelSpec, 'grid' | 'automaton' | 'seed' | 'seedOffset'>;
  /** One sample, at step 0. The timeline disposes of it. */
  readonly growth: GrowthUnderWay;
  /** At first; events change it. The growth's own, one after another, if left out. */
  readonly mix?: Mix;
  /** Whether the growth can be mixed so: throws an AppError if not. It can in every way, if left out. */
  readonly checkMix?: (mix: Mix) => void;
  /** To begin with, in any order. */
  readonly events?: readonly GrowthEvent[];
  /** Of states kept for going back; 64 MiB if left out. */
  readonly keepBytes?: number;
}

const KEEP_BYTES = 64 * 2 ** 20;
const UNDO_LEVELS = 100;
/** As many as a recipe may have. */
const MOST_EVENTS = 100_000;

type MixEvent = GrowthEvent & { readonly kind: 'mix' };

/** Not to be called again before the promise of the call before is settled. */
export class GrowthTimeline {
  readonly #spec: TimelineSetup['spec'];
  readonly #growth: GrowthUnderWay;
  readonly #kept: KeptStates;
  readonly #firstMix: Mix;
  readonly #checkMix: (mix: Mix) => void;
  /** The growth's now. */
  #usedMix: Mix;
  /** Of these events those that change the mix. */
  #mixes: { of: readonly GrowthEvent[]; list: readonly MixEvent[] } = { of: [], list: [] };
  /** Their steps ascend. Never changed in place, so an earlier list is an earlier timeline. */
  #events: readonly GrowthEvent[];
  #past: (readonly GrowthEvent[])[] = [];
  #future: (readonly GrowthEvent[])[] = [];
  /** The one that the newest events belong to. */
  #stroke: number | null = null;
  #lastStep = 0;

  private constructor({ spec, growth, events = [], keepBytes = KEEP_BYTES, ...mixing }: TimelineSetup) {
    const { height, width } = spec.grid;
    const { mix = plainMix, checkMix = () => undefined } = mixing;
    this.#firstMix = mix;
    this.#usedMix = mix;
    this.#checkMix = checkMix;
    for (const event of events) if (event.kind === 'mix') checkMix(event.mix);
    this.#spec = spec;
    this.#growth = growth;
    const isFar = growth.mark !== undefined;
    this.#kept = new KeptStates(keepBytes, height * width * spec.automaton.channels * 4, isFar);
    this.#events = events.toSorted((a, b) => a.step - b.step);
  }

  /** At step 0, with its events made. */
  static async open(setup: TimelineSetup): Promise<GrowthTimeline> {
    const timeline = new GrowthTimeline(setup);
    await timeline.#makeEvents();
    return timeline;
  }

  get step(): number {
    return this.#growth.step;
  }

  /** The furthest one since the past was last changed. */
  get lastStep(): number {
    return this.#lastStep;
  }

  get events(): readonly GrowthEvent[] {
    return this.#events;
  }

  /** Those that made the state what it is. */
  get eventsSoFar(): readonly GrowthEvent[] {
    return this.#events.slice(0, countUpTo(this.#events, this.step));
  }

  get canUndo(): boolean {
    return this.#past.length > 0;
  }

  get canRedo(): boolean {
    return this.#future.length > 0;
  }

  /** That makes the next step. */
  get mix(): Mix {
    if (this.#mixes.of !== this.#events) {
      const list = this.#events.filter((event) => event.kind === 'mix');
      this.#mixes = { of: this.#events, list };
    }
    const { list } = this.#mixes;
    const at = countUpTo(list, this.step) - 1;
    return at < 0 ? this.#firstMix : list[at].mix;
  }

  /** [H, W, C], an array of its own. */
  state(): Promise<Float32Array> {
    return this.#growth.state();
  }

  /** Made where the state is, if that is elsewhere; null where it is here, and `state` tells. */
  async picture(canvas: string | null): Promise<GrowthPicture | null> {
    return (await this.#growth.picture?.(canvas)) ?? null;
  }

  async advance(steps: number): Promise<void> {
    const end = this.step + steps;
    while (this.step < end) {
      const { step } = this;
      const nextEvent = this.#events[countUpTo(this.#events, step)]?.step ?? Infinity;
      this.#useMix();
      this.#growth.advance(Math.min(end, nextEvent, this.#kept.nextDue(step)) - step);
      await this.#growth.made?.();
      this.#lastStep = Math.max(this.#lastStep, this.step);
      await this.#arrive();
    }
  }

  /** To where `step` is reached from in the fewest steps, not beyond it. */
  async approach(step: number): Promise<void> {
    const nearest = this.#kept.nearest(step)?.step ?? 0;
    if (this.step > step || this.step < nearest) await this.#load(nearest);
  }

  async seek(step: number): Promise<void> {
    await this.approach(step);
    await this.advance(step - this.step);
  }

  /**
   * At the step that it is at.
   * @throws AppError bad-argument for more events than a recipe may have
   */
  async paint({ stroke, marks }: GrowthStroke): Promise<void> {
    const { step } = this;
    const earlier = this.eventsSoFar;
    const added = marks.map((mark): GrowthEvent => ({ ...mark, step }));
    checkCount(earlier.length + added.length);
    if (this.#growth.mark !== undefined) {
      this.#branch(earlier, added, stroke);
      this.#growth.mark(marks);
      return;
    }
    const state = await this.#growth.state();
    // From here it is undone at once.
    const isBeforeEvents = earlier.at(-1)?.step !== step;
    if (!this.#kept.has(step) && isBeforeEvents) this.#kept.keep(step, state.slice());
    this.#branch(earlier, added, stroke);
    this.#mark(state, marks);
  }

  /**
   * From the step that it is at. One without a `stroke` is undone by itself.
   * @throws AppError what the check of the mix throws, bad-argument for more events than a recipe may have
   */
  remix(mix: Mix, stroke: number | null = null): void {
    this.#checkMix(mix);
    if (isSame(mix, this.mix)) return;
    const { step } = this;
    // Of several at one step only the last has any effect.
    const earlier = this.eventsSoFar.filter((event) => event.kind !== 'mix' || event.step < step);
    checkCount(earlier.length + 1);
    this.#branch(earlier, [{ kind: 'mix', step, mix }], stroke);
  }

  /** Takes back the last stroke; goes back to before it, for the caller to seek the step that it wants to be at. */
  async undo(): Promise<void> {
    const before = this.#past.pop();
    if (before === undefined) return;
    this.#future.push(this.#events);
    await this.#become(before);
  }

  /** As undo. */
  async redo(): Promise<void> {
    const after = this.#future.pop();
    if (after === undefined) return;
    this.#past.push(this.#events);
    await this.#become(after);
  }

  /** Forgets all events, also those that could be undone; mixed from the beginning as it is now. */
  async restart(): Promise<void> {
    const { mix } = this;
    this.#past = [];
    this.#future = [];
    await this.#become(isSame(mix, this.#firstMix) ? [] : [{ kind: 'mix', step: 0, mix }]);
    this.#lastStep = 0;
    if (this.step !== 0) await this.#load(0);
  }

  dispose(): void {
    this.#growth.dispose();
  }

  /** What comes after this step is forgotten, and these happen at it. */
  #branch(earlier: readonly GrowthEvent[], added: readonly GrowthEvent[], stroke: number | null): void {
    const isOfStroke = stroke !== null && this.#stroke === stroke;
    if (!isOfStroke) this.#past = [...this.#past, this.#events].slice(-UNDO_LEVELS);
    this.#stroke = stroke;
    this.#future = [];
    this.#events = [...earlier, ...added];
    this.#kept.forgetAfter(this.step);
    this.#lastStep = this.step;
  }

  #useMix(): void {
    const { mix } = this;
    if (mix === this.#usedMix) return;
    this.#growth.remix(mix);
    this.#usedMix = mix;
  }

  async #become(events: readonly GrowthEvent[]): Promise<void> {
    const changed = firstDifference(this.#events, events);
    this.#events = events;
    this.#stroke = null;
    this.#kept.forgetAfter(changed);
    this.#lastStep = Math.min(this.#lastStep, changed);
    if (changed <= this.step) await this.#load(this.#kept.nearest(changed)?.step ?? 0);
  }

  /** A kept state's step, or 0. */
  async #load(step: number): Promise<void> {
    const kept = this.#kept.nearest(step);
    this.#growth.replace(kept?.state ?? seedState(this.#spec), kept?.step ?? 0);
    this.#lastStep = Math.max(this.#lastStep, this.step);
    await this.#makeEvents();
  }

  /** The step is new: keeps its state if it is one of those to keep, and makes its events. */
  async #arrive(): Promise<void> {
    const { step } = this;
    const hasMarks = this.#marksHere().length > 0;
    const isWorthIt = hasMarks && this.#growth.mark === undefined;
    const isKept = this.#kept.isDue(step) || (isWorthIt && !this.#kept.has(step));
    if (isKept) this.#kept.keep(step, await this.#growth.state());
    if (hasMarks) await this.#makeEvents();
  }

  async #makeEvents(): Promise<void> {
    const marks = this.#marksHere();
    if (marks.length === 0) return;
    if (this.#growth.mark === undefined) this.#mark(await this.#growth.state(), marks);
    else this.#growth.mark(marks);
  }

  /** Events of this step that change the state. */
  #marksHere(): GrowthMark[] {
    const { step } = this;
    return this.#events
      .slice(countUpTo(this.#events, step - 1), countUpTo(this.#events, step))
      .filter((event) => event.kind !== 'mix');
  }

  #mark(state: Float32Array, marks: readonly GrowthMark[]): void {
    for (const mark of marks) makeMark(state, mark, this.#spec);
    this.#growth.replace(state, this.step);
  }
}

/** @throws AppError bad-argument */
function checkCount(events: number): void {
  if (events <= MOST_EVENTS) return;
  throw new AppError(
    'bad-argument',
    `A growth remembers ${MOST_EVENTS.toLocaleString('en')} strokes, and these are more: save it, and go on from there.`,
  );
}

function isSame(a: Mix, b: Mix): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b);
}

/** How many events have a step of at most `step`. */
function countUpTo(events: readonly GrowthEvent[], step: number): number {
  let low = 0;
  let high = events.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (events[middle].step <= step) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The first step at which the lists differ; Infinity if they are the same. */
function firstDifference(a: readonly GrowthEvent[], b: readonly GrowthEvent[]): number {
  let at = 0;
  while (at < a.length && a[at] === b[at]) at++;
  return Math.min(a[at]?.step ?? Infinity, b[at]?.step ?? Infinity);
}
