/**
 * The one picture in the gallery that grows, as the pointer rests on it or the keyboard is there. Its growth is closed as
 * soon as it is left, so that looking around costs the engine nothing.
 */
import type { Frame } from '#contract/shapes/growth.ts';
import type { ItemRef } from '#contract/shapes/library.ts';
import { client } from '../lib/client.ts';

const restMs = 180;
const stepsPerSecond = 45;

class LiveThumbnail {
  key: string | null = $state(null);
  frame: Frame | null = $state.raw(null);
  #leave: () => void = () => undefined;

  enter(key: string, item: ItemRef): void {
    if (this.key === key) return;
    this.leave();
    const ending = new AbortController();
    const timer = setTimeout(() => void this.#grow(key, item, ending.signal), restMs);
    this.#leave = () => {
      clearTimeout(timer);
      ending.abort();
      this.key = null;
      this.frame = null;
    };
  }

  leave(): void {
    this.#leave();
    this.#leave = () => undefined;
  }

  /** Nobody asked for it: where it cannot grow, the still picture stays. */
  async #grow(key: string, item: ItemRef, signal: AbortSignal): Promise<void> {
    let growthId: string | null = null;
    try {
      const opened = await client.call(
        'growth.open',
        item.kind === 'style' ? { styleIds: [item.id], stepsPerSecond } : { artworkId: item.id },
      );
      growthId = opened.growthId;
      if (signal.aborted) return;
      if (item.kind === 'artwork') await this.#playFromSeed(growthId);
      await client.call(
        'growth.watch',
        { growthId },
        {
          signal,
          onProgress: (frame) => {
            if (signal.aborted) return;
            this.key = key;
            this.frame = frame;
          },
        },
      );
    } catch {
      if (!signal.aborted) this.leave();
    } finally {
      if (growthId !== null) client.call('growth.close', { growthId }).catch(() => undefined);
    }
  }

  async #playFromSeed(growthId: string): Promise<void> {
    await client.call('growth.control', { growthId, control: { kind: 'seek', step: 0 } });
    await client.call('growth.control', { growthId, control: { kind: 'speed', stepsPerSecond } });
    await client.call('growth.control', { growthId, control: { kind: 'play' } });
  }
}

export const liveThumbnail = new LiveThumbnail();
