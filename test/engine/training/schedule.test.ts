import assert from 'node:assert/strict';
import test from 'node:test';
import { constantRate, learningRateAt } from '#engine/training/schedule.ts';
import type { Schedule } from '#engine/training/schedule.ts';

const base: Schedule = {
  learningRate: 1,
  warmup: 4,
  decay: 'none',
  decayStart: 10,
  decayEnd: 20,
  finalFraction: 0.01,
};
const at = (schedule: Schedule, iterations: number[]): number[] =>
  iterations.map((i) => Number(learningRateAt(schedule, i).toFixed(6)));

test('the rate warms up, holds and falls to its final fraction', () => {
  assert.deepEqual(at(base, [0, 1, 3, 4, 1000]), [0.25, 0.5, 1, 1, 1]);
  assert.deepEqual(at({ ...base, decay: 'cosine' }, [9, 10, 15, 20, 99]), [1, 1, 0.505, 0.01, 0.01]);
  assert.deepEqual(at({ ...base, decay: 'exponential' }, [10, 15, 20, 99]), [1, 0.1, 0.01, 0.01]);
  assert.deepEqual(at({ ...base, decay: 'step' }, [9, 10, 99]), [1, 0.01, 0.01]);
  assert.deepEqual(at(constantRate(0.5), [0, 7]), [0.5, 0.5]);
});
