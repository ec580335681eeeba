/**
 * The job that trains: in an engine process, from the newest checkpoint in the job's folder, then its model and its
 * styles into the library. What it learned is in its checkpoints; what is remembered here is how far the rest is.
 */
import type { TrainingReport } from '#contract/shapes/training.ts';
import type { JobContext, JobOutcome, JobRunner, StopReason } from '../jobs/job-runner.ts';
import { encodePictures } from '../library/encode-pictures.ts';
import { reportSkipped } from '../library/skipped-files.ts';
import { emptyIntake, takeIn, throwOut, type Intake } from '../library/style-intake.ts';
import type { AppPorts } from '../ports.ts';
import { keepModel, onePicture, styleOfModel } from './keep-model.ts';
import { runInEngine } from './run-in-engine.ts';
import { engineRun, type TrainingRequest, type TrainingRun } from './training-request.ts';

/** JSON. */
export interface TrainingMemory {
  /** The last one that is known to be safe. */
  readonly report: TrainingReport | null;
  /** The model when it is in the library: what is left is making its styles. */
  readonly kept: { readonly modelId: string; readonly isFinished: boolean; readonly encoded: number } | null;
  readonly intake: Intake;
  /** Models of earlier, stopped parts of it, too. */
  readonly modelIds: readonly string[];
}

export const emptyMemory: TrainingMemory = { report: null, kept: null, intake: emptyIntake, modelIds: [] };

const everyReason: readonly StopReason[] = ['pause', 'stop', 'cancel', 'close'];

export function createTrainingRunner(ports: AppPorts): JobRunner {
  const engine = ports.engines.heavy;

  return {
    kind: 'training',
    isHeavy: () => true,
    async run(job, context) {
      const request = job.request as TrainingRequest;
      let memory = (job.memory as TrainingMemory | null) ?? emptyMemory;
      const remember = (change: Partial<TrainingMemory>): void => {
        memory = { ...memory, ...change };
        context.remember(memory);
      };
      const run = await engineRun(ports, request, ports.files.jobFolder(job.id));
      // Stopped and kept before: somebody wants it to learn more.
      if (memory.kept?.isFinished === false) remember({ kept: null });
      if (memory.kept === null) {
        const { reason, iteration, model, skipped } = await runInEngine(
          ports,
          job.id,
          run,
          context,
          (report) => remember({ report }),
        );
        context.report({ done: iteration, etaSeconds: null });
        const isFinished = reason === 'finished';
        if (!isFinished && context.stopReason() !== 'stop') return 'ended';
        // Of what comes with the program, nobody wonders what a licence is.
        if (request.source.kind !== 'sample')
          reportSkipped(ports, job.id, skipped, (message) => context.report({ message }));
        if (model === null) {
          context.report({
            message: 'It was stopped before anything was trained, so there is nothing to keep.',
          });
          return 'ended';
        }
        context.report({ phase: 'Keeping the model' });
        const { modelId } = await keepModel(ports, engine, model, request.name);
        context.report({ modelId });
        remember({
          kept: { modelId, isFinished, encoded: 0 },
          modelIds: [...new Set([...memory.modelIds, modelId])],
        });
      }
      return makeStyles(job.id, request, run, context, memory, remember);
    },

    async discard(job, what) {
      const memory = (job.memory as TrainingMemory | null) ?? emptyMemory;
      if (what === 'everything') {
        throwOut(ports, memory.intake);
        for (const modelId of memory.modelIds) ports.store.deleteModel(modelId);
        if (memory.modelIds.length > 0) ports.emit('library.changed', ports.store.summary());
      }
      await ports.files.removeJobFolder(job.id);
    },
  };

  async function makeStyles(
    jobId: string,
    { name }: TrainingRequest,
    run: TrainingRun,
    context: JobContext,
    memory: TrainingMemory,
    remember: (change: Partial<TrainingMemory>) => void,
  ): Promise<JobOutcome> {
    const { kept } = memory;
    if (kept === null) throw new Error('styles are made of a model that is kept');
    const { modelId, isFinished } = kept;
    const { spec, hash } = ports.store.model(modelId);
    // What was stopped and is to be kept goes on until the styles are there, too.
    const signal = context.until(
      ...(context.stopReason() === 'stop' ? (['cancel', 'close'] as const) : everyReason),
    );
    const over: JobOutcome = isFinished ? 'finished' : 'ended';
    const tell = ({ styleIds, styleCount }: Intake): void => context.report({ styleIds, styleCount });
    context.report({ phase: 'Making styles' });

    if (spec.network === null) {
      const inspected = await engine.call('files.inspect', { path: ports.content.path(hash) });
      if (inspected.kind === 'model' && inspected.style !== null && inspected.picture !== null) {
        const { style, picture } = inspected;
        const sourcePicture = await onePicture(engine, run, signal);
        if (signal.aborted) return 'ended';
        const judged = ports.store.curve(jobId, 1).validations.at(-1);
        const score = judged === undefined ? null : { mse: judged.mse, psnr: judged.psnr, ssim: judged.ssim };
        const made = styleOfModel(ports, { style, picture }, modelId, { name, sourcePicture, score });
        const intake = takeIn(ports, memory.intake, [made]);
        tell(intake);
        remember({ intake });
      }
      return over;
    }

    const { isComplete } = await encodePictures(
      ports,
      engine,
      {
        ...{ modelId, paths: [run.source], limit: run.wishes.limit, enlarge: run.wishes.enlarge },
        ...{ done: kept.encoded, intake: memory.intake },
      },
      {
        signal,
        onState({ done, total, intake }) {
          context.report({ phase: `Making styles: ${done} of ${total}` });
          tell(intake);
          remember({ kept: { ...kept, encoded: done }, intake });
        },
      },
    );
    return isComplete ? over : 'ended';
  }
}
