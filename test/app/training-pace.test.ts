import assert from 'node:assert/strict';
import test from 'node:test';
import { createPace } from '#app/training-pace.ts';

function step(iteration: number, loss = 1): { iteration: number; loss: number; learningRate: number } {
  return { iteration, loss, learningRate: 0.25 };
}

test('speed is that of the iterations, the rest of the time counts what lies between them too', () => {
  let nowMs = 1000;
  const pace = createPace({ nowMs: () => nowMs, elapsedMs: 5000, iteration: 100, iterations: 120 });
  for (let i = 1; i <= 10; i++) {
    nowMs += 250;
    pace.add(step(100 + i), 200);
  }
  assert.deepEqual(pace.report(), {
    iteration: 110,
    iterations: 120,
    loss: 1,
    learningRate: 0.25,
    iterationsPerSecond: 5,
    seconds: 7.5,
    etaSeconds: 2.5,
  });
  assert.equal(pace.elapsedMs(), 7500);
});

test('the loss is the mean since the report before', () => {
  const pace = createPace({ nowMs: () => 0, elapsedMs: 0, iteration: 0, iterations: 9 });
  for (const [i, loss] of [4, 2].entries()) pace.add(step(i + 1, loss), 1);
  assert.equal(pace.report().loss, 3);
  for (const [i, loss] of [7, 8, 9].entries()) pace.add(step(i + 3, loss), 1);
  assert.equal(pace.report().loss, 8);
});

test('a change of speed shows within a few dozen iterations, and one slow iteration hardly', () => {
  const pace = createPace({ nowMs: () => 0, elapsedMs: 0, iteration: 0, iterations: 1000 });
  for (let i = 0; i < 100; i++) pace.add(step(i + 1), 10);
  pace.add(step(101), 100);
  const after = pace.report().iterationsPerSecond;
  assert.ok(after > 70 && after < 100, `${after}`);
  for (let i = 0; i < 100; i++) pace.add(step(i + 102), 20);
  const slower = pace.report().iterationsPerSecond;
  assert.ok(Math.abs(slower - 50) < 3, `${slower}`);
});

test('a clock too coarse to see an iteration gives no speed rather than an infinite one', () => {
  const pace = createPace({ nowMs: () => 7, elapsedMs: 0, iteration: 0, iterations: 2 });
  pace.add(step(1), 0);
  const { iterationsPerSecond, etaSeconds } = pace.report();
  assert.deepEqual([iterationsPerSecond, etaSeconds], [0, 0]);
});
