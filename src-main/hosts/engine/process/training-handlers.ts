/** Training: what the pictures are, what a run would cost, and the run itself (training-run.ts). */
import type { HandlersOf, Session } from './session.ts';
import { estimateTraining } from './training-estimate.ts';
import { runTrainingCall } from './training-call.ts';
import { scanPictures } from './training-pictures.ts';

export function trainingHandlers(session: Session): HandlersOf<`training.${'scan' | 'estimate' | 'run'}`> {
  return {
    'training.scan': (params, context) => scanPictures(params, context),
    'training.estimate': (params, context) => estimateTraining(session, params, context),
    'training.run': (params, context) => runTrainingCall(session, params, context),
  };
}
