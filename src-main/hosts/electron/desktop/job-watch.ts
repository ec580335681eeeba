/** Shows the jobs outside of the window: taskbar, notices, dock; and keeps the machine awake while something trains. */
import type {
  BrowserWindow,
  Dock,
  Notification,
  NotificationConstructorOptions,
  PowerSaveBlocker,
} from 'electron';
import type { Job } from '#contract/shapes/jobs.ts';
import type { Settings } from '#contract/settings.ts';
import type { Service } from '#hosts/service/service.ts';
import { endNotice, keepsAwake, taskbarSign, type EndNotice } from './job-signs.ts';

/** What is used of Electron. */
export interface JobWatchParts {
  readonly powerSaveBlocker: Pick<PowerSaveBlocker, 'start' | 'stop'>;
  readonly dock: Pick<Dock, 'bounce'> | undefined;
  readonly notify: (options: NotificationConstructorOptions) => Pick<Notification, 'on' | 'show'> | null;
}

export interface JobWatchSetup {
  readonly parts: JobWatchParts;
  readonly service: Pick<Service, 'onEvent'>;
  readonly jobs: readonly Job[];
  readonly settings: Settings;
  readonly window: () => Pick<
    BrowserWindow,
    'setProgressBar' | 'flashFrame' | 'isFocused' | 'isMinimized' | 'restore' | 'show' | 'focus'
  > | null;
}

export interface JobWatch {
  /** The window is looked at: what it was to tell is told. */
  seen(): void;
  /** A new window knows nothing yet. */
  showAgain(): void;
  close(): void;
}

export function watchJobs({ parts, service, jobs, settings, window }: JobWatchSetup): JobWatch {
  const known = new Map(jobs.map((job) => [job.id, job]));
  let { staysAwake } = settings;
  let blocker: number | null = null;
  let hasFailed = false;
  let shown = '';
  /** Kept, so that its click is heard: what nobody holds is collected. */
  const told = new Set<Pick<Notification, 'on' | 'show'>>();

  function show(): void {
    const all = [...known.values()];
    const { value, mode } = taskbarSign(all, hasFailed);
    const sign = `${value.toFixed(3)} ${mode}`;
    if (sign !== shown) window()?.setProgressBar(value, { mode });
    shown = sign;
    const isAwake = keepsAwake(all, staysAwake);
    if (isAwake && blocker === null) blocker = parts.powerSaveBlocker.start('prevent-app-suspension');
    else if (!isAwake && blocker !== null) {
      parts.powerSaveBlocker.stop(blocker);
      blocker = null;
    }
  }

  function tell(notice: EndNotice): void {
    const own = window();
    if (own?.isFocused() === true) return;
    parts.dock?.bounce('informational');
    own?.flashFrame(true);
    const notification = parts.notify(notice);
    if (notification === null) return;
    told.add(notification);
    notification.on('click', () => {
      const there = window();
      if (there?.isMinimized() === true) there.restore();
      there?.show();
      there?.focus();
      told.delete(notification);
    });
    notification.on('close', () => told.delete(notification));
    notification.show();
  }

  const end = service.onEvent((event, payload) => {
    if (event === 'jobs.changed') {
      const job = payload as Job;
      const before = known.get(job.id);
      known.set(job.id, job);
      const isNew = before === undefined || before.state !== job.state;
      if (isNew && job.state === 'failed' && window()?.isFocused() !== true) hasFailed = true;
      const notice = endNotice(before, job);
      if (notice !== null) tell(notice);
    } else if (event === 'jobs.removed') known.delete((payload as { jobId: string }).jobId);
    else if (event === 'settings.changed') ({ staysAwake } = payload as Settings);
    else return;
    show();
  });
  show();

  return {
    seen() {
      hasFailed = false;
      window()?.flashFrame(false);
      show();
    },
    showAgain() {
      shown = '';
      show();
    },
    close() {
      end();
      if (blocker !== null) parts.powerSaveBlocker.stop(blocker);
      blocker = null;
      told.clear();
    },
  };
}
