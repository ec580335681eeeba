/**
 * Several rules on one state, and held cells, on every implementation of the rollout: in turns, each cell's rule drawn,
 * painted areas, hard and soft, within the same bound as one rule; and what must be so to the last bit, is.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import fc from 'fast-check';
import { createRandom } from '#domain/random.ts';
import { areaLimits, DRAWS, evenLimits, turnPattern } from '#domain/mix-choice.ts';
import { referenceRollout, type ReferenceMix } from '#engine/kernels/reference/rollout.ts';
import { rolloutMixed, type MixedRules } from '#engine/rollout/mixed.ts';
import { rollout, rolloutTurns } from '#engine/rollout/rollout.ts';
import { tf } from '#engine/tf.ts';
import { implementations, type Implementation } from './implementations.ts';
import {
  distance,
  holdTensors,
  randomCase,
  referenceTask,
  ruleTensors,
  stateShape,
  type CaseOptions,
  type RolloutCase,
} from './rollout-case.ts';

const STATE_BOUND = 1e-5;

type Kind = 'turns' | 'random' | 'areas';

interface MixOptions extends CaseOptions {
  readonly rules: number;
  readonly kind: Kind;
  readonly softness?: number;
}

interface MixCase {
  /** Its rules are those of all styles, one after another. */
  readonly spec: RolloutCase;
  readonly mix: ReferenceMix;
}

const cases: Readonly<Record<string, MixOptions>> = {
  'two in turns, 2:1': { rules: 2, kind: 'turns', steps: 7 },
  'three in turns, shared by the batch': { rules: 3, kind: 'turns', shared: true, steps: 8 },
  'in turns from a later step': { rules: 2, kind: 'turns', draw: { firstStep: 1001 } },
  'four at random': { rules: 4, kind: 'random', shared: true, batch: 1 },
  'two at random, a rule a sample': { rules: 2, kind: 'random', batch: 3 },
  'at random on odd sizes': {
    ...{ rules: 3, kind: 'random', grid: { height: 5, width: 9 } },
    automaton: { channels: 5, hidden: 7, sobelSizes: [7] },
  },
  'at random while cells die': {
    ...{ rules: 4, kind: 'random', shared: true },
    ...{ life: -0.4, vigour: 0.3, steps: 12, grid: { height: 10, width: 10 } },
  },
  'hard areas': { rules: 2, kind: 'areas', shared: true },
  'soft areas of four': { rules: 4, kind: 'areas', softness: 2, grid: { height: 9, width: 35 }, batch: 1 },
  'all alive, at random': { rules: 2, kind: 'random', life: 10 },
  'no cell fires': { rules: 2, kind: 'random', automaton: { fireRate: 0 } },
  'later steps and samples, at random': { rules: 3, kind: 'random', draw: { firstStep: 9, firstSample: 12 } },
  'one rule, half of the cells held': {
    ...{ rules: 1, kind: 'turns', steps: 9 },
    hold: { channels: 4, shared: true, share: 0.5 },
  },
  'held cells of every sample, all channels': {
    ...{ rules: 1, kind: 'turns', batch: 3, steps: 9 },
    hold: { channels: 6, shared: false, share: 0.3 },
  },
  'held cells among dying ones': {
    ...{ rules: 1, kind: 'turns', life: -0.4, vigour: 0.3, steps: 12, grid: { height: 10, width: 35 } },
    hold: { channels: 4, shared: false, share: 0.2 },
  },
  'held without the channel that lives': {
    ...{ rules: 1, kind: 'turns', steps: 6, life: -0.2 },
    hold: { channels: 2, shared: true, share: 0.4 },
  },
  'held and mixed': {
    ...{ rules: 3, kind: 'areas', softness: 1, steps: 6 },
    hold: { channels: 4, shared: true, share: 0.3 },
  },
  'every cell held': { rules: 2, kind: 'random', hold: { channels: 4, shared: true, share: 1 } },
};

const shapes: fc.Arbitrary<MixOptions> = fc
  .record({
    rules: fc.integer({ min: 1, max: 4 }),
    kind: fc.constantFrom<Kind>('turns', 'random', 'areas'),
    softness: fc.integer({ min: 0, max: 3 }),
    hold: fc.option(
      fc.record({
        channels: fc.integer({ min: 1, max: 4 }),
        shared: fc.boolean(),
        share: fc.double({ min: 0, max: 1, noNaN: true }),
      }),
    ),
    batch: fc.integer({ min: 1, max: 3 }),
    grid: fc.record({ height: fc.integer({ min: 1, max: 12 }), width: fc.integer({ min: 1, max: 40 }) }),
    steps: fc.integer({ min: 1, max: 9 }),
    shared: fc.boolean(),
    vigour: fc.double({ min: 0.01, max: 0.3, noNaN: true }),
    life: fc.constantFrom(-0.5, -0.2, 0, 0.3),
    channels: fc.integer({ min: 4, max: 9 }),
    hidden: fc.integer({ min: 1, max: 20 }),
    sobelSizes: fc.subarray([3, 5, 7], { maxLength: 2 }),
    gain: fc.constantFrom(1, 0.99),
  })
  .map(({ channels, hidden, sobelSizes, gain, hold, ...rest }) => ({
    ...rest,
    ...(hold === null ? {} : { hold }),
    automaton: { channels, hidden, sobelSizes, gain },
  }));

for (const how of implementations) {
  const missing = await how.available();
  describe(`rollout of several rules, ${how.name}`, { skip: missing !== null }, () => {
    let tensorsBefore = 0;
    before(async () => {
      await how.setUp();
      tensorsBefore = tf.memory().numTensors;
    });
    after(async () => {
      const tensorsAfter = tf.memory().numTensors;
      await how.tearDown();
      assert.equal(tensorsAfter, tensorsBefore, 'tensors left behind');
    });

    for (const [name, options] of Object.entries(cases)) {
      test(`agrees with the reference: ${name}`, () => {
        const given = mixCase(name.length, options);
        assert.ok(isWellConditioned(given), 'the case hangs on rounding; choose another seed');
        checkAgainstReference(given, how);
      });
    }

    test('agrees with the reference on random shapes', () => {
      fc.assert(
        fc.property(fc.nat(2 ** 31), shapes, (seed, options) => {
          const given = mixCase(seed, options);
          if (isWellConditioned(given)) checkAgainstReference(given, how);
        }),
        { numRuns: how.extent === 'all' ? 60 : 12, seed: 2020 },
      );
    });

    test('goes on from the middle as if it had not stopped, to the last bit', () => {
      for (const kind of ['turns', 'random', 'areas'] as const) {
        const given = mixCase(5, {
          rules: 3,
          kind,
          softness: 1,
          hold: { channels: 4, shared: true, share: 0.2 },
          steps: 7,
        });
        const whole = run(given, how);
        const first = run({ ...given, spec: { ...given.spec, steps: 3 } }, how);
        const { draw } = given.spec;
        const rest = { ...given.spec, x0: first, steps: 4, draw: { ...draw, firstStep: draw.firstStep + 3 } };
        assert.deepEqual(run({ ...given, spec: rest }, how), whole, kind);
      }
    });

    test('in turns is each rule’s step after the other’s, to the last bit', () => {
      const { spec, mix } = mixCase(8, { rules: 2, kind: 'turns', shared: true, steps: 6 });
      const { automaton, steps, draw } = spec;
      const apart = tf.tidy(() => {
        const { w0, b0, w1 } = ruleTensors(spec);
        const rules = [0, 1].map((m) => ({
          w0: tf.slice(w0, m, 1),
          b0: tf.slice(b0, m, 1),
          w1: tf.slice(w1, m, 1),
        }));
        const x0 = tf.tensor4d(spec.x0, stateShape(spec));
        const options = { steps, draw, implementation: how.implementation };
        return rolloutTurns(x0, rules, automaton, options).dataSync<'float32'>().slice();
      });
      assert.deepEqual(run({ spec, mix: { ...mix, pattern: [0, 1] } }, how), apart);
    });

    test('of one rule, however it is chosen, is that rule alone to the last bit', () => {
      const { spec, mix } = mixCase(6, { rules: 1, kind: 'turns', shared: true });
      const { automaton, steps, draw } = spec;
      const alone = tf.tidy(() =>
        rollout(tf.tensor4d(spec.x0, stateShape(spec)), ruleTensors(spec), automaton, {
          ...{ steps, draw, implementation: how.implementation },
        }).dataSync<'float32'>(),
      );
      const twice = (part: Float32Array): Float32Array => Float32Array.of(...part, ...part);
      const doubled = { ...spec, ruleCount: 2, w0: twice(spec.w0), b0: twice(spec.b0), w1: twice(spec.w1) };
      const limits = evenLimits([1, 1], spec.grid);
      assert.deepEqual(run({ spec, mix }, how), alone);
      assert.deepEqual(run({ spec: doubled, mix: { ...mix, rules: 2, limits } }, how), alone);
      assert.deepEqual(run({ spec: doubled, mix: { ...mix, rules: 2, pattern: [1, 0] } }, how), alone);
    });

    test('refuses what does not fit', () => {
      const { spec, mix } = mixCase(7, { rules: 2, kind: 'random', shared: true });
      const refused = (change: Partial<ReferenceMix>): void => {
        assert.throws(() => run({ spec, mix: { ...mix, ...change } }, how), { name: 'AppError' });
      };
      refused({ limits: null, pattern: [0, 2] });
      refused({ limits: null, pattern: [] });
      refused({ rules: 3 });
    });
  });
}

/** The same seed and options, the same case. */
function mixCase(seed: number, options: MixOptions): MixCase {
  const { rules: M, kind, softness = 0 } = options;
  const spec = randomCase(seed, options);
  const others = Array.from({ length: M - 1 }, (_, m) => randomCase(seed + 1000 + m, options));
  const joined = (part: 'w0' | 'b0' | 'w1'): Float32Array =>
    Float32Array.from([spec, ...others].flatMap((one) => [...one[part]]));
  const random = createRandom(seed);
  const { grid } = spec;
  const weights = Array.from({ length: M }, () => 1 + random.int(4));
  const map = {
    ...{ height: 3, width: 5, softness },
    cells: Array.from({ length: 15 }, () => random.int(M)).join(''),
  };
  const limits =
    kind === 'turns' || M === 1
      ? null
      : kind === 'random'
        ? evenLimits(weights, grid)
        : areaLimits(map, M, grid);
  return {
    spec: {
      ...spec,
      ruleCount: spec.ruleCount * M,
      ...{ w0: joined('w0'), b0: joined('b0'), w1: joined('w1') },
    },
    mix: {
      rules: M,
      pattern: turnPattern(weights),
      limits,
    },
  };
}

/** By the operation that the application uses, on the active backend. */
function run({ spec, mix }: MixCase, how: Implementation): Float32Array {
  const { automaton, steps, draw, grid, batch } = spec;
  const { height: H, width: W } = grid;
  return tf.tidy(() => {
    const mixed: MixedRules = {
      count: mix.rules,
      rules: ruleTensors(spec),
      pattern: mix.pattern,
      limits:
        mix.limits === null
          ? null
          : tf.tensor3d(Float32Array.from(mix.limits), [mix.limits.length / (H * W), H, W]),
    };
    const state = rolloutMixed(tf.tensor4d(spec.x0, [batch, H, W, automaton.channels]), mixed, automaton, {
      ...{ steps, draw, implementation: how.implementation },
      hold: holdTensors(spec),
    });
    return state.dataSync<'float32'>().slice();
  });
}

function reference(
  { spec, mix }: MixCase,
  Storage: typeof Float64Array | typeof Float32Array,
): ArrayLike<number> {
  return referenceRollout(referenceTask(spec, Storage), mix);
}

/** Whether no threshold hangs on a rounding: float32 and float64 agree. */
function isWellConditioned(given: MixCase): boolean {
  return distance(reference(given, Float32Array), reference(given, Float64Array)) <= STATE_BOUND / 2;
}

function checkAgainstReference(given: MixCase, how: Implementation): void {
  const found = distance(run(given, how), reference(given, Float64Array));
  assert.ok(
    found <= STATE_BOUND,
    `off by ${found.toExponential(2)} of the largest value, bound ${STATE_BOUND}`,
  );
}

test('limits are integers that float32 holds, and ascend', () => {
  const limits = evenLimits([1, 0, 2], { height: 2, width: 2 });
  assert.deepEqual(
    [...limits],
    [
      ...new Array<number>(4).fill(Math.round(DRAWS / 3)),
      ...new Array<number>(4).fill(Math.round(DRAWS / 3)),
    ],
  );
});
