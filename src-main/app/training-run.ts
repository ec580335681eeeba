/**
 * A training run from its first iteration to its last, whatever it trains and whoever watches: when to save, to
 * validate, to draw a preview and to report, and what is left behind when it ends, is stopped or fails. The trainer, the
 * disk, the clock and the audience are handed in, so the command line and the application run the same run.
 *
 * A run that fails saves nothing more: the last checkpoint is from before the failure, and stays.
 */
import { createPace, type TrainingReport, type TrainingStep } from './training-pace.ts';

/** Of grown pictures against their targets. */
export interface ValidationScore {
  readonly mse: number;
  /** dB */
  readonly psnr: number;
  readonly ssim: number;
}

/** A score and the iteration that it is of. */
export interface JudgedScore extends ValidationScore {
  readonly iteration: number;
}

export interface TrainingPlan {
  /** Iterations in all, those of earlier parts of the run included. */
  readonly iterations: number;
  /** Iterations between two validations and two previews; 0 is never. */
  readonly validateEvery: number;
  readonly previewEvery: number;
  readonly saveEveryMs: number;
  readonly reportEveryMs: number;
}

/** What a checkpoint remembers of the run besides its trainer. */
export interface RunProgress {
  /** Of training, all parts of the run together. */
  readonly elapsedMs: number;
  /** The plan's. */
  readonly iterations: number;
  /** Whether all of them are made. */
  readonly isFinished: boolean;
  /** The last one. */
  readonly score: JudgedScore | null;
}

/** Serialisable: what an audience is told. */
export type TrainingEvent =
  | { readonly event: 'started'; readonly iteration: number; readonly iterations: number }
  | ({ readonly event: 'progress' } & TrainingReport)
  | ({ readonly event: 'validation'; readonly seconds: number } & JudgedScore)
  | { readonly event: 'preview' | 'checkpoint'; readonly iteration: number; readonly path: string }
  | ({ readonly event: 'ended'; readonly reason: 'finished' | 'stopped' } & TrainingOutcome);

export interface TrainingOutcome {
  readonly iteration: number;
  readonly seconds: number;
  /** The last one. */
  readonly score: JudgedScore | null;
  readonly model: string;
}

export interface TrainerPort {
  /** Made, and what saving, validating, drawing and publishing are of. */
  readonly iteration: number;
  /**
   * @param isFollowed the next one comes for certain, and nothing but perhaps a save before it: a trainer that is far away
   *   may begin it, and a save is then of that one
   */
  step(isFollowed: boolean): Promise<TrainingStep>;
}

export interface TrainingPorts {
  readonly trainer: TrainerPort;
  /** A clock that never jumps. */
  readonly nowMs: () => number;
  /** Lets everything else in the process have its turn. */
  pause(): Promise<void>;
  /** Whether someone asked the run to stop after the iteration at hand. */
  isStopped(): boolean;
  /** A checkpoint; returns its path. */
  save(progress: RunProgress): Promise<string>;
  /** null where there is nothing to judge by. */
  validate(): Promise<ValidationScore | null>;
  /** A picture of what it does now; returns its path. */
  drawPreview(): Promise<string>;
  /** The model as it is now; returns its path. */
  publish(progress: RunProgress): Promise<string>;
  readonly emit: (event: TrainingEvent) => void;
}

/** Saving takes at most this share of the time. */
const SAVING_SHARE = 1 / 20;

/**
 * Trains to the plan's end, or to where it is stopped; then saves, and publishes the model.
 * @param earlier of the checkpoint that the trainer was restored from; null for a fresh run, which is saved at once, so
 *   that a place that cannot be written is known before anything is trained
 */
export async function runTraining(
  plan: TrainingPlan,
  ports: TrainingPorts,
  earlier: RunProgress | null,
): Promise<TrainingOutcome & { readonly isFinished: boolean }> {
  const { trainer, emit } = ports;
  const { iterations } = plan;
  let score = earlier?.score ?? null;
  let judgedAt = -1;
  let drawnAt = -1;
  let savedAt = earlier ? trainer.iteration : -1;
  const pace = createPace({
    nowMs: ports.nowMs,
    elapsedMs: earlier?.elapsedMs ?? 0,
    iteration: trainer.iteration,
    iterations,
  });

  const progress = (): RunProgress => ({
    elapsedMs: Math.round(pace.elapsedMs()),
    iterations,
    isFinished: trainer.iteration >= iterations,
    score,
  });
  const save = async (): Promise<void> => {
    const path = await ports.save(progress());
    savedAt = trainer.iteration;
    emit({ event: 'checkpoint', iteration: savedAt, path });
  };
  const validate = async (): Promise<void> => {
    const found = await ports.validate();
    judgedAt = trainer.iteration;
    score = found && { iteration: judgedAt, ...found };
    if (score) emit({ event: 'validation', seconds: pace.elapsedMs() / 1000, ...score });
  };
  const draw = async (): Promise<void> => {
    const path = await ports.drawPreview();
    drawnAt = trainer.iteration;
    emit({ event: 'preview', iteration: drawnAt, path });
  };
  const isDue = (iteration: number, every: number): boolean => every > 0 && iteration % every === 0;
  const isFollowed = (iteration: number): boolean =>
    iteration < iterations && !isDue(iteration, plan.validateEvery) && !isDue(iteration, plan.previewEvery);

  emit({ event: 'started', iteration: trainer.iteration, iterations });
  if (!earlier) await save();
  const saving = createTimer(ports, plan.saveEveryMs);
  const reporting = createTimer(ports, plan.reportEveryMs);
  /** The last one that was told of; the trainer may be at the next one. */
  let reached = trainer.iteration;
  while (reached < iterations && !ports.isStopped()) {
    const startMs = ports.nowMs();
    const step = await trainer.step(isFollowed(reached + 1));
    reached = step.iteration;
    pace.add(step, ports.nowMs() - startMs);
    if (isDue(reached, plan.validateEvery)) await validate();
    if (isDue(reached, plan.previewEvery)) await draw();
    if (reporting.isDue() || reached === iterations) {
      emit({ event: 'progress', ...pace.report() });
      reporting.restart();
    }
    if (saving.isDue()) {
      const savingStartMs = ports.nowMs();
      await save();
      const savingMs = ports.nowMs() - savingStartMs;
      saving.restart(Math.max(plan.saveEveryMs, savingMs / SAVING_SHARE));
    }
    await ports.pause();
  }

  const isFinished = reached >= iterations;
  if (isFinished && plan.validateEvery > 0 && judgedAt < trainer.iteration) await validate();
  if (isFinished && plan.previewEvery > 0 && drawnAt < trainer.iteration) await draw();
  if (savedAt < trainer.iteration || isFinished) await save();
  const outcome: TrainingOutcome = {
    iteration: trainer.iteration,
    seconds: pace.elapsedMs() / 1000,
    score,
    model: await ports.publish(progress()),
  };
  emit({ event: 'ended', reason: isFinished ? 'finished' : 'stopped', ...outcome });
  return { ...outcome, isFinished };
}

interface Timer {
  isDue(): boolean;
  /** @param waitMs from now on; as before if left out */
  restart(waitMs?: number): void;
}

function createTimer(clock: { nowMs(): number }, firstWaitMs: number): Timer {
  let waitMs = firstWaitMs;
  let startMs = clock.nowMs();
  return {
    isDue: () => clock.nowMs() - startMs >= waitMs,
    restart(nextWaitMs = waitMs) {
      waitMs = nextWaitMs;
      startMs = clock.nowMs();
    },
  };
}
