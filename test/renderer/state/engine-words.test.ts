import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EngineState } from '#contract/shapes/engine-state.ts';
import { engineWords } from '../../../src-renderer/state/engine-words.ts';

const info = {
  backend: 'wasm',
  threads: 4,
  description: 'wasm: relaxed SIMD',
  device: 'A processor',
} as const;

test('each state of the engine has its words; what has failed can be tried again', () => {
  const of = (status: EngineState['status']): ReturnType<typeof engineWords> =>
    engineWords({ status, info, restarts: 0, problem: null });
  assert.deepEqual(of('ready'), { title: 'WebAssembly, 4 threads', tone: 'good', canRetry: false });
  for (const status of ['starting', 'restarting'] as const)
    assert.deepEqual([of(status).tone, of(status).canRetry], ['busy', false]);
  for (const status of ['stalled', 'failed'] as const)
    assert.deepEqual([of(status).tone, of(status).canRetry], ['bad', true]);
  assert.equal(engineWords(null).tone, 'busy');
  assert.match(
    engineWords({ status: 'ready', info: { ...info, threads: 1 }, restarts: 0, problem: null }).title,
    /1 thread$/,
  );
});
