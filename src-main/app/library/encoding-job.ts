/** The job that makes styles of the pictures that come with the program, by a model's encoder. */
import type { JobRunner } from '../jobs/job-runner.ts';
import type { JobOrder } from '../jobs/job-view.ts';
import type { AppPorts } from '../ports.ts';
import { encodePictures } from './encode-pictures.ts';
import { encodingModel } from './model-choice.ts';
import { emptyIntake, throwOut, type Intake } from './style-intake.ts';

interface EncodingRequest {
  readonly sample: 'digits' | 'emoji';
  readonly modelId: string;
}

interface EncodingMemory {
  readonly done: number;
  readonly intake: Intake;
}

/** @throws AppError not-found where there is no model to encode with */
export function sampleOrder(ports: AppPorts, sample: 'digits' | 'emoji', modelId: string | null): JobOrder {
  const request: EncodingRequest = {
    sample,
    modelId: encodingModel(ports, modelId, sample === 'digits'),
  };
  return { kind: 'encoding', title: `Encode the sample ${sample}`, unit: 'pictures', total: null, request };
}

export function createEncodingRunner(ports: AppPorts): JobRunner {
  return {
    kind: 'encoding',
    isHeavy: () => true,
    async run(job, context) {
      const { sample, modelId } = job.request as EncodingRequest;
      let memory = (job.memory as EncodingMemory | null) ?? { done: 0, intake: emptyIntake };
      context.report({ phase: 'Encoding', modelId });
      // The licence beside them is no picture, and nobody wonders why.
      const { isComplete } = await encodePictures(
        ports,
        ports.engines.heavy,
        {
          ...{ modelId, paths: [ports.files.sample(sample, 'styles')], limit: null, enlarge: true },
          ...memory,
        },
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
      return isComplete ? 'finished' : 'ended';
    },
    async discard(job, what) {
      const memory = job.memory as EncodingMemory | null;
      if (what === 'everything' && memory !== null) throwOut(ports, memory.intake);
    },
  };
}
