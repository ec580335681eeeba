/** Choosing the kernels' variant by trying some: it keeps what is quickest, and only what computes the same. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { tune } from '#engine/kernels/webgpu/tuning.ts';
import { VariantChoices } from '#engine/kernels/webgpu/variant-choices.ts';
import { rolloutWay, tuneRollout } from '#engine/rollout/tuned.ts';
import { missingGraphics, openGraphics } from './graphics.ts';

const missing = await missingGraphics();

const automaton = {
  ...{ channels: 4, hidden: 8, sobelSizes: [], aliveChannel: 3 },
  ...{ aliveThreshold: 0.1, fireRate: 1, gain: 1 },
};
const work = { automaton, grid: { height: 4, width: 4 }, batch: 2, training: true };

describe('choosing variants', { skip: missing !== null }, () => {
  test('tries the plain one first and keeps one that was as quick as any', async () => {
    const graphics = await openGraphics();
    try {
      const { gpu } = graphics.backend;
      const found = await tune(gpu, { ...work, training: false }, { budgetMs: 60_000 });
      assert.deepEqual(
        found.map(({ kernel }) => kernel),
        ['update'],
      );
      for (const { kernel, variant, tried } of found) {
        assert.ok(tried.length >= 4, `${kernel}: ${tried.map(({ name }) => name).join(' | ')}`);
        const shape = { automaton, grid: work.grid, half: false };
        assert.deepEqual(gpu.choices.of(kernel, shape, 2), variant);
      }
      const rows = await tune(gpu, work);
      assert.deepEqual(
        rows.map(({ kernel }) => kernel),
        ['rows'],
        'what was found stays',
      );
      assert.deepEqual(await tune(gpu, work), [], 'nothing is left to find');
    } finally {
      graphics.close();
    }
  });

  test('is not done unless the host asks; what was kept is taken up and handed on', async () => {
    const plain = await openGraphics();
    await tuneRollout(work);
    assert.deepEqual(plain.backend.gpu.choices.all(), {});
    const way = rolloutWay(work);
    plain.close();
    let kept: unknown = undefined;
    const tuning = { kept, keep: (choices: unknown) => void (kept = structuredClone(choices)) };
    const first = await openGraphics({ tuning });
    await tuneRollout({ ...work, training: false });
    const chosen = first.backend.gpu.choices.all();
    assert.equal(Object.keys(chosen).length, 1);
    first.close();
    const again = await openGraphics({ tuning: { kept, keep: () => assert.fail('found anew') } });
    assert.deepEqual(again.backend.gpu.choices.all(), chosen);
    await tuneRollout({ ...work, training: false });
    assert.match(way!, /64 threads/);
    again.close();
  });
});

test('what was kept but is no variant is left out', () => {
  const choices = new VariantChoices();
  for (const broken of [null, 3, [], { a: null }, { a: { threads: 64 } }, { a: { threads: 1e9, rows: 4 } }]) {
    choices.restore(broken);
    assert.deepEqual(choices.all(), {});
  }
});
