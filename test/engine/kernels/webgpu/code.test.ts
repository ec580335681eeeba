/** The builders of WGSL without a graphics processor: what is baked in, what is bound, and that it fits every device. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { presets } from '#domain/model-presets.ts';
import type { Automaton, Grid } from '#domain/automaton.ts';
import { gradientFilters } from '#engine/kernels/reference/rollout.ts';
import { sizesOf } from '#engine/kernels/webgpu/code/automaton-code.ts';
import { gradientCellsCode } from '#engine/kernels/webgpu/code/gradient-cells-code.ts';
import { gradientRowsCode } from '#engine/kernels/webgpu/code/gradient-rows-code.ts';
import { float, type KernelCode } from '#engine/kernels/webgpu/code/kernel-code.ts';
import { liveCode } from '#engine/kernels/webgpu/code/live-code.ts';
import { lossCode } from '#engine/kernels/webgpu/code/loss-code.ts';
import { filterScale } from '#engine/kernels/webgpu/code/perception-code.ts';
import { tilingOf, TILE, tileThreads } from '#engine/kernels/webgpu/code/tile-code.ts';
import { updateCode } from '#engine/kernels/webgpu/code/update-code.ts';

/** What WebGPU promises of every device; most have twice the workgroup memory. */
const PROMISED = { storageBuffers: 8, moving: 4, workgroupBytes: 16_384 };

function codesOf(automaton: Automaton, grid: Grid, workgroupBytes: number): (KernelCode | null)[] {
  const shape = { automaton, grid };
  const gradient = { ...shape, ruleASample: true, heldChannels: 4 };
  return [
    updateCode({ ...shape, drawnRules: 1, ruleASample: true, workgroupBytes }),
    updateCode({ ...shape, drawnRules: 4, ruleASample: false, workgroupBytes }),
    liveCode({ ...shape, hold: { channels: 4, shared: true } }),
    gradientRowsCode({ ...gradient, parts: 3, workgroupBytes }),
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
    updateCode({ automaton: a, grid: g, drawnRules: 1, ruleASample: true, workgroupBytes: 32_768 })!.source;
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
        const sizes = sizesOf({ automaton, grid: { height: 5, width: 5 } });
        const tiling = tilingOf(sizes, 32_768, 2, channels);
        if (tiling === null) return;
        assert.ok(tileThreads(tiling) <= 64);
        assert.equal(tiling.chunk % TILE, 0);
        assert.ok(tiling.chunk * tiling.chunks >= hidden);
        assert.equal(tiling.pitch % 2, 1);
      },
    ),
  );
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
