/** What was found quickest is kept by processor, and a broken file says nothing. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { keptVariants } from '#hosts/engine/webgpu/kept-variants.ts';
import { presets } from '#domain/model-presets.ts';
import { plainVariant } from '#engine/kernels/webgpu/code/variant.ts';

const folder = mkdtempSync(join(tmpdir(), 'variants-'));
after(() => rmSync(folder, { recursive: true }));

const variant = plainVariant(presets.digits, () => true)!;

test('choices of each processor are kept, and added to', async () => {
  const file = join(folder, 'new', 'variants.json');
  const kept = keptVariants(file);
  assert.deepEqual(kept.of('one'), {});
  await kept.keep('one', { a: variant });
  await kept.keep('other', { a: { ...variant, threads: 128 } });
  await kept.keep('one', { b: { ...variant, rows: 16 } });
  assert.deepEqual(keptVariants(file).all(), {
    other: { a: { ...variant, threads: 128 } },
    one: { a: variant, b: { ...variant, rows: 16 } },
  });
  for (let i = 0; i < 30; i++) await kept.keep(`processor ${i}`, { a: variant });
  assert.equal(Object.keys(kept.all()).length, 20);
});

test('a file that is broken says nothing, and is written anew', async () => {
  const file = join(folder, 'broken.json');
  for (const text of ['', '{', '[]', '{"format":2,"processors":{"one":{}}}', '{"format":1,"processors":3}']) {
    writeFileSync(file, text);
    assert.deepEqual(keptVariants(file).of('one'), {});
  }
  await keptVariants(file).keep('one', { a: variant });
  assert.deepEqual(keptVariants(file).of('one'), { a: variant });
});
