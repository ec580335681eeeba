/** The builders of WGSL without a graphics processor: what is baked in, what is bound, and that it fits every device. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { presets } from '#domain/model-presets.ts';
import type { Automaton, Grid } from '#domain/automaton.ts';
import { gradientFilters } from '#engine/kernels/reference/rollout.ts';
import type { StepShape } from '#engine/kernels/webgpu/code/automaton-code.ts';
import { gradientCellsCode } from '#engine/kernels/webgpu/code/gradient-cells-code.ts';
import { fitsRows, gradientRowsCode } from '#engine/kernels/webgpu/code/gradient-rows-code.ts';
import { float, type KernelCode } from '#engine/kernels/webgpu/code/kernel-code.ts';
import { liveCode } from '#engine/kernels/webgpu/code/live-code.ts';
import { lossCode } from '#engine/kernels/webgpu/code/loss-code.ts';
import { filterScale } from '#engine/kernels/webgpu/code/perception-code.ts';
import { tilingOf, TILE, tileThreads } from '#engine/kernels/webgpu/code/tile-code.ts';
import { fitsUpdate, updateCode } from '#engine/kernels/webgpu/code/update-code.ts';
import {
  blockPlan,
  changedVariant,
  furtherVariants,
  largerVariants,
  plainVariant,
  stagedCells,
  type Variant,
} from '#engine/kernels/webgpu/code/variant.ts';

/** What WebGPU promises of every device; most have twice the workgroup memory. */
const PROMISED = { storageBuffers: 8, moving: 4, workgroupBytes: 16_384 };

/** The plain variant, larger ones, and all with every other thing that fits. */
function variantsOf(shape: StepShape, fits: (variant: Variant) => boolean): Variant[] {
  const plain = plainVariant(shape, fits);
  assert.ok(plain !== null);
  return [plain, ...largerVariants(shape, fits)].flatMap((tiles) =>
    [{}, ...furtherVariants(shape, { subgroups: true })]
      .map((change) => ({ ...tiles, ...change }))
      .filter((variant) => fits(variant)),
  );
}

function codesOf(automaton: Automaton, grid: Grid, workgroupBytes: number): (KernelCode | null)[] {
  const shape = { automaton, grid };
  const gradient = { ...shape, ruleASample: true, heldChannels: 4 };
  const updates = variantsOf(shape, (variant) => fitsUpdate(shape, workgroupBytes, variant));
  const rows = variantsOf(shape, (variant) => fitsRows(shape, workgroupBytes, variant));
  return [
    ...updates.flatMap((variant) => [
      updateCode({ ...shape, drawnRules: 1, ruleASample: true, workgroupBytes, variant }),
      updateCode({ ...shape, drawnRules: 4, ruleASample: false, workgroupBytes, variant }),
    ]),
    liveCode({ ...shape, hold: { channels: 4, shared: true } }),
    ...rows.map((variant) => gradientRowsCode({ ...gradient, parts: 3, workgroupBytes, variant })),
    gradientCellsCode(gradient),
    lossCode({ ...shape, loss: 'bce', weighted: true }),
  ];
}

for (const preset of ['digits', 'small-images', 'faces', 'sketch', 'single'] as const) {
  test(`the kernels of ${preset} fit 32 KiB of workgroup memory and the buffers that every device has`, () => {
    const { automaton, grid } = presets[preset];
    for (const code of codesOf(automaton, grid, 2 * PROMISED.workgroupBytes)) {
      assert.ok(code !== null);
      assert.ok(code.workgroupBytes <= 2 * PROMISED.workgroupBytes, code.label);
      const storage = code.bindings.filter(({ access }) => access !== 'uniform');
      assert.ok(storage.length <= PROMISED.storageBuffers, code.label);
      assert.ok(storage.filter(({ moves }) => moves).length <= PROMISED.moving, code.label);
    }
  });
}

test('whatever a shape says stands in the source: no two shapes share a pipeline', () => {
  const { automaton, grid } = presets.digits;
  const changes: Partial<Automaton>[] = [
    { channels: 12 },
    { hidden: 72 },
    { sobelSizes: [3, 5] },
    { sobelSizes: [7, 3] },
    { aliveChannel: 1 },
    { aliveThreshold: 0.2 },
    { fireRate: 0.25 },
    { gain: 0.99 },
  ];
  const update = (a: Automaton, g: Grid): string =>
    updateCode({
      ...{ automaton: a, grid: g, drawnRules: 1, ruleASample: true, workgroupBytes: 32_768 },
      variant: plainVariant({ automaton: a, grid: g }, () => true)!,
    })!.source;
  const sources = changes.map((change) => update({ ...automaton, ...change }, grid));
  sources.push(update(automaton, grid), update(automaton, { height: 29, width: 28 }));
  assert.equal(new Set(sources).size, sources.length);
});

test('a tiling has a tile a thread, whole chunks, and the memory that it says', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 4, max: 40 }),
      fc.integer({ min: 1, max: 300 }),
      fc.subarray([3, 5, 7, 9]),
      (channels, hidden, sobelSizes) => {
        const automaton = { ...presets.digits.automaton, channels, hidden, sobelSizes };
        const shape = { automaton, grid: { height: 5, width: 5 } };
        const needs = { perHidden: 2, others: channels };
        const variant = plainVariant(shape, (one) => tilingOf(shape, one, 32_768, needs) !== null);
        if (variant === null) return;
        const tiling = tilingOf(shape, variant, 32_768, needs)!;
        assert.ok(tileThreads(tiling) <= tiling.threads);
        assert.ok(tiling.bytes <= 32_768);
        assert.equal(tiling.chunk % TILE, 0);
        assert.ok(tiling.chunk * tiling.chunks >= hidden);
        assert.equal(tiling.pitch % 2, 1);
      },
    ),
  );
});

test('blocks have every cell once, and of those that fire seldom more than a whole number of turns', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 60 }),
      fc.integer({ min: 1, max: 60 }),
      fc.constantFrom(0.1, 0.5, 1),
      fc.constantFrom('cached', 'staged'),
      (height, width, fireRate, perception) => {
        const shape = { automaton: { ...presets.faces.automaton, fireRate }, grid: { height, width } };
        const variant = { ...plainVariant(shape, () => true)!, perception } as Variant;
        const plan = blockPlan(shape, variant);
        assert.ok(plan.height * plan.width <= variant.block);
        if (perception === 'cached') {
          assert.equal(plan.count, Math.ceil((height * width) / plan.width));
          return;
        }
        const down = Math.ceil(height / plan.height);
        assert.equal(plan.count, down * plan.across);
        assert.ok(down * plan.height >= height && plan.across * plan.width >= width);
        assert.equal(stagedCells(plan), (plan.height + 8) * (plan.width + 8));
      },
    ),
  );
  const { block, rows } = plainVariant(presets.digits, () => true)!;
  const spread = 1.5 * Math.sqrt(block / 4);
  assert.ok((block / 2 + spread) / rows <= Math.round(block / 2 / rows) && block > 96, String(block));
});

test('what does not fit beside a variant’s tiles is tried with smaller ones', () => {
  const { automaton, grid } = presets['small-images'];
  const shape = { automaton, grid };
  const fits = (variant: Variant): boolean => fitsUpdate(shape, 32_768, variant);
  const plain = plainVariant(shape, fits)!;
  assert.equal(fits({ ...plain, perception: 'staged' }), false);
  const staged = changedVariant(shape, plain, { perception: 'staged' }, fits);
  assert.ok(staged !== null && fits(staged));
  assert.equal(staged.perception, 'staged');
  assert.ok(staged.rows < plain.rows || staged.chunk < plain.chunk);
  const nothing = changedVariant(shape, plain, { perception: 'staged' }, () => false);
  assert.equal(nothing, null);
});

test('literals are read back as the float32 that they stand for', () => {
  for (const value of [0.1, -1e30, 1e-20, 1, 0.5, 1 / 3, 16_777_216]) {
    const text = float(value);
    assert.match(text, /^-?\d+(\.\d+)?(e[+-]?\d+)?f$/);
    assert.equal(Math.fround(Number(text.slice(0, -1))), Math.fround(value));
  }
});

test('a filter’s scale makes i/(i² + j²) its weights', () => {
  for (const size of [3, 5, 7, 9]) {
    const { horizontal } = gradientFilters(size);
    const radius = (size - 1) / 2;
    for (const [at, weight] of horizontal.entries()) {
      const [i, j] = [(at % size) - radius, Math.floor(at / size) - radius];
      if (i === 0 && j === 0) continue;
      assert.ok(Math.abs(weight - (filterScale(size) * i) / (i * i + j * j)) < 1e-15);
    }
  }
});
