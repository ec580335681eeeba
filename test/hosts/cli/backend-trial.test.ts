/** What `doctor` says of the graphics processors that it found. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeWebgpu } from '#hosts/cli/backend-trial.ts';

test('the chosen one, why those before it were not, and those that come after it', () => {
  const chosen = { name: 'Arc A770', isSoftware: false, passedOver: [] };
  assert.equal(describeWebgpu(chosen, ['Arc A770']), 'Arc A770');
  assert.equal(
    describeWebgpu(chosen, ['Arc A770', 'UHD 770', 'llvmpipe']),
    'Arc A770; it comes before UHD 770 and llvmpipe',
  );
  const wrong = { name: 'Arc A770', isSoftware: false, why: 'Arc A770 computes wrong numbers.' };
  assert.equal(
    describeWebgpu({ ...chosen, name: 'UHD 770', passedOver: [wrong] }, ['Arc A770', 'UHD 770']),
    'UHD 770; passed over: Arc A770 computes wrong numbers',
  );
  assert.match(describeWebgpu({ ...chosen, isSoftware: true }, []), /^Arc A770: software, slower than wasm/);
});
