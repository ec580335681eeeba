/** The rollout on WebGPU by Dawn in Node: the cases of parity-cases.ts, and what little memory makes of it. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { randomCase, runCaseAsync } from '#test/engine/rollout/rollout-case.ts';
import { readFixture } from '#test/fixtures/read-safetensors.ts';
import { missingGraphics, openGraphics, withGraphics } from './graphics.ts';
import { beyondBounds, parityCases } from './parity-cases.ts';

const missing = await missingGraphics();
if (missing !== null) console.log(`WebGPU is not tested on this machine: ${missing}`);

describe('the rollout on WebGPU', { skip: missing !== null }, () => {
  withGraphics();

  for (const { name, fixture, run } of parityCases) {
    test(name, async () => {
      const file = new URL(`../../../fixtures/rollout/${fixture}.safetensors`, import.meta.url);
      const found = await run(fixture === null ? null : readFixture(file));
      assert.ok(found.length > 0);
      assert.deepEqual(beyondBounds(found), []);
    });
  }
});

describe('the rollout on WebGPU with little memory', { skip: missing !== null }, () => {
  test('computes steps again, and the batch in parts, to the same bits', async () => {
    const spec = randomCase(5, { batch: 3, steps: 9 });
    const runWith = async (scratchBytes: number): Promise<Map<string, Float32Array>> => {
      // Its trial would not fit the least of them.
      const gpu = await openGraphics({ scratchBytes, trial: () => Promise.resolve() });
      try {
        return new Map(await runCaseAsync(spec)) as Map<string, Float32Array>;
      } finally {
        gpu.close();
      }
    };
    const whole = await runWith(2 ** 28);
    for (const bytes of [64_000, 40_000]) {
      for (const [name, values] of await runWith(bytes)) assert.deepEqual(values, whole.get(name), name);
    }
    await assert.rejects(runWith(1000), { code: 'out-of-memory' });
  });
});
