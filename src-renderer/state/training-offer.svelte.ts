/**
 * What the next visit of the Train screen begins with: a folder that was dropped or chosen elsewhere, samples, a model
 * to start from. The screen takes it, once.
 */
import type { TrainingSource } from '#contract/shapes/training.ts';
import { router } from './router.svelte.ts';

export interface TrainingOffer {
  readonly source: TrainingSource | null;
  /** What to call the source: a folder's name. */
  readonly name: string;
  /** Start from this model. */
  readonly modelId: string | null;
}

class TrainingOffers {
  current: TrainingOffer | null = $state.raw(null);

  /** Goes to the Train screen with it. */
  make(offer: TrainingOffer): void {
    this.current = offer;
    router.train();
  }

  take(): TrainingOffer | null {
    const offer = this.current;
    this.current = null;
    return offer;
  }
}

export const trainingOffers = new TrainingOffers();
