/**
 * A growth under way: a state that stays in the engine between the moments at which someone looks at it. Steps count
 * from the seed, so a growth drawn in one go, in chunks, or frame by frame is the same to the last bit.
 */
import type { Automaton, RuleValues } from '#domain/automaton.ts';
import { AppError } from '#domain/errors.ts';
import { checkMix, evenTurns, type Mix } from '#domain/mix.ts';
import type { ModelSpec } from '#domain/model-spec.ts';
import { seedState } from '#domain/seed-state.ts';
import { tf } from '#engine/tf.ts';
import { mixRules, type DecodeLatent } from './mix-rules.ts';
import { rolloutMixed } from './mixed.ts';
import type { RolloutImplementation } from './rollout.ts';

export interface GrowthSetup {
  readonly spec: ModelSpec;
  /** Of the spec's automaton, each for every sample of the batch, or one for all. */
  readonly rules: readonly RuleValues[];
  /** How they work together; one a step, in turns, if left out. */
  readonly mix?: Mix;
  /** What mixing by `latent` needs. */
  readonly decode?: DecodeLatent | undefined;
  /** uint32; which cells fire, and which rule each draws. Sample b draws as sample b. */
  readonly seed: number;
  /** Cells that show the same after every step (see mixed.ts); the state at the seed is not changed by it. */
  readonly hold?: GrowthHold;
}

export interface GrowthHold {
  /** [H, W]; not 0 where a cell is held. */
  readonly mask: Uint8Array;
  /** [H, W, V]: of held cells the first V channels, e.g. the four visible ones. */
  readonly values: Float32Array;
}

export interface Growth {
  /** B */
  readonly batch: number;
  /** Steps made since the seed. */
  readonly step: number;
  /** The state itself, [B, H, W, C]; the growth's own, gone with its next step. */
  readonly tensor: tf.Tensor4D;
  advance(steps: number): void;
  /** [B, H, W, C], an array of its own. */
  state(): Promise<Float32Array>;
  /**
   * Goes on from other values, [B, H, W, C], e.g. with a part erased. The steps go on counting, or count on from `step`:
   * a state that was kept there goes on as it did then. A tensor stays the caller's.
   */
  replace(state: Float32Array | tf.Tensor4D, step?: number): void;
  /** From the next step on. @throws AppError as openGrowth; it then goes on as it was */
  remix(mix: Mix): void;
  dispose(): void;
}

/**
 * @throws AppError bad-argument without a rule or for a mix that does not fit them, mismatch if rules and automaton do not
 * fit, unsupported for a mix of latents without them, out-of-memory.
 */
export function openGrowth(
  { spec, rules, seed, hold, decode, mix = evenTurns(rules.length) }: GrowthSetup,
  implementation: RolloutImplementation = 'auto',
): Growth {
  const { automaton, grid } = spec;
  const batch = Math.max(0, ...rules.map(({ count }) => count));
  if (batch === 0) throw new AppError('bad-argument', 'Growing needs a rule, found none; name one.');
  checkMix(mix, rules.length);
  const makers = mixRules({ spec, rules, decode });
  let mixed = makers.mix(mix);
  let mixedAutomaton = gained(automaton, mix);
  const held = hold === undefined ? null : holdTensors(hold, spec);
  let step = 0;
  let state = tf.tidy(() => {
    const one = tf.tensor4d(seedOf(spec), [1, grid.height, grid.width, automaton.channels]);
    return batch === 1 ? one : tf.tile(one, [batch, 1, 1, 1]);
  });
  return {
    batch,
    get step() {
      return step;
    },
    get tensor() {
      return state;
    },
    advance(steps) {
      const draw = { seed, firstStep: step, firstSample: 0 };
      const next = rolloutMixed(state, mixed, mixedAutomaton, { steps, draw, implementation, hold: held });
      state.dispose();
      state = next;
      step += steps;
    },
    async state() {
      return (await state.data<'float32'>()).slice();
    },
    replace(values, newStep = step) {
      const next =
        values instanceof Float32Array ? tf.tensor4d(values.slice(), state.shape) : tf.clone(values);
      state.dispose();
      state = next;
      step = newStep;
    },
    remix(mix) {
      checkMix(mix, rules.length);
      mixed = makers.mix(mix);
      mixedAutomaton = gained(automaton, mix);
    },
    dispose() {
      state.dispose();
      makers.dispose();
      if (held !== null) tf.dispose([held.mask, held.values]);
    },
  };
}

function gained(automaton: Automaton, { gain = automaton.gain }: Mix): Automaton {
  return { ...automaton, gain };
}

function holdTensors({ mask, values }: GrowthHold, { grid: { height, width } }: ModelSpec) {
  return tf.tidy(() => ({
    mask: tf.tensor3d(Float32Array.from(mask), [1, height, width]),
    values: tf.tensor4d(values.slice(), [1, height, width, values.length / mask.length]),
  }));
}

function seedOf(spec: ModelSpec): Float32Array {
  try {
    return seedState(spec);
  } catch (failure) {
    if (!(failure instanceof RangeError)) throw failure;
    const { height, width } = spec.grid;
    throw new AppError(
      'out-of-memory',
      `A grid of ${height}×${width} cells needs more memory than there is; use a smaller one.`,
      { cause: failure },
    );
  }
}
