/** Frames a second, as they are shown. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRateMeter } from '../../../src-renderer/canvas/rate-meter.ts';

test('sixty a second are measured as sixty, and as none a second later', () => {
  const meter = createRateMeter();
  assert.equal(meter.perSecond(0), 0);
  for (let frame = 0; frame <= 300; frame++) meter.add((frame * 1000) / 60);
  assert.ok(Math.abs(meter.perSecond(5000) - 60) < 0.01);
  assert.equal(meter.perSecond(6100), 0);
});

test('a slower rate shows within a second', () => {
  const meter = createRateMeter();
  for (let frame = 0; frame < 120; frame++) meter.add((frame * 1000) / 60);
  for (let frame = 0; frame <= 10; frame++) meter.add(2000 + frame * 100);
  assert.ok(Math.abs(meter.perSecond(3000) - 10) < 0.01);
});
