import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { editDistance, nearest } from '#hosts/cli/nearest.ts';

test('the nearest name is suggested where it is near', () => {
  const names = ['train', 'grow', 'encode', 'doctor', 'iterations', 'eval'];
  assert.equal(nearest('trian', names), 'train');
  assert.equal(nearest('iteration', names), 'iterations');
  assert.equal(nearest('iter', names), 'iterations');
  assert.equal(nearest('DOCTOR', names), 'doctor');
  assert.equal(nearest('zzzzzz', names), undefined);
  assert.equal(nearest('', names), undefined);
});

test('the edit distance is symmetric, zero only for the same, and one for one edit', () => {
  assert.equal(editDistance('grow', 'gorw'), 1);
  assert.equal(editDistance('grow', 'rgwo'), 2);
  fc.assert(
    fc.property(fc.string(), fc.string(), (a, b) => {
      assert.equal(editDistance(a, b), editDistance(b, a));
      assert.equal(editDistance(a, b) === 0, a === b);
      assert.equal(editDistance(`${a}x`, a), 1);
    }),
  );
});
