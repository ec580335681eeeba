/** What a rule grows in its T steps with seed 1, as a growth in a window that begins so. */
import { setImmediate as immediately } from 'node:timers/promises';
import type { RuleValues } from '#domain/automaton.ts';
import { AppError } from '#domain/errors.ts';
import type { ModelSpec } from '#domain/model-spec.ts';
import { openGrowth } from '#engine/rollout/growth.ts';
import type { RolloutImplementation } from '#engine/rollout/rollout.ts';
import { stateToImage } from '#media/pixels.ts';
import { encodePng } from '#media/png.ts';

export interface GrowOptions {
  readonly implementation: RolloutImplementation;
  readonly signal: AbortSignal;
}

/** Between two looks at the event loop. */
const STRETCH_MS = 50;

/**
 * The last state, [H, W, C]. Lets everything else in the process have its turn on the way.
 * @throws AppError cancelled, out-of-memory
 */
export async function growState(
  spec: ModelSpec,
  rule: RuleValues,
  { implementation, signal }: GrowOptions,
): Promise<Float32Array> {
  const growth = openGrowth({ spec, rules: [rule], seed: 1 }, implementation);
  try {
    let steps = 8;
    while (growth.step < spec.steps) {
      if (signal.aborted) throw new AppError('cancelled', 'Growing the picture was cancelled.');
      const startMs = performance.now();
      growth.advance(Math.min(steps, spec.steps - growth.step));
      const tookMs = performance.now() - startMs;
      steps = tookMs > STRETCH_MS ? Math.max(1, steps >> 1) : tookMs < STRETCH_MS / 2 ? steps * 2 : steps;
      if (growth.step < spec.steps) await immediately();
    }
    return await growth.state();
  } finally {
    growth.dispose();
  }
}

/** A state as a PNG at the grid's size. */
export function statePng(state: Float32Array, { grid, automaton }: ModelSpec): Promise<Uint8Array> {
  return encodePng(stateToImage(state, { ...grid, channels: automaton.channels }));
}
