/** The job that makes a style's rule better for its one picture: a new style, child of the one it began with. */
import { AppError } from '#domain/errors.ts';
import type { JobRunner } from '../jobs/job-runner.ts';
import type { JobOrder } from '../jobs/job-view.ts';
import type { AppPorts } from '../ports.ts';
import { emptyIntake, takeIn, throwOut, type Intake } from './style-intake.ts';

interface RefinementRequest {
  readonly styleId: string;
  readonly iterations: number;
}

interface RefinementMemory {
  readonly intake: Intake;
}

/** @throws AppError not-found; unsupported where the style's picture is not known */
export function refinementOrder(ports: AppPorts, styleId: string, iterations: number): JobOrder {
  const { name } = ports.store.rule(styleId);
  sourcePictureOf(ports, styleId, name);
  const request: RefinementRequest = { styleId, iterations };
  return { kind: 'refinement', title: `Refine ${name}`, unit: 'iterations', total: iterations, request };
}

export function createRefinementRunner(ports: AppPorts): JobRunner {
  return {
    kind: 'refinement',
    isHeavy: () => true,
    async run(job, context) {
      if ((job.memory as RefinementMemory | null) !== null) return 'finished';
      const { styleId, iterations } = job.request as RefinementRequest;
      const signal = context.until('pause', 'stop', 'cancel', 'close');
      if (signal.aborted) return 'ended';
      const { store } = ports;
      const { name, spec, w0, b0, w1 } = store.rule(styleId);
      const { latent, modelId, image } = store.styleSource(styleId);
      const sourcePicture = sourcePictureOf(ports, styleId, name);
      context.report({ phase: 'Refining', done: 0, total: iterations });
      const startMs = ports.clock.monotonicMs();
      const result = await ports.engines.heavy.call(
        'rule.refine',
        { style: { name, spec, w0, b0, w1 }, sourcePicture, iterations },
        {
          signal,
          onProgress: ({ iteration, iterations: total, loss }) => {
            const seconds = (ports.clock.monotonicMs() - startMs) / 1000;
            const etaSeconds = (seconds / Math.max(1, iteration)) * (total - iteration);
            context.report({
              done: iteration,
              total,
              etaSeconds,
              phase: `Refining, loss ${loss.toPrecision(3)}`,
            });
          },
        },
      );
      const reason = context.stopReason();
      const isComplete = result.iterations >= iterations;
      // Half a refinement is of use only to somebody who asked for it; otherwise it begins anew.
      if (!isComplete && (reason !== 'stop' || result.iterations === 0)) return 'ended';
      const { style, picture, before, after } = result;
      const intake = takeIn(ports, emptyIntake, [
        {
          name: `${name.slice(0, 190)} refined`,
          rule: { spec: style.spec, w0: style.w0, b0: style.b0, w1: style.w1 },
          ...{ latent, modelId, picture },
          source: image === null ? null : { ...image, picture: sourcePicture },
          ...{ score: after, isRefined: true, parents: [{ kind: 'style', id: styleId }], tags: [] },
        },
      ]);
      const { styleIds, styleCount } = intake;
      const gain = after.psnr - before.psnr;
      context.report({
        ...{ styleIds, styleCount, modelId, done: result.iterations },
        message: `${after.psnr.toFixed(1)} dB, ${Math.abs(gain).toFixed(1)} dB ${gain < 0 ? 'worse' : 'better'} than before.`,
      });
      context.remember({ intake } satisfies RefinementMemory);
      return isComplete ? 'finished' : 'ended';
    },
    async discard(job, what) {
      const memory = job.memory as RefinementMemory | null;
      if (what === 'everything' && memory !== null) throwOut(ports, memory.intake);
    },
  };
}

function sourcePictureOf({ store }: AppPorts, styleId: string, name: string): Uint8Array {
  const { sourcePicture } = store.styleSource(styleId);
  if (sourcePicture !== null) return sourcePicture;
  throw new AppError(
    'unsupported',
    `The picture that “${name}” was made from is not in the library, so it cannot be refined: choose a style made from a picture here.`,
  );
}
