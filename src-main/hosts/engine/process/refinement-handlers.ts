/** A style's rule, trained on for its one picture alone. */
import { decodeImage, toModelInput } from '#media/decode.ts';
import { refineRule, type Refinement } from '../refinement.ts';
import { growState, statePng } from './grown-picture.ts';
import { newestOnly } from './newest-only.ts';
import type { HandlersOf, Session } from './session.ts';
import { shownScore } from './shown-score.ts';
import { createTrainingPlaces, type Places, type TrainingPlace } from './training-place.ts';

const SEED = 1;
const REPORT_MS = 250;

export function refinementHandlers(session: Places & Pick<Session, 'tell'>): HandlersOf<'rule.refine'> {
  return {
    /** Cancelled, it answers with what was reached. */
    async 'rule.refine'({ style, sourcePicture, iterations }, { signal, progress }) {
      const { implementation, brief } = session.engine();
      const { spec, w0, b0, w1 } = style;
      const decoded = await decodeImage(sourcePicture, { grid: spec.grid, enlarge: true });
      const target = await toModelInput(decoded, spec.image, spec.grid);
      const tell = newestOnly(progress, REPORT_MS);
      const refineAt = (place: TrainingPlace): Promise<Refinement> =>
        refineRule({
          ...{ spec, target, iterations, implementation, seed: SEED },
          open: (asked) => place.open(asked),
          rule: { count: 1, w0, b0, w1 },
          isStopped: () => signal.aborted,
          onStep: ({ iteration, loss }) => tell({ iteration, iterations, loss }),
        });
      const places = createTrainingPlaces(session);
      const place = await places.best();
      const { rule, before, after, ...made } = await refineAt(place).catch((failure: unknown) => {
        const why = places.whyLeft(place, failure);
        if (why === null) throw failure;
        session.tell(`${why} Refining begins again, on ${brief}.`, places);
        return refineAt(places.own());
      });
      const state = await growState(spec, rule, { implementation, signal: new AbortController().signal });
      return {
        style: { ...style, w0: rule.w0, b0: rule.b0, w1: rule.w1 },
        picture: await statePng(state, spec),
        before: shownScore(before),
        after: shownScore(after),
        iterations: made.iterations,
      };
    },
  };
}
