/**
 * A small growth beside the one on the screen, for comparing modes: it follows the same styles and shares, cannot be
 * painted on, and takes a frame only when the one before was shown. Where it cannot grow, its last picture stays.
 */
import type { Frame } from '#contract/shapes/growth.ts';
import type { Mix } from '#domain/mix.ts';
import { client } from '../lib/client.ts';
import { failureMessage, isCancelled } from './attempt.ts';

export interface SideGrowthSetup {
  readonly styleIds: readonly string[];
  readonly seed: number;
  readonly stepsPerSecond: number;
  /** One that does not play is shown grown. */
  readonly isPlaying: boolean;
}

export class SideGrowth {
  frame: Frame | null = $state.raw(null);
  problem: string | null = $state(null);
  readonly #ending = new AbortController();
  #growthId: string | null = null;
  #wanted: Mix | null = null;
  /** As text: what the growth is mixed like. */
  #told = '';
  #isTelling = false;

  constructor(setup: SideGrowthSetup, mix: Mix) {
    this.#told = JSON.stringify(mix);
    void this.#grow(setup, mix);
  }

  /** From the step that it is at; of many in a row the newest. */
  setMix(mix: Mix): void {
    const text = JSON.stringify(mix);
    if (text === this.#told) return;
    this.#told = text;
    this.#wanted = mix;
    void this.#tell();
  }

  close(): void {
    this.#ending.abort();
  }

  async #grow({ styleIds, seed, stepsPerSecond, isPlaying }: SideGrowthSetup, mix: Mix): Promise<void> {
    const { signal } = this.#ending;
    try {
      const opened = await client.call('growth.open', {
        ...{ styleIds: [...styleIds], mix, seed, stepsPerSecond, isPlaying },
      });
      const { growthId } = opened;
      this.#growthId = growthId;
      if (!signal.aborted && !isPlaying)
        await client.call('growth.control', {
          growthId,
          control: { kind: 'seek', step: opened.trainedSteps },
        });
      void this.#tell();
      if (!signal.aborted)
        await client.call('growth.watch', { growthId }, { signal, onProgress: (frame) => this.#show(frame) });
    } catch (failure) {
      if (!signal.aborted && !isCancelled(failure)) this.problem = failureMessage(failure);
    } finally {
      if (this.#growthId !== null)
        client.call('growth.close', { growthId: this.#growthId }).catch(() => undefined);
      this.#growthId = null;
    }
  }

  /** The next one is asked for at the next refresh of the screen. */
  #show(frame: Frame): Promise<void> {
    if (this.#ending.signal.aborted) return Promise.resolve();
    this.frame = frame;
    return new Promise((resolve) => requestAnimationFrame(() => resolve()));
  }

  async #tell(): Promise<void> {
    if (this.#isTelling) return;
    this.#isTelling = true;
    while (this.#wanted !== null && this.#growthId !== null && !this.#ending.signal.aborted) {
      const mix = this.#wanted;
      this.#wanted = null;
      try {
        await client.call('growth.control', { growthId: this.#growthId, control: { kind: 'mix', mix } });
      } catch {
        // It is gone; watching it tells why.
      }
    }
    this.#isTelling = false;
  }
}
