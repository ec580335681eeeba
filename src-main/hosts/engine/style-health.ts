/**
 * How a rule fares beyond what it was trained to grow: whether it mends after a wound, and whether it stays what it is at
 * four times its steps. All against its own picture at its T steps with seed 1, so that it needs no source.
 */
import type { StyleHealth } from '#contract/shapes/library.ts';
import type { RuleValues } from '#domain/automaton.ts';
import { AppError } from '#domain/errors.ts';
import type { ModelSpec } from '#domain/model-spec.ts';
import { psnr } from '#engine/metrics/psnr.ts';
import { visibleRgba } from '#engine/metrics/score.ts';
import { openGrowth } from '#engine/rollout/growth.ts';
import type { RolloutImplementation } from '#engine/rollout/rollout.ts';
import { cutCircles } from '#engine/training/damage.ts';
import { setImmediate as immediately } from 'node:timers/promises';

/** Between two looks at the event loop, in steps. */
const STRETCH = 8;
/** Of the wound in the middle, of the grid's width. */
const RADIUS = 0.25;
const TIMES = 4;

/** @throws AppError cancelled, out-of-memory, mismatch */
export async function styleHealth(
  spec: ModelSpec,
  rule: RuleValues,
  {
    implementation,
    signal,
  }: { readonly implementation: RolloutImplementation; readonly signal: AbortSignal },
): Promise<StyleHealth> {
  const { grid, steps, automaton } = spec;
  const { channels } = automaton;
  const growth = openGrowth({ spec, rules: [rule], seed: 1 }, implementation);
  const stateAt = async (step: number): Promise<Float32Array> => {
    while (growth.step < step) {
      if (signal.aborted)
        throw new AppError('cancelled', 'Looking at the health of the style was cancelled.');
      growth.advance(Math.min(STRETCH, step - growth.step));
      await immediately();
    }
    return growth.state();
  };
  try {
    const grown = await stateAt(steps);
    const shown = visibleRgba(grown, channels);
    const likeness = (state: Float32Array): number => psnr(shown, visibleRgba(state, channels));
    const wounded = grown.slice();
    const { width, height } = grid;
    cutCircles(wounded, grid, channels, 0, [{ x: width / 2, y: height / 2, radius: RADIUS * width }]);
    growth.replace(wounded.slice(), steps);
    const healed = await stateAt(2 * steps);
    growth.replace(grown.slice(), steps);
    const kept = await stateAt(TIMES * steps);
    return {
      wounded: likeness(wounded),
      healed: likeness(healed),
      kept: likeness(kept),
      steps: TIMES * steps,
    };
  } finally {
    growth.dispose();
  }
}
