import assert from 'node:assert/strict';
import test from 'node:test';
import { createStage } from '../application-stage.ts';

test('settings are kept and told; only those of the engine start it again', async () => {
  const stage = await createStage();
  const dark = await stage.ask('settings.set', { theme: 'dark' });
  assert.equal(dark.theme, 'dark');
  assert.deepEqual(stage.events.at(-1), { event: 'settings.changed', payload: dark });
  assert.equal(stage.restarts, 0);
  await stage.ask('settings.set', { threads: 1 });
  assert.equal(stage.restarts, 1);
  await stage.ask('settings.set', { threads: 1, backend: 'auto' });
  assert.equal(stage.restarts, 1, 'nothing changed');
  await stage.ask('settings.set', { backend: 'reference' });
  assert.equal(stage.restarts, 2);
  const next = await stage.kill();
  const { settings } = await next.ask('app.snapshot', {});
  assert.deepEqual([settings.theme, settings.threads, settings.backend], ['dark', 1, 'reference']);
});

test('the user can start the engine again', async () => {
  const stage = await createStage();
  const state = await stage.ask('engine.restart', {});
  assert.deepEqual([state.status, stage.restarts], ['ready', 1]);
});
