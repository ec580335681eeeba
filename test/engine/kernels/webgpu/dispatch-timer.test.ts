/** Timing by the processor's own clock: every dispatch is counted under its kernel, and takes some time. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { peakCode, PEAK_THREADS } from '#engine/kernels/webgpu/code/peak-code.ts';
import { DispatchTimer } from '#engine/kernels/webgpu/dispatch-timer.ts';
import { Submission } from '#engine/kernels/webgpu/submission.ts';
import { tf } from '#engine/tf.ts';
import { missingGraphics, withGraphics } from './graphics.ts';

const missing = await missingGraphics();

describe('timing dispatches', { skip: missing !== null }, () => {
  const graphics = withGraphics();

  test('counts ours and tfjs’s, over more than one set of timestamps', async () => {
    const { backend } = graphics.gpu;
    const { gpu } = backend;
    assert.ok(DispatchTimer.isOffered(gpu.device));
    const kernel = gpu.compiled(peakCode(1));
    const group = gpu.bindGroup(kernel, [gpu.scratch('peak', PEAK_THREADS * 4)]);
    const work = new Submission(gpu);
    work.dispatch(kernel, group, [], [1, 1], 0);
    work.submit();
    const timer = new DispatchTimer(gpu.device);
    gpu.timer = timer;
    try {
      for (let round = 0; round < 3; round++) {
        for (let i = 0; i < 1000; i++) work.dispatch(kernel, group, [], [1, 1], 0);
        work.submit();
      }
      tf.tidy(() => void tf.square(tf.ones([4])));
      backend.submitCollected();
    } finally {
      gpu.timer = null;
    }
    const totals = await timer.totals();
    const peak = totals.get(kernel.label)!;
    assert.equal(peak.dispatches, 3000);
    assert.ok(peak.ms > 0);
    const others = [...totals].filter(([label]) => label !== kernel.label);
    assert.ok(others.length > 0 && others.every(([, { dispatches }]) => dispatches > 0));
  });
});
