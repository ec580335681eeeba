/**
 * What a person or a program sees of a training run: a bar on a terminal, with a line for every validation; JSON lines
 * elsewhere, on stdout where they are asked for, else on stderr.
 */
import type { TrainingEvent, TrainingOutcome } from '#app/training-run.ts';
import type { Output } from './command.ts';
import { createStatusLine, duration, progressBar, type StatusLine } from './status-line.ts';

export interface TrainingReporter {
  /** How often it wants to know. */
  readonly everyMs: number;
  emit(event: TrainingEvent): void;
  /** Takes the bar away, also where the run failed: what is written next begins on a line of its own. */
  close(): void;
}

const BAR = 24;

export function createTrainingReporter(
  { out, err }: { readonly out: Output; readonly err: Output },
  options: { readonly json: boolean },
): TrainingReporter {
  const close = (): void => undefined;
  if (options.json) return { everyMs: 2000, emit: (event) => out.line(JSON.stringify(event)), close };
  if (err.isTerminal) {
    const status = createStatusLine(err);
    return { everyMs: 250, emit: terminalEmitter(out, status), close: () => status.clear() };
  }
  return {
    everyMs: 5000,
    emit(event) {
      err.line(JSON.stringify(event));
      if (event.event === 'ended') out.line(summary(event));
    },
    close,
  };
}

function terminalEmitter(out: Output, status: StatusLine): (event: TrainingEvent) => void {
  return (event) => {
    switch (event.event) {
      case 'started':
        if (event.iteration > 0) status.line(`Resuming after iteration ${event.iteration}`);
        break;
      case 'progress': {
        const { iteration, iterations, loss, iterationsPerSecond, etaSeconds } = event;
        const speed =
          iterationsPerSecond >= 1
            ? `${iterationsPerSecond.toFixed(1)} it/s`
            : `${(1 / iterationsPerSecond).toFixed(1)} s/it`;
        status.show(
          `${progressBar(iteration / iterations, BAR)} ${iteration}/${iterations}  loss ${loss.toPrecision(4)}  ` +
            `${speed}  ${duration(etaSeconds)} left`,
          iteration === iterations,
        );
        break;
      }
      case 'validation': {
        const { iteration, psnr, ssim, seconds } = event;
        status.line(
          `${String(iteration).padStart(7)}  ${psnr.toFixed(2)} dB  SSIM ${ssim.toFixed(3)}  after ${duration(seconds)}`,
        );
        break;
      }
      case 'preview':
        status.line(`${String(event.iteration).padStart(7)}  preview ${event.path}`);
        break;
      case 'checkpoint':
        break;
      case 'ended':
        status.clear();
        out.line(summary(event));
        break;
      default:
        event satisfies never;
    }
  };
}

function summary(outcome: TrainingOutcome): string {
  const { iteration, seconds, score, model } = outcome;
  const when = score && score.iteration < iteration ? ` at ${score.iteration}` : '';
  const quality = score ? `, ${score.psnr.toFixed(2)} dB, SSIM ${score.ssim.toFixed(3)}${when}` : '';
  return `${model}: ${iteration} iterations in ${duration(seconds)}${quality}`;
}
