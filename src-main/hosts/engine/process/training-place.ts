/**
 * Where a training is computed: on the graphics processor of a page, where one is lent, else on this process's own backend.
 * A page may go away, or come, while a run goes on; the run then goes on from its checkpoint at the other place.
 */
import { setImmediate as immediately } from 'node:timers/promises';
import { AppError } from '#domain/errors.ts';
import {
  openTrainingSession,
  type Pictures,
  type TrainingSession,
  type TrainingSetup,
} from '#engine/training/training-session.ts';
import type { Heap } from '#engine/kernels/wasm/heap.ts';
import type { Graphics } from '../graphics/graphics.ts';
import { openRemoteTraining } from '../graphics/remote-training.ts';
import type { Engine } from '../open-engine.ts';
import type { Session } from './session.ts';

/** Also as bytes [N, H, W, 4], premultiplied, as which they go to a page; media's Dataset is one. */
export interface BytePictures extends Pictures {
  readonly images: Uint8Array;
}

export interface PlacedSetup extends Omit<TrainingSetup, 'pictures' | 'implementation' | 'pause'> {
  readonly pictures: BytePictures;
}

/** What there is to compute with. */
export type Places = Pick<Session, 'engine' | 'graphics' | 'settledGraphics'>;

export interface TrainingPlace {
  /** What computes, for people. */
  readonly brief: string;
  /** The same and why nothing better does, for the model's card and the checkpoints. */
  readonly description: string;
  readonly isInPage: boolean;
  /** Where tensors of this process lie and stay; null in a page, and where JavaScript has them. */
  readonly heap: Pick<Heap, 'totalBytes' | 'peakBytes' | 'startPeak'> | null;
  /** @param signal gives up what is on its way to a page. @throws AppError as openTrainingSession and openRemoteTraining */
  open(setup: PlacedSetup, signal?: AbortSignal): Promise<TrainingSession>;
  /** Sentences for the user. @returns what ends it */
  onNotice(listener: (sentence: string) => void): () => void;
}

export interface TrainingPlaces {
  /** When the pages that are there have answered. */
  best(): Promise<TrainingPlace>;
  /** This process's own backend. */
  own(): TrainingPlace;
  /** Whether there is a better one than this by now. */
  hasBetterThan(place: TrainingPlace): boolean;
  /**
   * Whether what failed at a place may be gone on with at another one; the place itself will not be the best again.
   * @returns why it is left, in a sentence; null where the failure is not the place's
   */
  whyLeft(place: TrainingPlace, failure: unknown): string | null;
  /** No page is the best any more. */
  stay(): void;
}

/** What another processor may do better; what is wrong with the run itself would be wrong there, too. */
const placesFaults: ReadonlySet<string> = new Set([
  'disconnected',
  'out-of-memory',
  'unsupported',
  'internal',
]);

/** Of one run: what failed it once is not tried again. */
export function createTrainingPlaces(session: Places): TrainingPlaces {
  const left = new Set<Graphics>();
  let stays = false;
  const graphicsOf = new Map<TrainingPlace, Graphics>();
  const isUsable = (graphics: Graphics | null): graphics is Graphics =>
    !stays && graphics !== null && !graphics.lost.aborted && !left.has(graphics);

  return {
    async best() {
      const graphics = await session.settledGraphics();
      if (!isUsable(graphics)) return ownPlace(session.engine());
      const place = pagePlace(graphics);
      graphicsOf.set(place, graphics);
      return place;
    },
    own: () => ownPlace(session.engine()),
    hasBetterThan: ({ isInPage }) => !isInPage && isUsable(session.graphics()),
    whyLeft(place, failure) {
      const graphics = graphicsOf.get(place);
      if (graphics === undefined || !(failure instanceof AppError)) return null;
      if (!placesFaults.has(failure.code)) return null;
      left.add(graphics);
      return failure.message;
    },
    stay: () => void (stays = true),
  };
}

function ownPlace({ brief, description, implementation, heap }: Engine): TrainingPlace {
  return {
    ...{ brief, description, isInPage: false, heap },
    async open(setup) {
      return openTrainingSession({ ...setup, implementation, pause: () => immediately() });
    },
    onNotice: () => () => undefined,
  };
}

function pagePlace(graphics: Graphics): TrainingPlace {
  const { name, isSoftware } = graphics.info;
  const brief = `webgpu in the window: ${name}${isSoftware ? ', software' : ''}`;
  return {
    ...{ brief, description: brief, isInPage: true, heap: null },
    open: (setup, signal) => openRemoteTraining(graphics, setup, signal),
    onNotice: (listener) => graphics.onNotice(listener),
  };
}
