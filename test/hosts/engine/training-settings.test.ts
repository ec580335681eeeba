import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { presetNames, presets } from '#domain/model-presets.ts';
import { learningRateAt } from '#engine/training/schedule.ts';
import { continuedRun, freshRun, usualIterations } from '#hosts/engine/training-settings.ts';

const preset = fc.constantFrom(...presetNames).map((name) => presets[name]);

test('a run that goes on to the end it had from the start has the settings it had from the start', () => {
  fc.assert(
    fc.property(
      preset,
      fc.integer({ min: 1, max: 100_000 }),
      fc.option(fc.integer({ min: 1, max: 128 }), { nil: undefined }),
      fc.option(fc.double({ min: 1e-6, max: 1, noNaN: true }), { nil: undefined }),
      (spec, iterations, batch, learningRate) => {
        const run = freshRun(spec, { iterations, batch, learningRate });
        assert.deepEqual(continuedRun(run, { iterations }), run);
        assert.deepEqual(JSON.parse(JSON.stringify(run)), run, 'it survives a checkpoint');
      },
    ),
  );
});

test('the learning rate rises, never leaps, and falls to a fiftieth at the end of a long run', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1001, max: 50_000 }), (iterations) => {
      const { schedule } = freshRun(presets.digits, { iterations }).options;
      const rate = (iteration: number): number => learningRateAt(schedule, iteration);
      assert.ok(rate(0) > 0 && rate(0) < rate(50) && rate(50) < rate(99));
      assert.equal(rate(999), schedule.learningRate);
      assert.ok(Math.abs(rate(iterations) - schedule.learningRate / 50) < 1e-12);
      for (let i = 1000; i < Math.min(iterations, 3000); i++) assert.ok(rate(i + 1) <= rate(i));
    }),
    { numRuns: 30 },
  );
});

test('runs of up to a thousand iterations have no fall, so a longer one begins exactly as a shorter', () => {
  const short = freshRun(presets.digits, { iterations: 100 });
  assert.deepEqual(short, freshRun(presets.digits, { iterations: 1000 }));
  assert.deepEqual(continuedRun(short, { iterations: 200 }), short);
  assert.notDeepEqual(short, freshRun(presets.digits, { iterations: 1001 }));
});

test('what is asked for is what is done, at the start and when going on', () => {
  const run = freshRun(presets.sketch, { iterations: 5000, batch: 7, learningRate: 0.25 });
  assert.deepEqual([run.kind, run.options.batchSize, run.options.schedule.learningRate], ['images', 7, 0.25]);
  const on = continuedRun(run, { iterations: 6000, batch: 9, learningRate: 0.125 });
  const { batchSize, schedule } = on.options;
  assert.deepEqual([batchSize, schedule.learningRate, schedule.decayEnd], [9, 0.125, 6000]);
  const single = freshRun(presets.single, {
    iterations: 10,
    batch: 3,
    learningRate: 0.5,
    mode: 'regenerate',
  });
  assert.ok(single.kind === 'single' && single.mode === 'regenerate');
  assert.deepEqual([single.options.batchSize, single.options.schedule.learningRate], [3, 0.5]);
  const singleOn = continuedRun(single, { iterations: 20, batch: 4, learningRate: 0.125 });
  assert.ok(singleOn.kind === 'single' && singleOn.mode === 'regenerate');
  assert.deepEqual([singleOn.options.batchSize, singleOn.options.schedule.learningRate], [4, 0.125]);
});

test('one picture persists unless told otherwise; models of many are averaged; large ones take small batches', () => {
  const single = freshRun(presets.single, { iterations: 10 });
  assert.ok(single.kind === 'single' && single.mode === 'persist');
  const batches = (['digits', 'sketch', 'small-images', 'faces'] as const).map((name) => {
    const run = freshRun(presets[name], { iterations: usualIterations(presets[name]) });
    assert.equal(run.options.adam.averageDecay, 0.999);
    return run.options.batchSize;
  });
  assert.deepEqual(batches, [64, 32, 16, 4]);
});
