/** What a training run tells the application on its way. */
import type { TrainingEvent } from '#app/training-run.ts';
import type { ProgressIn } from '#contract/contract.ts';
import type { EngineContract } from '#contract/engine-contract.ts';
import { encodePng } from '#media/png.ts';
import { drawSheet } from '#media/sheet.ts';
import type { TrainingJob } from '../training-job.ts';
import { shownScore } from './shown-score.ts';

type RunEvent = ProgressIn<EngineContract, 'training.run'>;

export interface Preview {
  readonly picture: Uint8Array;
  readonly count: number;
}

/** Targets above what grows, without gaps or words: whoever shows it adds its own. */
export async function comparison(job: TrainingJob): Promise<Preview> {
  const { targets, grown } = await job.compare();
  const sheet = drawSheet([targets, grown], { gap: 0, background: null });
  return { picture: await encodePng(sheet), count: targets.length };
}

/**
 * As the application is told it; null where it learns that from the answer.
 * @param place what computes, where that is not this process
 */
export function eventOf(event: TrainingEvent, preview: Preview, place: string | null): RunEvent | null {
  switch (event.event) {
    case 'started':
      return { ...event, place };
    case 'progress': {
      const { event: _, ...report } = event;
      return { event: 'progress', report };
    }
    case 'validation': {
      const { iteration, seconds } = event;
      return { event: 'validation', validation: { iteration, seconds, ...shownScore(event) } };
    }
    case 'preview':
      return { event: 'preview', iteration: event.iteration, ...preview };
    case 'checkpoint':
      return { event: 'checkpoint', iteration: event.iteration };
    case 'ended':
      return null;
    default:
      return event satisfies never;
  }
}
