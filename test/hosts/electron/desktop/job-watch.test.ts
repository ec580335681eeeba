import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import test from 'node:test';
import type { Job } from '#contract/shapes/jobs.ts';
import { settings } from '#contract/settings.ts';
import { watchJobs, type JobWatch, type JobWatchSetup } from '#hosts/electron/desktop/job-watch.ts';
import type { EventListener } from '#hosts/service/service.ts';
import { Notification } from '../stand-in/notification.ts';
import { powerSaveBlocker } from '../stand-in/power.ts';

const running: Job = {
  ...{ id: 'job', kind: 'training', title: 'Train on Icons', state: 'running', done: 5, total: 10 },
  ...{ unit: 'iterations', phase: '', etaSeconds: null, message: null, canResume: true },
  ...{ createdMs: 0, startedMs: 0, endedMs: null, modelId: 'm', styleIds: [], styleCount: 0, path: null },
  ...{ repairId: null },
};
const done: Job = { ...running, state: 'done', endedMs: 90_000 };
const wishes = settings.parse({});

class Window extends EventEmitter {
  heard: string[] = [];
  isInFront = false;
  isSmall = false;
  setProgressBar = (value: number, options?: { mode: string }): void =>
    void this.heard.push(`bar ${value} ${options?.mode ?? ''}`);
  flashFrame = (isOn: boolean): void => void this.heard.push(`flash ${isOn}`);
  isFocused = (): boolean => this.isInFront;
  isMinimized = (): boolean => this.isSmall;
  restore = (): void => void this.heard.push('restore');
  show = (): void => void this.heard.push('show');
  focus = (): void => void this.heard.push('focus');
}

interface Stage {
  readonly window: Window;
  readonly watch: JobWatch;
  readonly tell: EventListener;
  readonly bounces: string[];
}

function stage(jobs: readonly Job[] = [], change: Partial<JobWatchSetup> = {}): Stage {
  Notification.shown.length = 0;
  powerSaveBlocker.started.clear();
  const window = new Window();
  const bounces: string[] = [];
  let tell: EventListener = () => undefined;
  const watch = watchJobs({
    ...{ jobs, settings: wishes, window: () => window },
    service: {
      onEvent(listener) {
        tell = listener;
        return () => (tell = () => undefined);
      },
    },
    parts: {
      powerSaveBlocker,
      dock: { bounce: (type = 'informational') => bounces.push(type) },
      notify: (options) =>
        new Notification(options) as unknown as ReturnType<JobWatchSetup['parts']['notify']>,
    },
    ...change,
  });
  return { window, watch, bounces, tell: (event, payload) => tell(event, payload) };
}

test('progress goes to the taskbar as it changes, and away at the end', () => {
  const { window, tell } = stage([running]);
  assert.deepEqual(window.heard, ['bar 0.5 normal']);
  tell('jobs.changed', { ...running, phase: 'Training' });
  tell('jobs.changed', { ...running, done: 8 });
  tell('jobs.changed', { ...done, endedMs: 10 });
  assert.deepEqual(window.heard, ['bar 0.5 normal', 'bar 0.8 normal', 'bar -1 none']);
});

test('a long job that ends while nobody looks is told; a click brings the window back', () => {
  const { window, tell, bounces } = stage([running]);
  window.isSmall = true;
  tell('jobs.changed', done);
  const [{ title, body }] = Notification.shown;
  assert.deepEqual([title, body], ['Train on Icons: done', 'The model is in the gallery.']);
  assert.deepEqual(bounces, ['informational']);
  assert.ok(window.heard.includes('flash true'));
  Notification.shown[0].emit('click');
  assert.deepEqual(window.heard.slice(-3), ['restore', 'show', 'focus']);
});

test('whoever looks at the window is told nothing more', () => {
  const { window, tell, bounces } = stage([running]);
  window.isInFront = true;
  tell('jobs.changed', done);
  assert.deepEqual([Notification.shown.length, bounces.length], [0, 0]);
  assert.ok(!window.heard.includes('flash true'));
});

test('a failure stays on the taskbar until the window is looked at', () => {
  const { window, watch, tell } = stage([running]);
  tell('jobs.changed', { ...running, state: 'failed', endedMs: 100 });
  assert.equal(window.heard.at(-1), 'bar 1 error');
  watch.seen();
  assert.deepEqual(window.heard.slice(-2), ['flash false', 'bar -1 none']);
});

test('the machine may not sleep while something trains: from its beginning to its end, unless it is allowed', () => {
  const { watch, tell } = stage([]);
  assert.equal(powerSaveBlocker.started.size, 0);
  tell('jobs.changed', running);
  tell('jobs.changed', { ...running, done: 6 });
  assert.deepEqual([...powerSaveBlocker.started.values()], ['prevent-app-suspension']);
  tell('settings.changed', { ...wishes, staysAwake: false });
  assert.equal(powerSaveBlocker.started.size, 0);
  tell('settings.changed', wishes);
  assert.equal(powerSaveBlocker.started.size, 1);
  tell('jobs.changed', done);
  assert.equal(powerSaveBlocker.started.size, 0);
  tell('jobs.changed', running);
  tell('jobs.removed', { jobId: running.id });
  assert.equal(powerSaveBlocker.started.size, 0);
  tell('jobs.changed', running);
  watch.close();
  assert.equal(powerSaveBlocker.started.size, 0);
});

test('without a window, and where the system has no notices, nothing fails', () => {
  const parts = { powerSaveBlocker, dock: undefined, notify: () => null };
  const { tell, watch } = stage([running], { window: () => null, parts });
  tell('jobs.changed', done);
  watch.seen();
  watch.close();
});
