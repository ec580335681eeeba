/** The service when its live engine fails, comes back, and goes away: what windows are told, and what is made up for. */
import assert from 'node:assert/strict';
import test from 'node:test';
import type { EngineState } from '#contract/shapes/engine-state.ts';
import { AppError } from '#domain/errors.ts';
import { presets } from '#domain/model-presets.ts';
import type { OpenEngine } from '#hosts/service/engines.ts';
import { sha256 } from '#storage/content-store.ts';
import { newStyle, open as openLibrary } from '#test/storage/library/sample-library.ts';
import { newFolder, openService } from './service-stage.ts';

const card = { data: 'icons', iterations: 1, seconds: 1, machine: 'a test', scores: {}, notes: '' };
const grid = { height: 40, width: 40 };

/** A live engine whose state is the test's; ready, it answers. */
function playedEngine(): { readonly open: OpenEngine; become(status: EngineState['status']): void } {
  let state: EngineState = { status: 'failed', info: null, restarts: 3, problem: 'It died 4 times.' };
  const listeners: ((state: EngineState) => void)[] = [];
  const become = (status: EngineState['status']): void => {
    state = { ...state, status, problem: null };
    for (const listener of listeners) listener(state);
  };
  const answers: Record<string, (params: { path: string }) => unknown> = {
    'files.inspect': ({ path }) => ({
      ...{ kind: 'model', hash: sha256(Buffer.from(path)), bytes: 1, spec: presets.sketch, card },
      ...{ style: null, picture: null },
    }),
    'growth.open': () => ({ growthId: 'engine-1', grid, trainedGrid: grid, trainedSteps: 72 }),
  };
  return {
    become,
    open: () => ({
      async call(method, params) {
        await Promise.resolve();
        if (state.status === 'ready') return answers[method](params as { path: string }) as never;
        throw new AppError('disconnected', 'The engine ended unexpectedly 4 times: restart it.');
      },
      state: () => state,
      onState: (listener) => void listeners.push(listener),
      onNotice: () => undefined,
      lendGraphics: () => undefined,
      restart: () => Promise.resolve(state),
      close: () => Promise.resolve(),
    }),
  };
}

test('without an engine the library is there; what comes with the program appears when the engine does', async (t) => {
  const { open, become } = playedEngine();
  const { service, window, bugs } = await openService(t, await newFolder(t), { openEngine: open });
  await service.ready;
  const { engine, library, notices } = await window.call('app.snapshot', {});
  assert.deepEqual([engine.status, engine.problem], ['failed', 'It died 4 times.']);
  assert.deepEqual([library.models, notices], [0, []], 'the files are not blamed');
  const there = new Promise<void>((resolve) => {
    window.on('library.changed', ({ models }) => {
      if (models === 2) resolve();
    });
  });
  become('ready');
  await there;
  assert.deepEqual(bugs, []);
});

test('the engine that held a growth is gone, and so is the growth; windows are told of the engine', async (t) => {
  const { open, become } = playedEngine();
  const data = await newFolder(t);
  const before = await openLibrary(data);
  const [styleId] = before.store.addStyles([newStyle(1)]);
  before.close();
  const { window } = await openService(t, data, { openEngine: open });
  become('ready');
  const { growthId } = await window.call('growth.open', { styleIds: [styleId] });
  const states: string[] = [];
  window.on('engine.state', ({ status }) => states.push(status));
  become('stalled');
  await window.call('growth.close', { growthId: 'another' });
  become('restarting');
  become('ready');
  await assert.rejects(window.call('growth.control', { growthId, control: { kind: 'play' } }), {
    code: 'not-found',
    message: /open its styles again/,
  });
  assert.deepEqual(states, ['stalled', 'restarting', 'ready']);
});
