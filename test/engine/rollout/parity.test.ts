/**
 * One suite over every implementation of the rollout: the fixtures of the authors' own code, the corners of the shapes
 * and of the automaton's life, and random shapes, within the bounds of float32: states 1e-5, gradients 1e-4 of a
 * tensor's largest value.
 */
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import fc from 'fast-check';
import { featureCount } from '#domain/automaton.ts';
import type { LossKind } from '#domain/model-spec.ts';
import { referenceLoss } from '#engine/kernels/reference/rollout.ts';
import { rollout, rolloutLoss, rolloutStates, rolloutTurns } from '#engine/rollout/rollout.ts';
import { tf } from '#engine/tf.ts';
import { readFixture } from '#test/fixtures/read-safetensors.ts';
import { implementations, type Implementation } from './implementations.ts';
import {
  distance,
  randomCase,
  referenceCase,
  referenceTask,
  ruleTensors,
  runCase,
  stateShape,
  type CaseOptions,
  type Results,
  type RolloutCase,
} from './rollout-case.ts';

const STATE_BOUND = 1e-5;
const GRADIENT_BOUND = 1e-4;

const fixtureFolder = new URL('../../fixtures/rollout/', import.meta.url);
const fixtures = readdirSync(fixtureFolder)
  .filter((name) => name.endsWith('.safetensors'))
  .map((name) => name.replace('.safetensors', ''));
const fixturesLeftOut: Readonly<Record<Implementation['extent'], readonly string[]>> = {
  all: [],
  part: ['faces', 'small-images', 'digits'],
  least: ['faces', 'small-images', 'digits', 'digits-one-channel', 'wide', 'all-fire', 'dying-2'],
};

const corners: Readonly<Record<string, CaseOptions>> = {
  'a rule a sample': {},
  'a shared rule': { shared: true, batch: 3 },
  'odd sizes': { grid: { height: 5, width: 9 }, automaton: { channels: 5, hidden: 7, sobelSizes: [7] } },
  'no gradient filters': { automaton: { sobelSizes: [] } },
  'filters larger than the grid': {
    grid: { height: 2, width: 3 },
    automaton: { sobelSizes: [9, 3] },
    life: 1,
  },
  'a 1×1 grid': { grid: { height: 1, width: 1 }, life: 1 },
  'a row': { grid: { height: 1, width: 11 }, life: 1 },
  'a column': { grid: { height: 11, width: 1 }, life: 1 },
  'more than 32 columns': { grid: { height: 3, width: 67 }, batch: 1 },
  'the fewest channels': { automaton: { channels: 4, hidden: 1 } },
  'a batch of 1': { batch: 1 },
  'a batch of 7': { batch: 7, grid: { height: 5, width: 5 } },
  'a shared rule over 7': { batch: 7, shared: true, grid: { height: 5, width: 5 } },
  'T = 1': { steps: 1 },
  'T = 257': {
    steps: 257,
    vigour: 0.004,
    life: 0.5,
    batch: 1,
    grid: { height: 4, width: 4 },
    automaton: { sobelSizes: [3] },
  },
  'all dead': { life: -10 },
  'all alive': { life: 10 },
  'no cell fires': { automaton: { fireRate: 0 } },
  'every cell fires': { automaton: { fireRate: 1 } },
  'dying cells': { life: -0.4, vigour: 0.3, steps: 12, grid: { height: 10, width: 10 } },
  'another living channel': { automaton: { aliveChannel: 0, aliveThreshold: 0.25 } },
  'a gain': { automaton: { gain: 0.7 } },
  'later steps and samples': { draw: { firstStep: 1000, firstSample: 12 } },
  bce: { loss: 'bce', life: 0.5 },
  'a masked loss': { weighted: true },
  'a masked bce': { weighted: true, loss: 'bce', shared: true },
  'half of the cells held': { steps: 9, hold: { channels: 4, shared: true, share: 0.5 } },
  'each sample’s own cells held, all channels': {
    ...{ batch: 3, steps: 9, weighted: true },
    hold: { channels: 6, shared: false, share: 0.3 },
  },
  'held among dying ones': {
    ...{ life: -0.4, vigour: 0.3, steps: 12, grid: { height: 10, width: 35 } },
    hold: { channels: 4, shared: false, share: 0.2 },
  },
  'held without the channel that lives': {
    ...{ steps: 6, life: -0.2, loss: 'bce' },
    hold: { channels: 2, shared: true, share: 0.4 },
  },
  'every cell held': { hold: { channels: 4, shared: true, share: 1 } },
};

const shapes: fc.Arbitrary<CaseOptions> = fc
  .record({
    batch: fc.integer({ min: 1, max: 4 }),
    grid: fc.record({ height: fc.integer({ min: 1, max: 12 }), width: fc.integer({ min: 1, max: 12 }) }),
    steps: fc.integer({ min: 1, max: 10 }),
    shared: fc.boolean(),
    vigour: fc.double({ min: 0.01, max: 0.3, noNaN: true }),
    life: fc.constantFrom(-0.5, -0.2, 0, 0.3),
    loss: fc.constantFrom<LossKind>('mse', 'bce'),
    weighted: fc.boolean(),
    hold: fc.option(
      fc.record({
        channels: fc.integer({ min: 1, max: 4 }),
        shared: fc.boolean(),
        share: fc.double({ min: 0, max: 1, noNaN: true }),
      }),
    ),
    channels: fc.integer({ min: 4, max: 17 }),
    aliveChannel: fc.constantFrom(0, 3),
    hidden: fc.integer({ min: 1, max: 20 }),
    sobelSizes: fc.subarray([3, 5, 7, 9], { maxLength: 3 }),
    fireRate: fc.constantFrom(0, 0.3, 0.5, 1),
    gain: fc.constantFrom(1, 0.99),
  })
  .map(({ channels, aliveChannel, hidden, sobelSizes, fireRate, gain, hold, ...rest }) => ({
    ...rest,
    ...(hold === null ? {} : { hold }),
    automaton: { channels, aliveChannel, hidden, sobelSizes, fireRate, gain },
  }));

const judgedCases = new Map<string, JudgedCase>();

for (const how of implementations) {
  const missing = await how.available();
  if (missing !== null) console.log(`rollout, ${how.name}: not on this machine: ${missing}`);

  describe(`rollout, ${how.name}`, { skip: missing !== null }, () => {
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

    for (const name of fixtures) {
      if (fixturesLeftOut[how.extent].includes(name)) continue;
      test(`agrees with the authors' code: ${name}`, () => checkFixture(name, how));
    }

    for (const [name, options] of Object.entries(corners)) {
      test(`agrees with the reference: ${name}`, () => {
        const judged = judgedCase(name.length, options);
        assert.ok(judged.isWellConditioned, 'the case hangs on rounding; choose another seed');
        checkAgainstReference(judged, how);
      });
    }

    test('agrees with the reference on random shapes', () => {
      fc.assert(
        fc.property(fc.nat(2 ** 31), shapes, (seed, options) => {
          const judged = judgedCase(seed, options);
          if (judged.isWellConditioned) checkAgainstReference(judged, how);
        }),
        { numRuns: how.extent === 'all' ? 40 : 12, seed: 2020 },
      );
    });

    test('leaves no tensor behind', () => checkTensorCounts(randomCase(1), how));

    test('goes on from the middle as if it had not stopped', async () => {
      await checkChunks(randomCase(2, { steps: 7 }), how);
    });

    test('takes the rules in turns', () => checkTurns(randomCase(3, { batch: 2, steps: 5 }), how));

    test('refuses shapes that do not fit', () => checkRefusals(randomCase(4), how));
  });
}

describe('rollout, reference in float64', () => {
  const smallCases: readonly CaseOptions[] = [
    { grid: { height: 4, width: 3 }, steps: 3 },
    { grid: { height: 3, width: 4 }, steps: 3, shared: true, weighted: true, automaton: { gain: 0.8 } },
    { grid: { height: 1, width: 1 }, steps: 2, life: 1, automaton: { fireRate: 1 } },
    { grid: { height: 4, width: 4 }, steps: 3, loss: 'bce' },
    { grid: { height: 5, width: 5 }, steps: 6, life: -0.3, vigour: 0.3 },
    { grid: { height: 5, width: 5 }, steps: 5, hold: { channels: 4, shared: false, share: 0.5 } },
    {
      grid: { height: 4, width: 5 },
      steps: 4,
      shared: true,
      hold: { channels: 2, shared: true, share: 0.7 },
    },
  ];
  for (const [i, options] of smallCases.entries()) {
    test(`its gradients are those of finite differences, case ${i + 1}`, () => {
      checkFiniteDifferences(randomCase(100 + i, options));
    });
  }
});

function checkFixture(name: string, how: Implementation): void {
  const { tensors, metadata } = readFixture(new URL(`${name}.safetensors`, fixtureFolder));
  const [samples, height, width] = tensors.get('x0')!.shape as [number, number, number];
  const batch = how.extent === 'all' ? samples : 1;
  /** Of the samples that run. */
  const values = (key: string): Float32Array => {
    const all = tensors.get(key)!.values;
    return all.subarray(0, (all.length / samples) * batch);
  };
  const spec: RolloutCase = {
    batch,
    grid: { height, width },
    automaton: {
      channels: metadata['channels'] as number,
      hidden: metadata['hidden'] as number,
      sobelSizes: metadata['sobelSizes'] as number[],
      aliveChannel: metadata['aliveChannel'] as number,
      aliveThreshold: metadata['aliveThreshold'] as number,
      fireRate: metadata['fireRate'] as number,
      gain: 1,
    },
    steps: metadata['steps'] as number,
    draw: { seed: metadata['seed'] as number, firstStep: 0, firstSample: 0 },
    ruleCount: batch,
    x0: values('x0'),
    w0: values('w0'),
    b0: values('b0'),
    w1: values('w1'),
    target: values('target'),
    pixelWeight: null,
    loss: 'mse',
    hold: null,
  };
  tf.tidy(() => {
    const x0 = tf.tensor4d(spec.x0, stateShape(spec));
    const rule = ruleTensors(spec);
    const target = tf.tensor4d(spec.target, [batch, height, width, 4]);
    const { draw, steps: allSteps } = spec;
    const options = withMemory(how);
    for (const key of tensors.keys()) {
      if (!key.startsWith('state_') || (how.extent !== 'all' && key !== 'state_1')) continue;
      const steps = Number(key.slice('state_'.length));
      const state = rollout(x0, rule, spec.automaton, { ...options, steps, draw });
      assertWithin(state.dataSync(), values(key), STATE_BOUND, key);
    }
    // The fixture's loss is the mean over all of its samples, of which perhaps only some run here.
    const { value, grads } = tf.valueAndGrads((w0, b0, w1) => {
      const wanted = { w0, b0, w1 } as typeof rule;
      const lossOptions = { ...options, steps: allSteps, draw, loss: 'mse' } as const;
      const result = rolloutLoss(x0, wanted, target, spec.automaton, lossOptions);
      assertWithin(result.state.dataSync(), values(`state_${allSteps}`), STATE_BOUND, 'state of the loss');
      result.state.dispose();
      return tf.div(tf.sum(result.loss), samples);
    })([rule.w0, rule.b0, rule.w1]);
    if (batch === samples) {
      assertWithin(value.dataSync(), [metadata['loss'] as number], STATE_BOUND, 'loss');
    }
    for (const [i, key] of ['grad_w0', 'grad_b0', 'grad_w1'].entries()) {
      assertWithin(grads[i].dataSync(), values(key), GRADIENT_BOUND, key);
    }
  });
}

interface JudgedCase {
  readonly spec: RolloutCase;
  readonly expected: Results;
  readonly isWellConditioned: boolean;
}

/** A case with what the reference makes of it, computed once for all implementations. */
function judgedCase(seed: number, options: CaseOptions): JudgedCase {
  const key = `${seed} ${JSON.stringify(options)}`;
  let judged = judgedCases.get(key);
  if (judged === undefined) {
    const spec = randomCase(seed, options);
    const expected = referenceCase(spec);
    judged = { spec, expected, isWellConditioned: isWellConditioned(spec, expected) };
    judgedCases.set(key, judged);
  }
  return judged;
}

function checkAgainstReference({ spec, expected }: JudgedCase, how: Implementation): void {
  for (const [name, values] of runCase(spec, how)) {
    const bound = name.includes(':') ? GRADIENT_BOUND : STATE_BOUND;
    assertWithin(values, expected.get(name)!, bound, name);
  }
}

/**
 * Whether rounding to float32, and a change of the last bit of x0, leave the result where it is. Where a cell lives, a
 * hidden value is above 0 or a neighbour is the maximum only by a hair, implementations may rightly differ.
 */
function isWellConditioned(spec: RolloutCase, exact: Results): boolean {
  const nudged = { ...spec, x0: spec.x0.map((value, i) => value * (1 + (i % 2 === 0 ? 1e-7 : -1e-7))) };
  return [referenceCase(spec, Float32Array), referenceCase(nudged, Float32Array)].every((rounded) =>
    [...exact].every(([name, values]) => {
      const bound = name.includes(':') ? GRADIENT_BOUND : STATE_BOUND;
      return distance(rounded.get(name)!, values) < bound / 4;
    }),
  );
}

function checkTensorCounts(spec: RolloutCase, how: Implementation): void {
  const x0 = tf.tensor4d(spec.x0, stateShape(spec));
  const rule = ruleTensors(spec);
  const { height, width } = spec.grid;
  const target = tf.tensor4d(spec.target, [spec.batch, height, width, 4]);
  const { steps, draw } = spec;
  const start = tf.memory();
  const state = rollout(x0, rule, spec.automaton, { ...withMemory(how), steps, draw });
  assert.equal(tf.memory().numTensors, start.numTensors + 1);
  state.dispose();
  const options = { ...withMemory(how), steps, draw, loss: 'mse' } as const;
  const outside = rolloutLoss(x0, rule, target, spec.automaton, options);
  assert.equal(tf.memory().numTensors, start.numTensors + 2);
  tf.dispose([outside.loss, outside.state]);
  let inside: tf.Tensor4D | undefined;
  const { value, grads } = tf.valueAndGrads((w0, b0, w1) => {
    const result = rolloutLoss(x0, { w0, b0, w1 } as typeof rule, target, spec.automaton, options);
    inside = result.state;
    return tf.mean(result.loss);
  })([rule.w0, rule.b0, rule.w1]);
  assert.equal(tf.memory().numTensors, start.numTensors + 5);
  tf.dispose([value, inside!, ...grads]);
  const gradient = tf.grad((x) => tf.sum(rollout(x as tf.Tensor4D, rule, spec.automaton, options)))(x0);
  gradient.dispose();
  assert.equal(tf.memory().numTensors, start.numTensors);
  assert.equal(tf.memory().numBytes, start.numBytes);
  tf.dispose([x0, rule.w0, rule.b0, rule.w1, target]);
}

async function checkChunks(spec: RolloutCase, how: Implementation): Promise<void> {
  const x0 = tf.tensor4d(spec.x0, stateShape(spec));
  const rule = ruleTensors(spec);
  const { steps } = spec;
  const options = { ...withMemory(how), draw: { ...spec.draw, firstStep: 5 } };
  const whole = rollout(x0, rule, spec.automaton, { ...options, steps });
  const states = new Map<number, Float32Array>();
  await rolloutStates(x0, rule, spec.automaton, {
    ...options,
    steps,
    every: 3,
    onState: (step, state) => void states.set(step, state.slice()),
  });
  assert.deepEqual([...states.keys()], [5, 8, 11, 12]);
  assert.deepEqual(states.get(5), spec.x0);
  assertWithin(states.get(12)!, whole.dataSync(), 1e-6, 'the last state');
  const third = rollout(x0, rule, spec.automaton, { ...options, steps: 3 });
  assertWithin(states.get(8)!, third.dataSync(), 1e-6, 'the state after three steps');
  const none = rollout(x0, rule, spec.automaton, { ...options, steps: 0 });
  assert.deepEqual(none.dataSync(), spec.x0);
  tf.dispose([x0, rule.w0, rule.b0, rule.w1, whole, third, none]);
}

function checkTurns(spec: RolloutCase, how: Implementation): void {
  tf.tidy(() => {
    const x0 = tf.tensor4d(spec.x0, stateShape(spec));
    const rules = [spec, randomCase(33, { batch: 1, shared: true })].map(ruleTensors);
    const options = { ...withMemory(how), steps: spec.steps, draw: spec.draw };
    let expected = x0;
    for (let step = 0; step < spec.steps; step++) {
      const draw = { ...spec.draw, firstStep: step };
      expected = rollout(expected, rules[step % 2], spec.automaton, { ...options, steps: 1, draw });
    }
    const actual = rolloutTurns(x0, rules, spec.automaton, options);
    assert.deepEqual(actual.dataSync(), expected.dataSync());
  });
}

function checkRefusals(spec: RolloutCase, how: Implementation): void {
  tf.tidy(() => {
    const x0 = tf.tensor4d(spec.x0, stateShape(spec));
    const rule = ruleTensors(spec);
    const options = { ...withMemory(how), steps: 1, draw: spec.draw };
    const wrong = { ...spec.automaton, hidden: spec.automaton.hidden + 1 };
    assert.throws(() => rollout(x0, rule, wrong, options), { code: 'mismatch' });
    const turned = tf.tensor4d(spec.x0, [...stateShape(spec)].reverse() as [number, number, number, number]);
    assert.throws(() => rollout(turned, rule, spec.automaton, options), { code: 'mismatch' });
    assert.throws(() => rollout(x0, rule, spec.automaton, { ...options, steps: 1.5 }), {
      code: 'bad-argument',
    });
    assert.throws(() => rolloutTurns(x0, [], spec.automaton, options), { code: 'bad-argument' });
    const target = tf.zeros<tf.Rank.R4>([1, 1, 1, 4]);
    assert.throws(() => rolloutLoss(x0, rule, target, spec.automaton, { ...options, loss: 'mse' }), {
      code: 'mismatch',
    });
  });
}

/** Central differences of the summed loss in some values of every input. */
function checkFiniteDifferences(spec: RolloutCase): void {
  const task = referenceTask(spec);
  const goal = {
    target: Float64Array.from(spec.target),
    pixelWeight: spec.pixelWeight === null ? null : Float64Array.from(spec.pixelWeight),
    loss: spec.loss,
  };
  const total = (changed: Partial<typeof task>): number =>
    [...referenceLoss({ ...task, ...changed }, goal).loss].reduce((sum, value) => sum + value, 0);
  const gradients = referenceLoss(task, goal);
  const ofRule = (perSample: ArrayLike<number>, at: number): number => {
    if (spec.ruleCount > 1) return perSample[at];
    const size = perSample.length / spec.batch;
    let sum = 0;
    for (let b = 0; b < spec.batch; b++) sum += perSample[b * size + at];
    return sum;
  };
  const width = 1e-6;
  let compared = 0;
  for (const name of ['x0', 'w0', 'b0', 'w1'] as const) {
    const stride = Math.max(1, Math.floor(task[name].length / 40));
    const perSample = gradients[`d${name}`];
    const largest = Math.max(...perSample.map(Math.abs));
    for (let at = 0; at < task[name].length; at += stride) {
      const [up, down] = [width, -width].map((change) => {
        const values = task[name].slice();
        values[at] += change;
        return total({ [name]: values });
      });
      const expected = (up - down) / (2 * width);
      const actual = name === 'x0' ? perSample[at] : ofRule(perSample, at);
      assert.ok(
        Math.abs(actual - expected) <= 1e-5 * largest + 1e-9,
        `d${name}[${at}]: ${actual}, by differences ${expected}`,
      );
      compared++;
    }
  }
  assert.ok(compared > featureCount(spec.automaton));
}

function withMemory(how: Implementation): Pick<Implementation, 'implementation' | 'memory'> {
  return { implementation: how.implementation, ...(how.memory === undefined ? {} : { memory: how.memory }) };
}

function assertWithin(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  bound: number,
  name: string,
): void {
  const found = distance(actual, expected);
  assert.ok(found <= bound, `${name}: off by ${found.toExponential(2)} of the largest value, bound ${bound}`);
}
