/**
 * The rollout in a real browser's WebGPU, in a worker, as the window lends it: the same cases within the same bounds as by
 * Dawn in Node, under the window's own policy. Chromium computes by SwiftShader, which it brings.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { beyondBounds, parityCases } from '#test/engine/kernels/webgpu/parity-cases.ts';
import { openBundledPage } from './bundled-page.ts';
import type { ParityMessage } from './parity-worker.ts';

test('a worker of Chromium computes what the reference and the authors’ code do', async () => {
  const { page, problems, close } = await openBundledPage(['parity-worker']);
  const cases = new Map<string, string[]>();
  let worst = 0;
  try {
    const ended = new Promise<number>((resolve, reject) => {
      void page.exposeFunction('tell', (message: ParityMessage) => {
        switch (message.kind) {
          case 'device':
            console.log(`Computing on ${message.name}${message.isSoftware ? ', which is software' : ''}`);
            assert.ok(message.key.includes('Chrome/'), message.key);
            return;
          case 'case':
            assert.ok(message.found.length > 0);
            cases.set(message.name, beyondBounds(message.found));
            worst = Math.max(worst, ...message.found.map(({ off, bound }) => off / bound));
            console.log(`${message.name}: ${figures(message.found)}`);
            return;
          case 'end':
            resolve(message.tensors);
            return;
          case 'failure':
            reject(new Error(message.message));
        }
      });
    });
    await page.evaluate(`{
      const worker = new Worker('./parity-worker.js', { type: 'module' });
      worker.onmessage = ({ data }) => tell(data);
      worker.onerror = ({ message }) => tell({ kind: 'failure', message: message ?? 'The worker did not load.' });
    }`);
    assert.equal(await ended, 0, 'tensors are left behind');
    assert.deepEqual(problems(), []);
  } finally {
    await close();
  }
  assert.deepEqual(
    [...cases],
    parityCases.map(({ name }) => [name, []]),
  );
  console.log(`The furthest is ${(100 * worst).toFixed(0)} % of its bound.`);
});

function figures(found: Extract<ParityMessage, { kind: 'case' }>['found']): string {
  const worstOf = (bound: number): string => {
    const offs = found.filter((one) => one.bound === bound).map(({ off }) => off);
    return `${Math.max(...offs).toExponential(1)} of ${bound}`;
  };
  return [...new Set(found.map(({ bound }) => bound))].map(worstOf).join(', ');
}
