import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import test from 'node:test';
import { handleEndings } from '#hosts/electron/desktop/endings.ts';
import { eventWith } from '../stand-in/like-electron.ts';

/** As Electron does: `quit` closes the windows, then asks by `will-quit`. */
function stage() {
  const heard: string[] = [];
  const app = Object.assign(new EventEmitter(), {
    quit() {
      const event = eventWith({});
      app.emit('will-quit', event);
      heard.push(event.defaultPrevented ? 'quit: not yet' : 'quit');
    },
  });
  let isKept = (): void => undefined;
  const kept = new Promise<void>((done) => (isKept = done));
  const service = {
    queue: {
      sleep: () => Promise.resolve(void heard.push('sleep')),
      wake: () => void heard.push('wake'),
    },
    async close() {
      heard.push('saving');
      await kept;
      heard.push('saved');
    },
  };
  const powerMonitor = new EventEmitter();
  const window = new EventEmitter();
  const beforeClose = (): Promise<void> => Promise.resolve(void heard.push('before'));
  const onBug = (failure: unknown): void => void heard.push(`bug ${String(failure)}`);
  // A fake emitter returns itself, not Electron's class.
  const parts = { app, powerMonitor, service, beforeClose, onBug } as unknown as Parameters<
    typeof handleEndings
  >[0];
  handleEndings(parts).watch(window as unknown as Parameters<ReturnType<typeof handleEndings>['watch']>[0]);
  return {
    heard,
    app,
    powerMonitor,
    window,
    isKept,
    settled: () => new Promise((done) => setImmediate(done)),
  };
}

test('quitting waits until everything is saved, once, however often it is asked', async () => {
  const { heard, app, isKept, settled } = stage();
  app.quit();
  app.quit();
  await settled();
  assert.deepEqual(heard, ['before', 'quit: not yet', 'quit: not yet', 'saving']);
  isKept();
  await settled();
  assert.deepEqual(heard.slice(4), ['saved', 'quit']);
});

test('a shutdown of the system is held up until everything is saved', async () => {
  const { heard, powerMonitor, isKept, settled } = stage();
  const shutdown = eventWith({});
  powerMonitor.emit('shutdown', shutdown);
  assert.ok(shutdown.defaultPrevented);
  isKept();
  await settled();
  assert.ok(heard.includes('saved') && heard.includes('quit'));
  const again = eventWith({});
  powerMonitor.emit('shutdown', again);
  assert.ok(!again.defaultPrevented, 'what is saved holds nothing up');
});

test('the end of a session of Windows is held up, too; one that comes anyway saves what it can', async () => {
  const { heard, window, isKept, settled } = stage();
  const asked = eventWith({ reasons: ['logoff'] });
  window.emit('query-session-end', asked);
  assert.ok(asked.defaultPrevented);
  window.emit('session-end', eventWith({}));
  await settled();
  assert.equal(heard.filter((word) => word === 'saving').length, 1);
  isKept();
});

test('before a sleep the jobs are kept, and go on when the machine wakes, unless the program is ending', async () => {
  const { heard, app, powerMonitor, settled } = stage();
  powerMonitor.emit('suspend');
  powerMonitor.emit('resume');
  assert.deepEqual(heard, ['sleep', 'wake']);
  app.quit();
  await settled();
  powerMonitor.emit('resume');
  assert.equal(heard.filter((word) => word === 'wake').length, 1);
});
