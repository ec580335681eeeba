/**
 * Pictures of the growth that is watched, on their way to the stage: pixels that came with a frame, or what this page's own
 * graphics processor drew. Those come by themselves, each before the frame that it belongs to, and no other is made until
 * that frame was acknowledged: so they are shown as they come, in one row with the pixels, and the newest is always right.
 */
import type { Frame } from '#contract/shapes/growth.ts';
import { closePicture, type DrawnPicture, type Picture } from '../canvas/picture.ts';
import type { LiveCanvas } from '../lib/graphics.ts';

export type Show<Drawn extends DrawnPicture> = (picture: Picture<Drawn>) => Promise<void>;

export interface PictureSource<Drawn> {
  /** null where this page draws nothing itself. */
  readonly openCanvas: (onPicture: (picture: Drawn) => void) => LiveCanvas | null;
  readonly isBlank: (picture: Drawn) => boolean;
  /** What it draws does not come to the page: it is not asked for again. */
  readonly onBlank: () => void;
}

export class GrowthPictures<Drawn extends DrawnPicture> {
  readonly #source: PictureSource<Drawn>;
  #show: Show<Drawn> | null = null;
  /** The newest, as long as there is nothing to show it on. */
  #undrawn: { readonly picture: Picture<Drawn>; readonly resolve: () => void } | null = null;
  #canvas: LiveCanvas | null = null;
  /** Fulfilled when it is time for a picture after the newest one that was drawn here. */
  #isTime: Promise<void> = Promise.resolve();
  /** Some browsers draw by WebGPU, and show nothing of it: the first picture with something on it tells. */
  #isProven = false;
  #isBlank = false;
  #isBroken = false;

  constructor(source: PictureSource<Drawn>) {
    this.#source = source;
  }

  /** Pictures go here from now on; the result takes it back. */
  showOn(show: Show<Drawn>): () => void {
    this.#show = show;
    const undrawn = this.#undrawn;
    this.#undrawn = null;
    if (undrawn !== null) void show(undrawn.picture).then(undrawn.resolve);
    return () => {
      if (this.#show === show) this.#show = null;
    };
  }

  /** For one growth that is watched; the one before is closed. @returns the canvas's id; null: it has none */
  open(): string | null {
    this.close();
    if (this.#isBroken) return null;
    const canvas = this.#source.openCanvas((picture) => {
      if (!this.#isProven) this.#isBlank = this.#source.isBlank(picture);
      this.#isTime = this.#put({ width: picture.width, height: picture.height, pixels: picture });
    });
    this.#canvas = canvas;
    return canvas?.id ?? null;
  }

  /** Fulfilled when it is time for another. */
  take({ rgba, width, height, alive }: Frame): Promise<void> {
    if (alive > 0) this.#judge(rgba !== null);
    return rgba === null ? this.#isTime : this.#put({ width, height, pixels: rgba });
  }

  /** What is on the stage stays there. */
  close(): void {
    this.#canvas?.close();
    this.#canvas = null;
    this.#dropUndrawn();
    this.#isTime = Promise.resolve();
  }

  /** @param isLost it draws no more: where it drew blanks before, it had better not begin again */
  #judge(isLost: boolean): void {
    if (this.#isProven || this.#isBroken) return;
    this.#isBroken = this.#isBlank;
    if (isLost) return;
    this.#isProven = !this.#isBlank;
    if (this.#isBroken) this.#source.onBlank();
  }

  #put(picture: Picture<Drawn>): Promise<void> {
    if (this.#show !== null) return this.#show(picture);
    return new Promise((resolve) => {
      this.#dropUndrawn();
      this.#undrawn = { picture, resolve };
    });
  }

  #dropUndrawn(): void {
    if (this.#undrawn === null) return;
    closePicture(this.#undrawn.picture);
    this.#undrawn.resolve();
    this.#undrawn = null;
  }
}
