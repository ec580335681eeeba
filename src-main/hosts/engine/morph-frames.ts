/**
 * The pictures of a morph: for every frame the rule of its latent, grown from the seed by itself, so that any frame can
 * be had without those before it, and the draws, which are the same in all, do not flicker.
 */
import { setImmediate as immediately } from 'node:timers/promises';
import { AppError } from '#domain/errors.ts';
import type { ModelSpec } from '#domain/model-spec.ts';
import { morphLatent, type MorphPath } from '#domain/morph.ts';
import { openGrowth } from '#engine/rollout/growth.ts';
import type { RolloutImplementation } from '#engine/rollout/rollout.ts';
import { latentsOf, type LatentSource } from './latents.ts';

export interface MorphPlan {
  /** Of the styles; its grid and steps are what is grown. */
  readonly spec: ModelSpec;
  readonly latents: LatentSource;
  readonly morph: MorphPath;
  readonly seed: number;
  /** Of all frames those, ascending; all if left out. */
  readonly frames?: readonly number[];
}

export interface MorphState {
  /** From 0. */
  readonly frame: number;
  /** [H, W, C] */
  readonly state: Float32Array;
}

export interface MorphOptions {
  readonly implementation: RolloutImplementation;
  readonly signal: AbortSignal;
}

/** Between two looks at the event loop, in steps. */
const STRETCH = 32;

/** @throws AppError cancelled, mismatch where the latents are not the model's, not-found, bad-file, out-of-memory */
export async function* morphFrames(
  { spec, latents, morph, seed, frames }: MorphPlan,
  { implementation, signal }: MorphOptions,
): AsyncGenerator<MorphState, void, undefined> {
  const source = latentsOf(latents);
  try {
    await source.open();
    for (const frame of frames ?? Array.from({ length: morph.frames }, (_, frame) => frame)) {
      const rule = await source.ruleOf(morphLatent(source.values, morph, frame));
      const growth = openGrowth({ spec, rules: [rule], seed }, implementation);
      try {
        while (growth.step < spec.steps) {
          if (signal.aborted) throw new AppError('cancelled', 'The morph was cancelled.');
          growth.advance(Math.min(STRETCH, spec.steps - growth.step));
          await immediately();
        }
        yield { frame, state: await growth.state() };
      } finally {
        growth.dispose();
      }
    }
  } finally {
    source.dispose();
  }
}
