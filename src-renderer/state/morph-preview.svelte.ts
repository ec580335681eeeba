/**
 * The way from style to style through the latents of their model, to be looked at: frames are kept as they come, and
 * shown over and over from the first one on.
 */
import type { Morph, MorphFrame } from '#contract/shapes/mix.ts';
import { client } from '../lib/client.ts';
import { failureMessage, isCancelled } from './attempt.ts';

export interface MorphWish {
  readonly styleIds: readonly string[];
  readonly seed: number;
  readonly morph: Morph;
}

const framesPerSecond = 20;

export class MorphPreview {
  frame: MorphFrame | null = $state.raw(null);
  /** Grown so far, and in all. */
  grown = $state(0);
  total: number;
  problem: string | null = $state(null);
  readonly #frames: MorphFrame[] = [];
  readonly #ending = new AbortController();
  #shown = 0;
  #timer = 0;

  /** @param isPlaying Else it stays at the frame that came last. */
  constructor(wish: MorphWish, isPlaying: boolean) {
    this.total = wish.morph.frames;
    if (isPlaying) this.#timer = window.setInterval(() => this.#next(), 1000 / framesPerSecond);
    void this.#grow(wish);
  }

  close(): void {
    clearInterval(this.#timer);
    this.#ending.abort();
  }

  async #grow({ styleIds, seed, morph }: MorphWish): Promise<void> {
    const { signal } = this.#ending;
    try {
      await client.call(
        'mix.morph',
        { styleIds: [...styleIds], seed, morph },
        {
          signal,
          onProgress: (frame) => {
            this.#frames.push(frame);
            this.grown = this.#frames.length;
            if (this.#timer === 0) this.frame = frame;
          },
        },
      );
    } catch (failure) {
      if (!signal.aborted && !isCancelled(failure)) this.problem = failureMessage(failure);
    }
  }

  #next(): void {
    if (this.#frames.length === 0) return;
    // While they come in, it waits at the last; then it begins again.
    const isWhole = this.#frames.length >= this.total;
    this.#shown = Math.min(this.#shown, this.#frames.length - 1);
    this.frame = this.#frames[this.#shown];
    this.#shown += 1;
    if (isWhole && this.#shown >= this.#frames.length) this.#shown = 0;
  }
}
