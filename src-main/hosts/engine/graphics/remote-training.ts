/**
 * A training session (engine/training/training-session.ts) that a page computes on its graphics processor. What the run
 * needs goes there once, in parts; then a step is a call, and what is to be kept comes back as bytes. A page that goes
 * away is `disconnected`: whoever drives the run goes on elsewhere, from the last checkpoint.
 */
import { randomUUID } from 'node:crypto';
import { joinedParts, partsOf } from '#contract/byte-parts.ts';
import { MOST_PART_BYTES, type GraphicsContract } from '#contract/graphics-contract.ts';
import type { Params } from '#contract/contract.ts';
import { AppError } from '#domain/errors.ts';
import type { NamedValues } from '#engine/files/morphogen-metadata.ts';
import { parseSafetensors } from '#engine/files/safetensors.ts';
import { safetensorsChunks } from '#engine/files/safetensors-write.ts';
import { checkpointChunks } from '#engine/training/checkpoint.ts';
import type { SessionStep, TrainingSession, TrainingSetup } from '#engine/training/training-session.ts';
import type { Graphics } from './graphics.ts';

export interface RemoteTrainingSetup extends Omit<TrainingSetup, 'pictures' | 'implementation' | 'pause'> {
  /** [N, H, W, 4], premultiplied. */
  readonly pictures: { readonly images: Uint8Array };
}

/**
 * @param signal given up when it is aborted before all is there
 * @throws AppError cancelled; disconnected; mismatch, bad-file, out-of-memory as the page says
 */
export async function openRemoteTraining(
  graphics: Pick<Graphics, 'call'>,
  setup: RemoteTrainingSetup,
  signal?: AbortSignal,
): Promise<TrainingSession> {
  const trainingId = randomUUID();
  const close = (): void => {
    // A page that is gone has nothing left to close.
    graphics.call('training.close', { trainingId }).catch(() => undefined);
  };

  async function send(
    what: Params<GraphicsContract, 'training.send'>['what'],
    chunks: Iterable<Uint8Array>,
  ): Promise<void> {
    let sent: Promise<unknown> = Promise.resolve();
    for (const part of partsOf(chunks, MOST_PART_BYTES)) {
      await sent;
      if (signal?.aborted) throw new AppError('cancelled', 'The training was cancelled before it began.');
      sent = graphics.call('training.send', { trainingId, what, part });
    }
    await sent;
  }

  try {
    const { spec, run, seed, pictures, training, validation, checkpoint, weights, everyCellLives } = setup;
    await send('pictures', [pictures.images]);
    if (checkpoint) await send('checkpoint', checkpointChunks(checkpoint));
    if (weights) await send('weights', safetensorsChunks(weights, new Map()));
    const indices = { training: bytesOf(training), validation: bytesOf(validation) };
    const opened = await graphics.call('training.open', {
      ...{ trainingId, spec, run, seed, ...indices },
      ...(everyCellLives && { everyCellLives }),
    });
    return sessionOf(graphics, trainingId, opened, close);
  } catch (failure) {
    close();
    throw failure;
  }
}

function sessionOf(
  graphics: Pick<Graphics, 'call'>,
  trainingId: string,
  opened: Pick<TrainingSession, 'spec' | 'iteration'>,
  dispose: () => void,
): TrainingSession {
  const { spec } = opened;
  let { iteration } = opened;
  /** On its way while what came before is dealt with here: no time is lost on the way there and back. */
  let begun: Promise<SessionStep> | null = null;

  function begin(): Promise<SessionStep> {
    const step = graphics.call('training.step', { trainingId });
    // Whoever asks for it next hears of it.
    step.catch(() => undefined);
    return step;
  }

  /** What is asked for next is of the step that was begun. */
  async function settled(): Promise<void> {
    if (begun !== null) ({ iteration } = await begun);
  }

  return {
    spec,
    get iteration() {
      return iteration;
    },
    async step(isFollowed = false) {
      const made = begun ?? begin();
      begun = isFollowed ? begin() : null;
      const step = await made;
      iteration = step.iteration;
      return step;
    },
    async checkpoint(progress) {
      await settled();
      const parts: Uint8Array[] = [];
      const onProgress = ({ part }: { readonly part: Uint8Array }): void => void parts.push(part);
      await graphics.call('training.checkpoint', { trainingId, progress }, { onProgress });
      const byteLength = parts.reduce((sum, part) => sum + part.byteLength, 0);
      return { byteLength, [Symbol.iterator]: () => parts.values() };
    },
    async weights() {
      await settled();
      const parts: Uint8Array[] = [];
      const onProgress = ({ part }: { readonly part: Uint8Array }): void => void parts.push(part);
      await graphics.call('training.weights', { trainingId }, { onProgress });
      const { tensors } = parseSafetensors(joinedParts(parts), { name: 'What the window learned' });
      const values = new Map<string, NamedValues>();
      for (const [name, { shape, data }] of tensors) {
        if (data instanceof Float32Array) values.set(name, { shape, data });
      }
      return values;
    },
    async validate() {
      await settled();
      return (await graphics.call('training.validate', { trainingId })).score;
    },
    async draw() {
      await settled();
      return graphics.call('training.draw', { trainingId });
    },
    dispose,
  };
}

function bytesOf({ buffer, byteOffset, byteLength }: Uint32Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
