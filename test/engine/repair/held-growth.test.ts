import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRandom } from '#domain/random.ts';
import { growHole } from '#engine/repair/held-growth.ts';
import { learnRule, type LessonState } from '#engine/repair/learn-rule.ts';
import { createSingleTrainer, readRule } from '#engine/training/single.ts';
import { singleOptions } from '#engine/training/single-options.ts';
import { tf } from '#engine/tf.ts';
import { tinySpec } from '#test/engine/network/tiny-spec.ts';

const spec = { ...tinySpec, network: null };
const random = createRandom(3);
const noise = (length: number, scale: number): Float32Array =>
  Float32Array.from({ length }, () => (random.next() - 0.5) * scale);
const { channels: C, hidden: d } = spec.automaton;
const rule = { count: 1, w0: noise(C * 4 * d, 1), b0: noise(d, 1), w1: noise(d * C, 0.5) };
const known = Float32Array.from({ length: 256 }, () => random.next());
const hole = Uint8Array.from({ length: 64 }, (_, cell) => (cell % 8 > 4 && cell > 32 ? 1 : 0));
const common = { spec, rule, known, hole, seed: 1, steps: 8, implementation: 'auto' as const };

await tf.setBackend('cpu');

test('held cells show what is known of them after every step; unlocked ones do not', async () => {
  let looks = 0;
  const onSteps = (_: number, state: Float32Array): Promise<void> => {
    looks++;
    for (let i = 0; i < 256; i++) {
      if (hole[i >> 2] === 0) assert.equal(state[(i >> 2) * C + (i % 4)], known[i]);
    }
    return Promise.resolve();
  };
  const before = tf.memory().numTensors;
  const held = await growHole({ ...common, isLocked: true, start: 'seed', onSteps });
  assert.equal(looks, 2);
  const free = await growHole({ ...common, isLocked: false, start: 'seed' });
  assert.ok(free.some((value, i) => hole[i >> 2] === 0 && value !== known[i]));
  assert.ok(
    held.some((value, i) => hole[i >> 2] === 1 && value !== free[i]),
    'the hole sees its edge',
  );
  assert.equal(tf.memory().numTensors, before);
});

test('a rule learns from the intact cells alone: what is in the hole changes nothing', async () => {
  const learn = (target: Float32Array) =>
    learnRule({
      ...{
        spec,
        known: target,
        hole,
        rule: null,
        iterations: 3,
        seed: 2,
        implementation: 'auto',
        from: null,
      },
      isStopped: () => false,
      onStep: () => Promise.resolve(),
    });
  const before = tf.memory().numTensors;
  const first = await learn(known);
  const other = await learn(known.map((value, i) => (hole[i >> 2] === 1 ? 1 - value : value)));
  assert.deepEqual(first, other);
  assert.deepEqual([first.iterations, first.reason], [3, 'finished']);
  assert.ok(
    first.rule.w1.some((value) => value !== 0),
    'it learned something',
  );
  assert.equal(tf.memory().numTensors, before);
});

test('learning ends when asked, with what it has', async () => {
  let steps = 0;
  const learned = await learnRule({
    ...{ spec, known, hole, rule, iterations: 100, seed: 2, implementation: 'auto', from: null },
    isStopped: () => steps === 2,
    onStep: () => {
      steps++;
      return Promise.resolve();
    },
  });
  assert.deepEqual([learned.iterations, learned.reason], [2, 'stopped']);
});

test('a lesson that is broken off and taken up again is one that was not, to the last bit', async () => {
  const setup = { spec, known, hole, rule, seed: 2, implementation: 'auto' as const };
  const still = { isStopped: () => false, onStep: () => Promise.resolve() };
  const whole = await learnRule({ ...setup, ...still, iterations: 5, from: null });
  let kept: LessonState | null = null;
  const broken = learnRule({
    ...{ ...setup, iterations: 5, from: null, isStopped: () => false },
    async onStep({ iteration, state }) {
      if (iteration < 2) return;
      kept = await state();
      throw new Error('the power is gone');
    },
  });
  await assert.rejects(broken, /power/);
  assert.deepEqual(await learnRule({ ...setup, ...still, iterations: 5, from: kept }), whole);
});

test('a loss mask of ones is no mask, to the last bit; one of another size is refused', async () => {
  const options = { ...singleOptions, batchSize: 2, steps: null };
  const trained = async (lossMask?: Float32Array) => {
    const trainer = createSingleTrainer({
      ...{ spec, target: known, mode: 'grow', options, seed: 1 },
      ...(lossMask && { lossMask }),
    });
    try {
      for (let i = 0; i < 3; i++) await trainer.step();
      return await readRule(trainer.weights);
    } finally {
      trainer.dispose();
    }
  };
  assert.deepEqual(await trained(new Float32Array(64).fill(1)), await trained());
  await assert.rejects(trained(new Float32Array(63)), { code: 'mismatch' });
});
