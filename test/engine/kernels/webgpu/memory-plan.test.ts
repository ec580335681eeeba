/** What a rollout keeps on a graphics processor: always enough, never more than there is. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { presets } from '#domain/model-presets.ts';
import { sizesOf } from '#engine/kernels/webgpu/code/automaton-code.ts';
import { DEFAULT_SCRATCH_BYTES } from '#engine/kernels/webgpu/gpu.ts';
import { planMemory } from '#engine/kernels/webgpu/memory-plan.ts';

const large = { total: DEFAULT_SCRATCH_BYTES, buffer: 2 ** 31, alignment: 256 };

test('faces at batch 64 fit the usual gigabyte, as a whole batch', () => {
  const { steps, ...shape } = presets.faces;
  const plan = planMemory(sizesOf(shape), 64, steps, true, large);
  assert.ok(plan !== null);
  assert.equal(plan.samples, 64);
  assert.ok(plan.totalBytes <= DEFAULT_SCRATCH_BYTES);
  assert.ok(plan.segment * plan.segments >= steps && plan.segments > 1);
});

test('digits at batch 64 are kept whole: no step is computed again', () => {
  const { steps, ...shape } = presets.digits;
  const plan = planMemory(sizesOf(shape), 64, steps, true, large);
  assert.equal(plan?.segments, 1);
  assert.equal(plan.segment, steps);
});

test('a plan covers all steps, stays within the limits, and is null only where one sample does not fit', () => {
  const limits = fc.record({
    total: fc.integer({ min: 1000, max: 2 ** 24 }),
    buffer: fc.integer({ min: 1000, max: 2 ** 22 }),
    alignment: fc.constantFrom(4, 32, 256),
  });
  const sizes = sizesOf(presets.digits);
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 70 }),
      fc.integer({ min: 1, max: 300 }),
      fc.boolean(),
      limits,
      (samples, steps, backward, limit) => {
        const plan = planMemory(sizes, samples, steps, backward, limit);
        if (plan === null) return;
        assert.ok(plan.samples >= 1 && plan.samples <= samples);
        assert.ok(plan.totalBytes <= limit.total);
        assert.ok(Object.values(plan.buffers).every((bytes) => bytes <= limit.buffer));
        assert.ok(plan.segments * plan.segment >= steps && (plan.segments - 1) * plan.segment < steps);
        const states = plan.buffers['even'] + plan.buffers['odd'];
        assert.equal(states, plan.stateStride * (backward ? plan.segment + 1 : 2));
      },
    ),
  );
  assert.equal(planMemory(sizes, 8, 10, true, { total: 1000, buffer: 1000, alignment: 4 }), null);
});

test('however few samples are done at a time, sums are made of the same parts', () => {
  const { steps, ...shape } = presets.faces;
  const sizes = sizesOf(shape);
  const whole = planMemory(sizes, 64, steps, true, large);
  const half = planMemory(sizes, 64, steps, true, { ...large, total: 256 * 2 ** 20 });
  assert.ok(whole !== null && half !== null);
  assert.ok(half.samples < whole.samples && half.totalBytes <= 256 * 2 ** 20);
  assert.equal(half.parts, whole.parts);
});
