/**
 * The application: all use cases over one set of ports. A host makes the ports, hands the handlers to whatever its
 * windows speak through, and tells it when to begin and to end.
 */
import type { AppContract } from '#contract/app-contract.ts';
import type { Handlers } from '#contract/rpc.ts';
import type { MissingBackend } from '#contract/shapes/engine-state.ts';
import type { LibrarySummary } from '#contract/shapes/library.ts';
import { createGrowthSessions } from './growths/growth-sessions.ts';
import { growthHandlers } from './growths/growth-handlers.ts';
import { mixHandlers } from './growths/mix-handlers.ts';
import { createExportRunner } from './imports/export-job.ts';
import { createMadeExports, type MadeExport } from './imports/made-exports.ts';
import { createImportRunner } from './imports/import-job.ts';
import { jobHandlers } from './jobs/job-handlers.ts';
import { createJobLedger } from './jobs/job-ledger.ts';
import { createJobQueue, type JobQueue } from './jobs/job-queue.ts';
import { addBundledModels } from './library/bundled-models.ts';
import { createEncodingRunner } from './library/encoding-job.ts';
import { libraryHandlers } from './library/library-handlers.ts';
import { createRefinementRunner } from './library/refinement-job.ts';
import type { AppPorts } from './ports.ts';
import { createLearningRunner } from './repair/learning-job.ts';
import { createRepairFolders } from './repair/repair-folders.ts';
import { createRepairs, type Repairs } from './repair/repair-handlers.ts';
import { settingsHandlers } from './settings/settings-handlers.ts';
import { trainingHandlers } from './training/training-handlers.ts';
import { createTrainingRunner } from './training/training-job.ts';

export interface ApplicationSetup {
  readonly ports: AppPorts;
  /** What the host does itself: folders of this machine, and the library's file. */
  readonly host: Pick<
    Handlers<AppContract>,
    'folders.list' | `library.${'backup' | 'backups' | 'check' | 'collect'}`
  >;
  /** Puts another library in the place of this one. Nothing uses the store while it runs. */
  readonly restore: (path: string) => Promise<void>;
  readonly version: string;
  readonly dataFolder: string;
  readonly hasNativeDialogs: boolean;
  /** Backends that are not there, as they are not now. */
  readonly missingBackends: () => MissingBackend[];
  /** Sentences to be shown once. */
  readonly notices: readonly string[];
}

export interface Application {
  readonly handlers: Handlers<AppContract>;
  readonly queue: JobQueue;
  readonly repairs: Pick<Repairs, 'saved'>;
  /** Takes up the jobs. */
  start(): void;
  /** Looks at what comes with the program. Needs the live engine. */
  addBundledModels(): Promise<void>;
  /** The live engine's process is gone, and its growths with it. */
  forgetGrowths(): void;
  /** A file that was made for a window to fetch. @throws AppError not-found */
  madeExport(exportId: string): MadeExport;
  /** Ends the jobs so that they can be resumed. */
  close(): Promise<void>;
}

export function createApplication(setup: ApplicationSetup): Application {
  const { ports, host } = setup;
  const ledger = createJobLedger(ports);
  const repairFolders = createRepairFolders(ports, (repairId) =>
    queue.list().some((job) => job.repairId === repairId),
  );
  const runners = [
    createTrainingRunner(ports),
    createEncodingRunner(ports),
    createRefinementRunner(ports),
    createImportRunner(ports),
    createExportRunner(ports),
    createLearningRunner(ports, repairFolders),
  ];
  const { clock, newId, onBug } = ports;
  const queue = createJobQueue({ ledger, runners, clock, newId, onBug });
  // Who asks for a model's work in the first moments waits until those that come with the program are there.
  let arrival: Promise<void> = Promise.resolve();
  const sessions = createGrowthSessions(ports);
  const exports = createMadeExports(ports);
  const repairs = createRepairs(ports, repairFolders, queue, () => arrival);
  const notices = [...setup.notices];

  const notice = (message: string): void => {
    notices.push(message);
    ports.emit('app.notice', { message });
  };

  function start(): void {
    queue.start();
    ports.files.sweepJobFolders(queue.list().map(({ id }) => id)).catch(onBug);
    const learned = queue.list().flatMap(({ repairId }) => (repairId === null ? [] : [repairId]));
    ports.files.sweepRepairFolders(learned).catch(onBug);
  }

  async function restore(path: string): Promise<LibrarySummary> {
    const before = queue.list();
    await queue.close();
    try {
      await setup.restore(path);
    } finally {
      start();
    }
    const kept = new Set(queue.list().map(({ id }) => id));
    for (const { id } of before) if (!kept.has(id)) ports.emit('jobs.removed', { jobId: id });
    for (const job of queue.list()) ports.emit('jobs.changed', job);
    ports.emit('settings.changed', ports.store.settings());
    const summary = ports.store.summary();
    ports.emit('library.changed', summary);
    return summary;
  }

  return {
    queue,
    repairs,
    start,
    addBundledModels() {
      const adding = addBundledModels(ports, notice);
      arrival = adding.catch(() => undefined);
      return adding;
    },
    forgetGrowths: () => sessions.forgetAll(),
    async close() {
      sessions.forgetAll();
      await queue.close();
      await exports.close();
    },
    madeExport: (exportId) => exports.get(exportId),
    handlers: {
      'app.snapshot': () => ({
        version: setup.version,
        settings: ports.store.settings(),
        engine: ports.engines.state(),
        library: ports.store.summary(),
        jobs: queue.list(),
        dataFolder: setup.dataFolder,
        notices: notices.splice(0),
        hasNativeDialogs: setup.hasNativeDialogs,
        missingBackends: setup.missingBackends(),
      }),
      ...settingsHandlers(ports),
      ...libraryHandlers(ports),
      ...growthHandlers(ports, sessions),
      ...mixHandlers(ports),
      'styles.health': ({ styleId }, { signal }) => {
        const { name, spec, w0, b0, w1 } = ports.store.rule(styleId);
        return ports.engines.live.call('rule.health', { style: { name, spec, w0, b0, w1 } }, { signal });
      },
      ...repairs.handlers,
      ...trainingHandlers(ports, queue),
      ...jobHandlers(ports, queue, () => arrival),
      ...exports.handlers,
      ...host,
      'library.restore': ({ path }) => restore(path),
    },
  };
}
