/** The job that makes styles of pictures by a model's encoder: samples, and whatever is given as paths. */
import type { SkippedFile } from '#contract/shapes/values.ts';
import type { JobRunner } from '../jobs/job-runner.ts';
import type { JobOrder } from '../jobs/job-view.ts';
import type { AppPorts } from '../ports.ts';
import { encodePictures } from './encode-pictures.ts';
import { encodingModel } from './model-choice.ts';
import { emptyIntake, throwOut, type Intake } from './style-intake.ts';

interface EncodingRequest {
  readonly paths: readonly string[];
  readonly modelId: string;
}

interface EncodingMemory {
  readonly done: number;
  readonly intake: Intake;
}

/** @throws AppError not-found where there is no model to encode with */
export function sampleOrder(ports: AppPorts, sample: 'digits' | 'emoji', modelId: string | null): JobOrder {
  const request: EncodingRequest = {
    paths: [ports.files.sample(sample, 'styles')],
    modelId: encodingModel(ports, modelId, sample === 'digits'),
  };
  return { kind: 'encoding', title: `Encode the sample ${sample}`, unit: 'pictures', total: null, request };
}

export function createEncodingRunner(ports: AppPorts): JobRunner {
  return {
    kind: 'encoding',
    isHeavy: () => true,
    async run(job, context) {
      const { paths, modelId } = job.request as EncodingRequest;
      let memory = (job.memory as EncodingMemory | null) ?? { done: 0, intake: emptyIntake };
      context.report({ phase: 'Encoding', modelId });
      const { isComplete, skipped } = await encodePictures(
        ports,
        ports.engines.heavy,
        { modelId, paths, limit: null, enlarge: true, ...memory },
        {
          signal: context.until('pause', 'stop', 'cancel', 'close'),
          onState({ done, total, intake }) {
            memory = { done, intake };
            const { styleIds, styleCount } = intake;
            context.report({ done, total, styleIds, styleCount });
            context.remember(memory);
          },
        },
      );
      reportSkipped(ports, job.id, skipped, (message) => context.report({ message }));
      return isComplete ? 'finished' : 'ended';
    },
    async discard(job, what) {
      const memory = job.memory as EncodingMemory | null;
      if (what === 'everything' && memory !== null) throwOut(ports, memory.intake);
    },
  };
}

/** Keeps the list, and says it in a sentence. */
export function reportSkipped(
  { store }: Pick<AppPorts, 'store'>,
  jobId: string,
  files: readonly SkippedFile[],
  say: (message: string) => void,
): void {
  if (files.length === 0) return;
  // A sentence about a file begins with its path; here it stands beside it.
  const skipped = files.map(({ path, reason }) => ({
    path,
    reason: reason.startsWith(`${path}: `) ? reason.slice(path.length + 2) : reason,
  }));
  store.setSkipped(jobId, skipped);
  const [{ path, reason }] = skipped;
  const count = skipped.length === 1 ? '1 file was' : `${skipped.length} files were`;
  const first = `${path.slice(path.search(/[^/\\]*$/))}: ${reason.replace(/\.$/, '')}`;
  say(`${count} left out. ${first}.`);
}
