/**
 * What grows a damaged patch whole: a model, whose encoder sees the patch with its hole and whose rule grows it; or a
 * rule that first learns the patch's intact cells.
 */
import type { Grid, RuleValues } from '#domain/automaton.ts';
import { AppError } from '#domain/errors.ts';
import type { ImageKind, ModelSpec } from '#domain/model-spec.ts';
import { presets } from '#domain/model-presets.ts';
import { growHole, heldStart } from '#engine/repair/held-growth.ts';
import { learnRule } from '#engine/repair/learn-rule.ts';
import { heldDecoderOf } from '#engine/network/decoders.ts';
import { meetingEdge, smoothlyFilled } from '#engine/repair/surroundings.ts';
import { trialsOf, trustBy, trustIn } from '#engine/repair/trust.ts';
import type { RolloutImplementation } from '#engine/rollout/rollout.ts';
import { encodeInput, type EncodingModel } from '../encode-picture.ts';
import type { LessonBook } from './lesson-file.ts';

export interface Patch {
  /** Premultiplied RGBA, [H, W, 4]. */
  readonly cells: Float32Array;
  /** [H, W], 1 inside. */
  readonly hole: Uint8Array;
  /** Whether the hole holds nothing yet; else what was grown before, coarser. */
  readonly isFirst: boolean;
  /** Whether the photo has no transparency, so that nothing may be left empty. */
  readonly isOpaque: boolean;
  readonly signal: AbortSignal;
  readonly phase: (cells: Float32Array | null, name: string, done?: number, total?: number) => Promise<void>;
}

export interface PatchGrower {
  readonly grid: Grid;
  /** Whether it only takes holes as a whole. */
  readonly isOneLevel: boolean;
  /** @returns [H, W, 4], premultiplied; as `cells` outside the hole where it is locked */
  grow(patch: Patch): Promise<Float32Array>;
}

/**
 * What is made of the cells outside the hole. `hold`: they are held at the photo's values at every step, and the hole grows
 * from what fills it smoothly. `meet`: the rule grows the whole picture, and the hole's part of that is moved to meet the
 * photo at its edge, twice, the second time from what came of the first, as far as it is to be believed. `best`: `hold`
 * by a model that was trained for it (damage.held), `meet` by others, which holding takes to states that they do not
 * know. `plain`: nothing (the paper's way).
 */
export type Lock = 'best' | 'hold' | 'meet' | 'plain';

export interface GrowerOptions {
  readonly lock: Lock;
  readonly implementation: RolloutImplementation;
}

export interface LearningOptions extends GrowerOptions {
  readonly iterations: number;
  /** Ends learning with what it has. */
  readonly isStopped: () => boolean;
  readonly onNotice: (sentence: string) => void;
  /** Where lessons are put down, so that another process can go on. */
  readonly book?: LessonBook;
}

const SEED = 1;
const PASSES = 2;
/** Held growths of other draws, of which the mean is taken: which cells fire when leaves specks. */
const GROWTHS = 4;
/** Places where a held growth is tried, to know how far it is to be believed. */
const TRIALS = 3;
/** Of the iterations, for each part after the first. */
const LATER_PART = 0.25;
/** Between two times that a lesson is put down. */
const KEEP_MS = 10_000;
/** Between two looks of a person at what grows. */
const SHOW_MS = 100;

export function modelGrower(model: EncodingModel, options: GrowerOptions): PatchGrower {
  const { implementation } = options;
  const { spec } = model;
  const { width } = spec.grid;
  const trained = spec.damage?.held;
  const best = trained === undefined ? 'meet' : 'hold';
  const lock = options.lock === 'best' ? best : options.lock;
  const heldSteps = trained?.steps ?? spec.steps;
  return {
    grid: spec.grid,
    isOneLevel: false,
    async grow(patch) {
      const { hole } = patch;
      const known = asSeenBy(spec.image, patch.cells);
      const growth = { spec, implementation, seed: SEED };
      const grown = async (input: Float32Array): Promise<Float32Array> => {
        const { rule } = await encodeInput(model, input);
        const onSteps = showing(patch, spec, spec.steps);
        const how = { isLocked: false, start: 'seed', steps: spec.steps, onSteps } as const;
        return growHole({ ...growth, ...how, rule, known, hole });
      };
      /** What fills a hole smoothly, grown to what the model makes of it. */
      const grownHeld = async (
        filled: Float32Array,
        inside: Uint8Array,
        growths: number,
      ): Promise<Float32Array> => {
        const { rule } = await encodeInput(model, filled, heldDecoderOf(spec));
        const start = heldStart(filled, spec.automaton.channels);
        const onSteps = showing(patch, spec, heldSteps);
        const how = { isLocked: true, start, steps: heldSteps, onSteps };
        const mean = new Float32Array(filled.length);
        for (let seed = SEED; seed < SEED + growths; seed++) {
          const shown = await growHole({ ...growth, ...how, seed, rule, known: filled, hole: inside });
          for (const [i, value] of shown.entries()) mean[i] += unit(value) / growths;
        }
        return mean;
      };
      if (lock === 'plain') {
        return finished(await grown(patch.isFirst ? emptied(known, hole) : known), patch, spec);
      }
      const smooth = patch.isFirst ? smoothlyFilled(known, hole, width) : known;
      if (lock === 'hold') {
        const shown = finished(await grownHeld(smooth, hole, GROWTHS), patch, spec);
        const trials = trialsOf(smooth, hole, spec.grid).slice(0, TRIALS);
        const tried: Float32Array[] = [];
        for (const trial of trials) {
          const cells = await grownHeld(trial.smooth, trial.tried, 1);
          tried.push(finished(cells, { ...patch, cells: trial.smooth, hole: trial.tried }, spec));
        }
        const trust = trustBy(trials, tried, known);
        return shown.map((value, i) => unit(smooth[i] + trust * (value - smooth[i])));
      }
      let filled = smooth;
      for (let pass = 0; pass < PASSES; pass++) {
        const shown = (await grown(filled)).map(unit);
        const met = meetingEdge(shown, known, hole, width);
        const trust = trustIn(shown, known, hole, spec.grid);
        filled = met.map((value, i) => unit(smooth[i] + trust * (value - smooth[i])));
      }
      return finished(filled, patch, spec);
    },
  };
}

/** Sized so that an iteration takes some tenths of a second on a common processor. */
const learner: ModelSpec = {
  ...presets.single,
  automaton: { ...presets.single.automaton, hidden: 64, sobelSizes: [3] },
  seed: 'rgba',
};

export function learningGrower(
  model: EncodingModel | null,
  { lock, implementation, iterations, isStopped, onNotice, book }: LearningOptions,
): PatchGrower {
  const base: ModelSpec = { ...(model?.spec ?? learner), network: null, damage: null };
  /** Of an earlier part: the next one of the same photo needs less. */
  let earlier: RuleValues | null = null;
  let parts = 0;
  return {
    grid: base.grid,
    isOneLevel: true,
    async grow(patch) {
      const { hole } = patch;
      const known = asSeenBy(base.image, patch.cells);
      const spec = { ...base, steps: stepsFor(hole, base.grid) };
      const filled = smoothlyFilled(known, hole, base.grid.width);
      const part = parts++;
      const page = book?.read(part) ?? null;
      const start = earlier ?? (model && (await encodeInput(model, filled, heldDecoderOf(model.spec))).rule);
      let keptMs = performance.now();
      const most = earlier === null ? iterations : Math.ceil(iterations * LATER_PART);
      const learned = await learnRule({
        ...{ spec, known, hole, rule: start, seed: SEED, implementation, from: page?.state ?? null },
        // What was learned to the end is not learned again.
        iterations: page?.isOver === true ? 0 : most,
        isStopped: () => isStopped() || patch.signal.aborted,
        async onStep({ iteration, loss, state }) {
          if (book && performance.now() - keptMs > KEEP_MS) {
            await book.write(part, { isOver: false, state: await state() });
            keptMs = performance.now();
          }
          await patch.phase(null, `Learning this photo, loss ${loss.toPrecision(3)}`, iteration, most);
          await new Promise<void>((resolve) => setImmediate(resolve));
        },
      });
      const isOver = learned.reason !== 'stopped';
      await book?.write(part, { isOver, state: learned.state });
      if (patch.signal.aborted) throw new AppError('cancelled', 'The repair was cancelled.');
      earlier = learned.rule;
      if (learned.reason !== 'finished') {
        const why = learned.reason === 'good' ? 'as it did not get better' : 'as you asked';
        onNotice(`Learning ended after ${learned.iterations} iterations, ${why}.`);
      }
      const shown = await growHole({
        ...{ spec, rule: learned.rule, known, hole, isLocked: lock !== 'plain', implementation },
        ...{
          seed: SEED,
          start: heldStart(filled, spec.automaton.channels),
          steps: spec.steps,
          onSteps: showing(patch, spec, spec.steps),
        },
      });
      return finished(shown, patch, spec);
    },
  };
}

/** Steps in which cells reach the middle of the hole, at half a cell a step, and settle. */
function stepsFor(hole: Uint8Array, { width }: Grid): number {
  const columns = [...hole.keys()].filter((cell) => hole[cell] === 1);
  const xs = columns.map((cell) => cell % width);
  const ys = columns.map((cell) => Math.floor(cell / width));
  const extent = (values: readonly number[]): number =>
    values.reduce((a, b) => Math.max(a, b)) - values.reduce((a, b) => Math.min(a, b)) + 1;
  const radius = Math.min(extent(xs), extent(ys)) / 2;
  return Math.round(Math.min(64, 16 + 2.5 * radius));
}

/** The photo's cells as the model's pictures are (see media/decode.ts). */
function asSeenBy(kind: ImageKind, cells: Float32Array): Float32Array {
  if (kind === 'rgba') return cells;
  const seen = new Float32Array(cells.length);
  for (let i = 0; i < cells.length; i += 4) {
    const [r, g, b, a] = cells.subarray(i, i + 4);
    if (kind === 'grey-alpha') seen.fill(0.299 * r + 0.587 * g + 0.114 * b, i, i + 4);
    else seen.set([r + 1 - a, g + 1 - a, b + 1 - a, 1], i);
  }
  return seen;
}

/** As training damages its input. */
function emptied(cells: Float32Array, hole: Uint8Array): Float32Array {
  const values = cells.slice();
  for (let cell = 0; cell < hole.length; cell++) if (hole[cell] === 1) values.fill(0, cell * 4, cell * 4 + 4);
  return values;
}

/** What shows, as the photo's cells are; in an opaque photo, what is left empty is as its surroundings. */
function finished(shown: Float32Array, patch: Patch, { image: kind, grid }: ModelSpec): Float32Array {
  const { cells, hole, isOpaque } = patch;
  const result = new Float32Array(cells.length);
  const around = isOpaque ? smoothlyFilled(cells, hole, grid.width) : null;
  for (let at = 0; at < cells.length; at += 4) {
    // A digit's value is its colour, not what covers something.
    const alpha = kind === 'grey-alpha' ? 1 : unit(shown[at + 3]);
    for (let c = 0; c < 3; c++) {
      result[at + c] = unit(shown[at + c]) + (around ? (1 - alpha) * around[at + c] : 0);
    }
    result[at + 3] = around ? 1 : alpha;
  }
  return result;
}

/** Not a number counts as 0: a broken state is still drawn. */
function unit(value: number): number {
  return value > 0 ? Math.min(value, 1) : 0;
}

function showing(patch: Patch, { automaton, image }: ModelSpec, steps: number) {
  let shownMs = performance.now();
  return async (step: number, state: Float32Array): Promise<void> => {
    if (patch.signal.aborted) throw new AppError('cancelled', 'The repair was cancelled.');
    const nowMs = performance.now();
    if (nowMs - shownMs < SHOW_MS) return;
    shownMs = nowMs;
    const { channels: C } = automaton;
    const cells = new Float32Array(patch.cells.length);
    for (let cell = 0; cell < patch.hole.length; cell++) {
      if (patch.hole[cell] === 0) continue;
      cells.set(state.subarray(cell * C, cell * C + 4), cell * 4);
      if (image === 'grey-alpha') cells[cell * 4 + 3] = 1;
    }
    await patch.phase(cells, 'Growing', step, steps);
    await new Promise<void>((resolve) => setImmediate(resolve));
  };
}
