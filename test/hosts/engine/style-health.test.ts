import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { registerReferenceKernels } from '#engine/kernels/reference/register.ts';
import { tf } from '#engine/tf.ts';
import { styleHealth } from '#hosts/engine/style-health.ts';
import { blob, blobSpec, orange } from '#test/hosts/cli/commands/growable-files.ts';

const signal = new AbortController().signal;

before(async () => {
  registerReferenceKernels();
  await tf.setBackend('cpu');
});

test('a blob that fills its grid grows shut over its wound, and stays', async () => {
  const { wounded, healed, kept, steps } = await styleHealth(
    blobSpec,
    { count: 1, ...blob(orange) },
    {
      implementation: 'auto',
      signal,
    },
  );
  assert.equal(steps, 4 * blobSpec.steps);
  assert.ok(wounded < 20, `${wounded}`);
  assert.ok(healed > wounded + 10 && kept > 30, `${healed} ${kept}`);
});

test('a rule that does nothing heals nothing', async () => {
  const rule = { count: 1, ...blob(orange) };
  const still = { ...rule, w1: rule.w1.map(() => 0) };
  const { wounded, healed, kept } = await styleHealth(blobSpec, still, {
    implementation: 'auto',
    signal,
  });
  assert.equal(healed, wounded);
  assert.equal(kept, 100);
});
