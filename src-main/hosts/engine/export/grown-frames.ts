/** The pictures of a recipe's growth at some of its steps, with everything that happened to it on the way; or of a morph. */
import { setImmediate as immediately } from 'node:timers/promises';
import { fuseStyles } from '#app/growing.ts';
import { GrowthTimeline } from '#app/growth-timeline.ts';
import type { StyleValues } from '#contract/engine-contract.ts';
import type { Recipe } from '#contract/shapes/growth.ts';
import { AppError } from '#domain/errors.ts';
import { completeMix } from '#domain/mix.ts';
import type { ModelSpec } from '#domain/model-spec.ts';
import type { MorphPath } from '#domain/morph.ts';
import { openGrowth } from '#engine/rollout/growth.ts';
import type { RolloutImplementation } from '#engine/rollout/rollout.ts';
import { areKept, decodeKept, type KeptRule } from '../kept-rules.ts';
import { latentsOf, withoutLatents, type LatentSource } from '../latents.ts';
import { morphFrames } from '../morph-frames.ts';
import { stateToImage, type RgbaImage } from '#media/pixels.ts';

export interface ExportedGrowth {
  /** Of the artwork or style. */
  readonly name: string;
  readonly recipe: Recipe;
  /** As in the recipe. */
  readonly styles: readonly StyleValues[];
  /** What a mix by latents needs. */
  readonly latents?: LatentSource | null;
  /** Of the recipe's last step; null where nobody knows it yet. */
  readonly digest: string | null;
  /** What its mixes by latent were decoded to, where that was kept. */
  readonly decoded?: readonly KeptRule[];
  /** A growth of all the recipe's steps for each frame, on the way between the latents. */
  readonly morph?: MorphPath | null;
}

export interface FrameOptions {
  readonly implementation: RolloutImplementation;
  readonly signal: AbortSignal;
}

/** Between two looks at the event loop. */
const STRETCH_MS = 30;

/** What grows: the automaton of the recipe's styles, on its grid. @throws AppError mismatch */
export function specOf({ recipe, styles }: Pick<ExportedGrowth, 'recipe' | 'styles'>): ModelSpec {
  return { ...planOf(styles, recipe).spec, grid: recipe.grid };
}

/** The last of what an export can show: a step, or of a morph a frame. */
export function lastMomentOf({ recipe, morph }: Pick<ExportedGrowth, 'recipe' | 'morph'>): number {
  return morph ? morph.frames - 1 : recipe.steps;
}

/**
 * @param moments Steps since the seed, or of a morph frames, ascending.
 * @throws AppError cancelled, mismatch, out-of-memory
 */
export function grownFrames(
  growth: Pick<ExportedGrowth, 'recipe' | 'styles' | 'latents' | 'decoded' | 'morph'>,
  moments: readonly number[],
  options: FrameOptions,
): AsyncGenerator<RgbaImage, void, undefined> {
  const { morph } = growth;
  return morph ? morphedFrames(growth, morph, moments, options) : stepFrames(growth, moments, options);
}

async function* morphedFrames(
  { recipe, styles, latents = null }: Pick<ExportedGrowth, 'recipe' | 'styles' | 'latents'>,
  morph: MorphPath,
  frames: readonly number[],
  options: FrameOptions,
): AsyncGenerator<RgbaImage, void, undefined> {
  if (latents === null) throw withoutLatents();
  const { grid, steps, seed } = recipe;
  const spec = { ...planOf(styles, recipe).spec, grid, steps };
  const layout = { ...grid, channels: spec.automaton.channels };
  for await (const { state } of morphFrames({ spec, latents, morph, seed, frames }, options)) {
    yield stateToImage(state, layout);
  }
}

async function* stepFrames(
  { recipe, styles, latents = null, decoded = [] }: Omit<ExportedGrowth, 'name' | 'digest' | 'morph'>,
  moments: readonly number[],
  { implementation, signal }: FrameOptions,
): AsyncGenerator<RgbaImage, void, undefined> {
  const plan = planOf(styles, recipe);
  const spec = { ...plan.spec, grid: recipe.grid };
  const source = latents && latentsOf(latents);
  const { mix, events } = recipe;
  const mixes = [mix, ...events.flatMap((event) => (event.kind === 'mix' ? [event.mix] : []))];
  if (!areKept(mixes, decoded)) await source?.open();
  const decode = decodeKept(plan.spec, decoded, source);
  const growth = openGrowth({ ...plan, spec, decode }, implementation);
  const opening = GrowthTimeline.open({ spec, growth, mix, events, keepBytes: 0 });
  const timeline = await opening.catch((failure: unknown) => {
    growth.dispose();
    source?.dispose();
    throw failure;
  });
  try {
    const layout = { ...recipe.grid, channels: spec.automaton.channels };
    let steps = 8;
    for (const moment of moments) {
      while (timeline.step < moment) {
        if (signal.aborted) throw new AppError('cancelled', 'The export was cancelled; nothing was written.');
        const startMs = performance.now();
        await timeline.advance(Math.min(steps, moment - timeline.step));
        const tookMs = performance.now() - startMs;
        steps = tookMs > STRETCH_MS ? Math.max(1, steps >> 1) : tookMs < STRETCH_MS / 2 ? steps * 2 : steps;
        await immediately();
      }
      yield stateToImage(await timeline.state(), layout);
    }
  } finally {
    timeline.dispose();
    source?.dispose();
  }
}

function planOf(styles: readonly StyleValues[], { seed, mix }: Recipe): ReturnType<typeof fuseStyles> {
  const own = styles.map(({ name, spec, w0, b0, w1 }) => ({ name, spec, rule: { count: 1, w0, b0, w1 } }));
  return fuseStyles(own, seed, completeMix(mix, styles.length));
}
