import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { createRandom } from '#domain/random.ts';
import { registerReferenceKernels } from '#engine/kernels/reference/register.ts';
import { rulePartShape, type RulePart } from '#engine/network/weights.ts';
import { openGrowth } from '#engine/rollout/growth.ts';
import { tf } from '#engine/tf.ts';
import { tinySpec } from '#test/engine/network/tiny-spec.ts';

const spec = { ...tinySpec, network: null };

before(async () => {
  registerReferenceKernels();
  await tf.setBackend('cpu');
});

function values(part: RulePart, seed: number): Float32Array {
  const random = createRandom(seed);
  const size = rulePartShape(spec, part).reduce((product, length) => product * length, 1);
  return Float32Array.from({ length: size }, () => random.next() - 0.45);
}

function open(): ReturnType<typeof openGrowth> {
  const rule = { count: 1, w0: values('w0', 1), b0: values('b0', 2), w1: values('w1', 3) };
  return openGrowth({ spec, rules: [rule], seed: 7 });
}

test('a state put back as it was changes nothing of what follows, and frees what it replaces', async () => {
  const before = tf.memory().numTensors;
  const [whole, interrupted] = [open(), open()];
  whole.advance(9);
  interrupted.advance(4);
  const tensors = tf.memory().numTensors;
  interrupted.replace(await interrupted.state());
  assert.equal(tf.memory().numTensors, tensors);
  assert.equal(interrupted.step, 4);
  interrupted.advance(5);
  assert.deepEqual(await interrupted.state(), await whole.state());
  assert.ok(
    (await whole.state()).some((value) => value !== 0),
    'the growth is alive',
  );
  whole.dispose();
  interrupted.dispose();
  assert.equal(tf.memory().numTensors, before);
});

test('a growth goes on from what it is given: of nothing, nothing grows', async () => {
  const growth = open();
  growth.advance(3);
  const nothing = (await growth.state()).fill(0);
  growth.replace(nothing);
  nothing.fill(1);
  growth.advance(3);
  assert.ok((await growth.state()).every((value) => value === 0));
  assert.equal(growth.step, 6);
  growth.dispose();
});

test('held cells show the same after every step, as if they were put back by hand', async () => {
  const { height, width } = spec.grid;
  const C = spec.automaton.channels;
  const mask = Uint8Array.from({ length: height * width }, (_, cell) => Number(cell % 3 === 0));
  const known = Float32Array.from({ length: height * width * 4 }, (_, i) => (i % 7) / 7);
  const before = tf.memory().numTensors;
  const rule = { count: 1, w0: values('w0', 1), b0: values('b0', 2), w1: values('w1', 3) };
  const held = openGrowth({ spec, rules: [rule], seed: 7, hold: { mask, values: known } });
  held.advance(8);
  const byHand = open();
  for (let step = 0; step < 8; step++) {
    byHand.advance(1);
    const state = await byHand.state();
    for (const [cell, isHeld] of mask.entries()) {
      if (isHeld === 1) state.set(known.subarray(cell * 4, cell * 4 + 4), cell * C);
    }
    byHand.replace(state);
  }
  assert.deepEqual(await held.state(), await byHand.state());
  held.dispose();
  byHand.dispose();
  assert.equal(tf.memory().numTensors, before);
});
