import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EngineInfo, EngineState } from '#contract/shapes/engine-state.ts';
import { engineWords, reasonsIn, sharesOfWork } from '../../../src-renderer/state/engine-words.ts';

const info: EngineInfo = {
  backend: 'wasm',
  threads: 4,
  description: 'wasm: relaxed SIMD',
  device: 'A processor',
};
const card = { name: 'A card', isSoftware: false, rest: null };

function wordsOf(given: EngineInfo | null, status: EngineState['status'] = 'ready') {
  return engineWords({ status, info: given, restarts: 0, problem: null });
}

test('each state of the engine has its words; what has failed can be tried again', () => {
  assert.deepEqual(wordsOf(info), {
    ...{ title: 'WebAssembly, 4 threads', device: 'A processor', tone: 'good', canRetry: false },
  });
  for (const status of ['starting', 'restarting'] as const)
    assert.deepEqual([wordsOf(info, status).tone, wordsOf(info, status).canRetry], ['busy', false]);
  for (const status of ['stalled', 'failed'] as const)
    assert.deepEqual([wordsOf(info, status).tone, wordsOf(info, status).canRetry], ['bad', true]);
  assert.equal(engineWords(null).tone, 'busy');
  assert.equal(wordsOf(null).device, null);
  assert.match(wordsOf({ ...info, threads: 1 }).title, /1 thread$/);
});

test('a graphics processor is named, and whose it is', () => {
  const own = wordsOf({ ...info, backend: 'webgpu', graphics: card });
  assert.deepEqual([own.title, own.device], ['WebGPU', 'A card']);
  const lent = wordsOf({ ...info, backend: 'webgpu', graphics: { ...card, isSoftware: true, rest: 'wasm' } });
  assert.deepEqual([lent.title, lent.device], ['WebGPU in the window', 'A card, software']);
});

test('where a window computes some of it, it is said who does what', () => {
  assert.deepEqual(sharesOfWork(info), []);
  assert.deepEqual(sharesOfWork({ ...info, graphics: card }), []);
  const lent: EngineInfo = { ...info, backend: 'webgpu', graphics: { ...card, rest: 'wasm' } };
  assert.deepEqual(sharesOfWork(lent), [
    { work: 'Growing and training', by: 'A card' },
    { work: 'Everything else', by: 'WebAssembly, 4 threads (A processor)' },
  ]);
});

test('why nothing better computes are sentences', () => {
  assert.deepEqual(reasonsIn(info), []);
  const description = 'wasm: relaxed SIMD; the driver is old; The window cannot: it has none (yet)';
  assert.deepEqual(reasonsIn({ ...info, description }), [
    ...['The driver is old.', 'The window cannot: it has none (yet).'],
  ]);
  const lent = { ...card, rest: 'wasm' } as const;
  assert.deepEqual(reasonsIn({ ...info, description, graphics: lent }), []);
  const [why] = reasonsIn({ ...info, description, graphics: { ...lent, isSoftware: true } });
  assert.match(why, /WebAssembly is faster/);
});
