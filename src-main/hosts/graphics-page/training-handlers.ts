/**
 * Trainings of one port: what a run needs is sent in parts, then it is opened, and computed a call at a time. The session
 * is the one of the engine process (engine/training/training-session.ts), so a run here gives the same numbers as there.
 */
import { joinedParts, partsOf } from '#contract/byte-parts.ts';
import type { Params } from '#contract/contract.ts';
import { MOST_PART_BYTES, type GraphicsContract } from '#contract/graphics-contract.ts';
import type { CallContext } from '#contract/rpc.ts';
import { AppError } from '#domain/errors.ts';
import type { ModelSpec } from '#domain/model-spec.ts';
import { pictureBatch } from '#domain/picture-bytes.ts';
import { takeTensors } from '#engine/files/morphogen-metadata.ts';
import { safetensorsChunks } from '#engine/files/safetensors-write.ts';
import { parseSafetensors } from '#engine/files/safetensors.ts';
import { readCheckpoint, readRun } from '#engine/training/checkpoint.ts';
import type { ValuesByName } from '#engine/training/tensor-values.ts';
import {
  openTrainingSession,
  type Pictures,
  type TrainingSession,
} from '#engine/training/training-session.ts';
import type { HandlersOf } from './handlers.ts';
import type { Processor } from './processor.ts';

type TrainingMethod =
  `training.${'send' | 'open' | 'step' | 'checkpoint' | 'weights' | 'validate' | 'draw' | 'close'}`;

type Opening = Params<GraphicsContract, 'training.open'>;
type SentParts = Record<Params<GraphicsContract, 'training.send'>['what'], Uint8Array[]>;
type PartContext = CallContext<{ readonly part: Uint8Array }>;

/** A job at a time is what an engine process has; an estimate may be asked for beside it. */
const MOST_OPEN = 8;

export function trainingHandlers(processor: Processor): HandlersOf<TrainingMethod> {
  const sent = new Map<string, SentParts>();
  const sessions = new Map<string, TrainingSession>();

  function inTurnOf<T>(trainingId: string, work: (session: TrainingSession) => Promise<T>): Promise<T> {
    return processor.inTurn(() => {
      const session = sessions.get(trainingId);
      if (session !== undefined) return work(session);
      throw new AppError('not-found', 'The window does not have this training: open it again.');
    });
  }

  return {
    handlers: {
      'training.send'({ trainingId, what, part }) {
        refuseTooMany(sent, trainingId);
        const parts = sent.get(trainingId) ?? noParts();
        sent.set(trainingId, parts);
        parts[what].push(part);
        return {};
      },

      'training.open': (opening) =>
        processor.inTurn(() => {
          const { trainingId } = opening;
          const parts = sent.get(trainingId);
          sent.delete(trainingId);
          if (sessions.has(trainingId)) {
            throw new AppError(
              'bad-argument',
              `A training ${trainingId} is open already: give it another id.`,
            );
          }
          refuseTooMany(sessions, trainingId);
          const session = openSession(opening, parts ?? noParts());
          sessions.set(trainingId, session);
          return { spec: session.spec, iteration: session.iteration };
        }),

      'training.step': ({ trainingId }) => inTurnOf(trainingId, (session) => session.step()),

      async 'training.checkpoint'({ trainingId, progress }, context) {
        const chunks = await inTurnOf(trainingId, (session) => session.checkpoint(progress));
        return sendParts(chunks, context);
      },

      async 'training.weights'({ trainingId }, context) {
        const weights = await inTurnOf(trainingId, (session) => session.weights());
        return sendParts(safetensorsChunks(weights, new Map()), context);
      },

      'training.validate': ({ trainingId }) =>
        inTurnOf(trainingId, async (session) => ({ score: await session.validate() })),

      'training.draw': ({ trainingId }) =>
        inTurnOf(trainingId, async (session) => {
          const { rows, rowLabels, columnLabels } = await session.draw();
          return { rows: [...rows], rowLabels: [...rowLabels], columnLabels: [...columnLabels] };
        }),

      async 'training.close'({ trainingId }) {
        sent.delete(trainingId);
        await processor.afterTurns(() => {
          sessions.get(trainingId)?.dispose();
          sessions.delete(trainingId);
        });
        return {};
      },
    },

    release() {
      sent.clear();
      for (const session of sessions.values()) session.dispose();
      sessions.clear();
    },
  };
}

function noParts(): SentParts {
  return { pictures: [], checkpoint: [], weights: [] };
}

function openSession(opening: Opening, parts: SentParts): TrainingSession {
  const { spec, seed, everyCellLives } = opening;
  const run = readRun(opening.run, 'The training');
  if ((run.kind === 'single') !== (spec.network === null)) {
    throw new AppError(
      'mismatch',
      'A run over many pictures needs a spec with a network, one over a single picture one without.',
    );
  }
  const pictures = picturesOf(joinedParts(parts.pictures), spec);
  const [training, validation] = [opening.training, opening.validation].map((indices) =>
    indicesOf(indices, pictures.count),
  );
  if (training.length === 0)
    throw new AppError('no-images', 'Training needs at least one image, and there is none.');
  return openTrainingSession({
    ...{ spec, run, seed, pictures, training, validation, everyCellLives, implementation: 'auto' },
    ...(parts.weights.length > 0 && { weights: weightsOf(joinedParts(parts.weights)) }),
    ...(parts.checkpoint.length > 0 && {
      checkpoint: readCheckpoint(joinedParts(parts.checkpoint), { name: 'The checkpoint' }),
    }),
  });
}

/** @param images [N, H, W, 4], premultiplied */
function picturesOf(images: Uint8Array, { grid }: ModelSpec): Pictures {
  const size = grid.height * grid.width * 4;
  if (images.length % size !== 0) {
    throw new AppError(
      'mismatch',
      `The pictures have ${images.length} bytes, which are no whole number of ${grid.width}×${grid.height} RGBA: send them at the spec's grid.`,
    );
  }
  return { count: images.length / size, batch: (indices) => pictureBatch(images, size, indices) };
}

function indicesOf(bytes: Uint8Array, count: number): Uint32Array {
  const indices = new Uint32Array(bytes.slice().buffer, 0, bytes.length >> 2);
  if (bytes.length % 4 === 0 && indices.every((index) => index < count)) return indices;
  throw new AppError(
    'mismatch',
    `Pictures are named that are not among the ${count} that were sent: send all.`,
  );
}

function weightsOf(bytes: Uint8Array): ValuesByName {
  const name = 'The model to start from';
  const { tensors } = parseSafetensors(bytes, { name });
  const found = [...tensors].map(([tensor, { shape }]) => ({ name: tensor, shape }));
  return takeTensors(tensors, found, name);
}

/** Not in the processor's turn: others compute meanwhile. */
async function sendParts(
  chunks: Iterable<Uint8Array>,
  { progress, signal }: PartContext,
): Promise<Record<string, never>> {
  for (const part of partsOf(chunks, MOST_PART_BYTES)) {
    if (signal.aborted)
      throw new AppError('cancelled', 'The file was not sent to its end: it was cancelled.');
    await progress({ part });
  }
  return {};
}

function refuseTooMany(others: ReadonlyMap<string, unknown>, id: string): void {
  if (others.has(id) || others.size < MOST_OPEN) return;
  throw new AppError('busy', `${MOST_OPEN} trainings are open already: close one of them.`);
}
