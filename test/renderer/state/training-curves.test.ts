/** Curves of a run: bounded, in order, done again from where a run went back to. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  chartData,
  mostPoints,
  positive,
  readout,
  withPoint,
} from '../../../src-renderer/state/training-curves.ts';

const point = (
  iteration: number,
  loss = 1 / (iteration + 1),
): { iteration: number; seconds: number; loss: number } => ({
  iteration,
  seconds: iteration,
  loss,
});
const judged = (iteration: number, psnr: number) => ({
  iteration,
  seconds: iteration,
  mse: 0.1,
  psnr,
  ssim: 0.5,
});

test('a run that went back replaces what it does again', () => {
  let curve = [1, 2, 3, 4].map((iteration) => point(iteration));
  curve = withPoint(curve, point(3, 9));
  assert.deepEqual(curve.map(({ iteration, loss }) => [iteration, loss]).at(-1), [3, 9]);
  assert.deepEqual(
    curve.map(({ iteration }) => iteration),
    [1, 2, 3],
  );
});

test('whatever comes, a curve ascends, is bounded, and ends with the newest point', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(300), { minLength: 1, maxLength: 60 }), (iterations) => {
      let curve: ReturnType<typeof point>[] = [];
      for (const iteration of iterations) curve = withPoint(curve, point(iteration));
      assert.equal(curve.at(-1)?.iteration, iterations.at(-1));
      assert.ok(curve.every(({ iteration }, index) => index === 0 || curve[index - 1].iteration < iteration));
    }),
  );
});

test('a long run is thinned evenly, and keeps its last point', () => {
  let curve: ReturnType<typeof point>[] = [];
  for (let iteration = 1; iteration <= 3 * mostPoints; iteration++)
    curve = withPoint(curve, point(iteration));
  assert.ok(curve.length <= mostPoints && curve.length >= mostPoints / 2);
  assert.equal(curve.at(-1)?.iteration, 3 * mostPoints);
  assert.ok(curve[0].iteration < 10);
});

test('both curves share an axis, with gaps where one has nothing', () => {
  const data = chartData([point(10, 0.5), point(20, NaN)], [judged(20, 18), judged(25, 19)]);
  assert.deepEqual(data, { x: [10, 20, 25], loss: [0.5, null, null], psnr: [null, 18, 19] });
  assert.deepEqual(positive([0.5, 0, -1, null]), [0.5, null, null, null]);
});

test('the readout has the newest validations first, with the loss of their time', () => {
  const rows = readout([point(10, 0.5), point(20, 0.25)], [judged(5, 10), judged(15, 12), judged(20, 13)], 2);
  assert.deepEqual(rows, [
    { iteration: 20, loss: 0.25, psnr: 13, ssim: 0.5 },
    { iteration: 15, loss: 0.5, psnr: 12, ssim: 0.5 },
  ]);
  assert.equal(readout([], [judged(5, 10)], 3)[0].loss, null);
});
