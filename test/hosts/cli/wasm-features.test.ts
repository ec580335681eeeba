import assert from 'node:assert/strict';
import { test } from 'node:test';
import { wasmFeatures } from '#hosts/cli/wasm-features.ts';

test('the pinned Node has SIMD, relaxed SIMD and threads', () => {
  assert.deepEqual(wasmFeatures(), { simd: true, relaxedSimd: true, threads: true });
});
