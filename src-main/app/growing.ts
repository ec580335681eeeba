/**
 * Growing pictures: from one living cell, by one rule or by several mixed, looked at on the way. The engine is a
 * port, so that the command line, the window and a test grow in the same words.
 */
import type { Automaton, Grid, RuleValues } from '#domain/automaton.ts';
import { AppError } from '#domain/errors.ts';
import type { GrowthMark } from '#domain/growth-marks.ts';
import { commonAutomaton, widenRule } from '#domain/mix-blend.ts';
import { checkMix, evenTurns, type Mix } from '#domain/mix.ts';
import type { ModelSpec } from '#domain/model-spec.ts';

/** A rule with the automaton that runs it. */
export interface Style {
  /** For people: the image's or the file's name. */
  readonly name: string;
  readonly spec: ModelSpec;
  readonly rule: RuleValues;
}

/** The port: a growth under way, which whoever opened it disposes of. */
export interface GrowthUnderWay {
  readonly step: number;
  advance(steps: number): void;
  /** [B, H, W, C] */
  state(): Promise<Float32Array>;
  /** Goes on from other values of the same shape; the steps go on counting, or count on from `step`. */
  replace(state: Float32Array, step?: number): void;
  /** Mixes the rules so from the next step on. */
  remix(mix: Mix): void;
  /** Marks the state where it is, if reading it and replacing it takes long. */
  readonly mark?: (marks: readonly GrowthMark[]) => void;
  /** Fulfilled when all steps so far are made, where `advance` only sends them on their way. */
  readonly made?: () => Promise<void>;
  /**
   * How it looks now, made where its state is: on a canvas of that name where there is one, else as pixels.
   * @returns null where that is here, and `state` tells
   */
  readonly picture?: (canvas: string | null) => Promise<GrowthPicture | null>;
  dispose(): void;
}

export interface GrowthPicture {
  /** Straight RGBA, [H, W, 4]; null where it was drawn on the canvas. */
  readonly rgba: Uint8Array<ArrayBuffer> | null;
  /** Cells that live. */
  readonly alive: number;
}

export interface GrowthPlan {
  readonly spec: ModelSpec;
  /** Each with a rule for every sample, or one for all. */
  readonly rules: readonly RuleValues[];
  /** One a step, in turns, if left out. */
  readonly mix?: Mix;
  /** Of the masks, uint32. */
  readonly seed: number;
}

export type OpenGrowth = (plan: GrowthPlan) => GrowthUnderWay;

export interface GrowthMoment {
  /** Steps since the seed. */
  readonly step: number;
  /** [B, H, W, C] */
  readonly state: Float32Array;
}

/** Whether to stop; an AbortSignal is one. */
export interface Cancellation {
  readonly aborted: boolean;
}

/** Steps between two looks at the signal. */
const chunkSteps = 32;

/** 0, `every`, 2·`every`, … and the last. */
export function momentsEvery(steps: number, every: number): number[] {
  const moments = Array.from({ length: Math.ceil(steps / every) }, (_, i) => i * every);
  return [...moments, steps];
}

/**
 * The states at the given steps, which ascend.
 * @throws AppError cancelled once the signal is aborted.
 */
export async function* growthMoments(
  open: OpenGrowth,
  plan: GrowthPlan,
  moments: readonly number[],
  signal?: Cancellation,
): AsyncGenerator<GrowthMoment, void, undefined> {
  const growth = open(plan);
  try {
    for (const moment of moments) {
      advanceTo(growth, moment, signal);
      yield { step: growth.step, state: await growth.state() };
      if (signal?.aborted === true) throw cancelled(growth.step);
    }
  } finally {
    growth.dispose();
  }
}

/** @throws AppError cancelled once the signal is aborted. */
export function advanceTo(growth: GrowthUnderWay, step: number, signal?: Cancellation): void {
  while (growth.step < step) {
    if (signal?.aborted === true) throw cancelled(growth.step);
    growth.advance(Math.min(chunkSteps, step - growth.step));
  }
}

/** The state after all steps, [B, H, W, C]. */
export async function grown(
  open: OpenGrowth,
  plan: GrowthPlan,
  steps: number,
  signal?: Cancellation,
): Promise<Float32Array> {
  for await (const { state } of growthMoments(open, plan, [steps], signal)) return state;
  throw new Error('a growth without a moment');
}

/**
 * Several styles on one state, as in the paper one a step in turns, or mixed in another way: any whose states have the
 * same channels. Where their rules have other filters or fewer hidden values, they are written with zeros in those
 * places. The grid is the largest of theirs, the steps are the most of theirs; the first one says what else there is to
 * say: gain, fire rate, when a cell lives, the seed.
 * @throws AppError mismatch with both styles' names and what differs; bad-argument for a mix that does not fit
 */
export function fuseStyles(
  styles: readonly Style[],
  seed: number,
  mix: Mix = evenTurns(styles.length),
): GrowthPlan {
  const [first] = styles as readonly (Style | undefined)[];
  if (first === undefined) throw new AppError('bad-argument', 'A fusion needs styles, found none; name two.');
  checkMix(mix, styles.length);
  const refusal = unlikeStates(styles) ?? (mix.kind === 'weights' ? unlikeRules(styles) : null);
  if (refusal !== null) throw new AppError('mismatch', refusal);
  const automaton = commonAutomaton(styles.map(({ spec }) => spec.automaton));
  const grid: Grid = {
    height: Math.max(...styles.map(({ spec }) => spec.grid.height)),
    width: Math.max(...styles.map(({ spec }) => spec.grid.width)),
  };
  const steps = Math.max(...styles.map(({ spec }) => spec.steps));
  const rules = styles.map(({ spec, rule }) => widenRule(rule, spec.automaton, automaton));
  return { spec: { ...first.spec, automaton, grid, steps }, rules, mix, seed };
}

/** Why these rules' values cannot be averaged, as a sentence; null if they can. */
export function unlikeRules(styles: readonly Pick<Style, 'name' | 'spec'>[]): string | null {
  const [first, ...others] = styles;
  for (const other of others) {
    const apart = firstDifference(first.spec, other.spec, [
      ['channels', ({ channels }) => channels],
      ['hidden values', ({ hidden }) => hidden],
      ['Sobel sizes', ({ sobelSizes }) => sobelSizes.join(' and ') || 'none'],
    ]);
    if (apart !== null) {
      return `The rules of ${first.name} and ${other.name} cannot be averaged: ${apart}; choose another mode, or styles made with one model.`;
    }
  }
  return null;
}

/** Why these styles cannot share a state, as a sentence; null if they can. */
export function unlikeStates(styles: readonly Pick<Style, 'name' | 'spec'>[]): string | null {
  const [first, ...others] = styles;
  for (const other of others) {
    const apart = difference(first.spec, other.spec);
    if (apart !== null)
      return `${first.name} and ${other.name} cannot be mixed: ${apart}; choose styles made with one model.`;
  }
  return null;
}

/** What keeps two automata from working on one state, for people; null if nothing does. */
function difference(a: ModelSpec, b: ModelSpec): string | null {
  return firstDifference(a, b, [
    ['channels', ({ channels }) => channels],
    ['alive channel', ({ aliveChannel }) => aliveChannel],
  ]);
}

type Trait = readonly [name: string, of: (automaton: Automaton) => number | string];

function firstDifference(a: ModelSpec, b: ModelSpec, traits: readonly Trait[]): string | null {
  for (const [name, trait] of traits) {
    const [one, other] = [trait(a.automaton), trait(b.automaton)];
    if (one !== other) return `their ${name} differ (${one} and ${other})`;
  }
  return null;
}

function cancelled(step: number): AppError {
  return new AppError('cancelled', `Growing was cancelled at step ${step}; nothing was written.`);
}
