/** The call of an engine process that trains, and all that it tells on its way: to the library, and to the windows. */
import type { EngineContract } from '#contract/engine-contract.ts';
import type { Progress, Result } from '#contract/contract.ts';
import type { TrainingReport } from '#contract/shapes/training.ts';
import type { JobContext } from '../jobs/job-runner.ts';
import type { AppPorts } from '../ports.ts';
import { createTrainingCurve, pointOf } from './training-curve.ts';
import type { TrainingRun } from './training-request.ts';

type TrainingEvent = Progress<EngineContract, 'training.run'>;
type TrainingResult = Result<EngineContract, 'training.run'>;

const PREVIEW_PHASES = { scanning: 'Looking for pictures', decoding: 'Reading pictures' } as const;

/** @param onSafe at every checkpoint, with the last report before it */
export async function runInEngine(
  ports: AppPorts,
  jobId: string,
  run: TrainingRun,
  context: JobContext,
  onSafe: (report: TrainingReport | null) => void,
): Promise<TrainingResult> {
  const { store, emit } = ports;
  const curve = createTrainingCurve(ports, jobId);
  const stop = stopOf(context);
  let last: TrainingReport | null = null;

  function onProgress(event: TrainingEvent): void {
    switch (event.event) {
      case 'reading': {
        const { phase, done, total } = event.progress;
        context.report({ phase: `${PREVIEW_PHASES[phase]}: ${done}${total === null ? '' : ` of ${total}`}` });
        return;
      }
      case 'notice':
        context.report({ message: event.message });
        return;
      case 'started':
        // What came after that was lost, and comes again.
        store.cutCurve(jobId, event.iteration);
        context.report({
          phase: event.place === null ? 'Training' : `Training on ${event.place}`,
          done: event.iteration,
          total: event.iterations,
        });
        stop.onStarted();
        return;
      case 'progress': {
        const { report } = event;
        last = report;
        curve.add(pointOf(report));
        context.report({ done: report.iteration, total: report.iterations, etaSeconds: report.etaSeconds });
        emit('training.progress', { jobId, ...report });
        return;
      }
      case 'validation':
        curve.addValidation(event.validation);
        emit('training.validation', { jobId, ...event.validation });
        return;
      case 'preview': {
        const { iteration, picture, count } = event;
        const preview = store.setJobPreview(jobId, picture, count, iteration);
        emit('training.preview', { jobId, preview, previewCount: count, iteration });
        return;
      }
      case 'checkpoint':
        curve.flush();
        store.addCheckpoint(jobId, event.iteration);
        emit('training.checkpoint', { jobId, iteration: event.iteration });
        onSafe(last);
        return;
      default:
        event satisfies never;
    }
  }

  const result = await ports.engines.heavy.call('training.run', run, { signal: stop.signal, onProgress });
  curve.flush();
  return result;
}

/**
 * To keep what there is, a run must have begun: it is stopped as soon as it has. For every other reason it ends at
 * once, also while it reads its pictures.
 */
function stopOf(context: JobContext): { readonly signal: AbortSignal; onStarted(): void } {
  const controller = new AbortController();
  const toKeep = context.until('stop');
  const atOnce = context.until('pause', 'cancel', 'close');
  let hasStarted = false;
  const look = (): void => {
    if (atOnce.aborted || (toKeep.aborted && hasStarted)) controller.abort();
  };
  toKeep.addEventListener('abort', look);
  atOnce.addEventListener('abort', look);
  look();
  return {
    signal: controller.signal,
    onStarted() {
      hasStarted = true;
      look();
    },
  };
}
