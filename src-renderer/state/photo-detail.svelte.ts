/**
 * The part of a photo that is looked at closely, in the photo's own pixels: its preview has fewer. Asked for when the view
 * has come to rest; until it is there, and where more is seen than one picture can hold, the preview shows.
 */
import type { OpenedPhoto } from '#contract/shapes/repair.ts';
import { AppError } from '#domain/errors.ts';
import { regionToLookAt, type PhotoRegion } from '../canvas/photo-region.ts';
import type { Patch } from '../canvas/photo-stage.ts';
import type { Size, View } from '../canvas/view.ts';
import { client } from '../lib/client.ts';
import { decodePreview } from './repair-pictures.ts';

const restMs = 150;

export class PhotoDetail {
  photo: Patch | null = $state.raw(null);
  result: Patch | null = $state.raw(null);
  #timer: ReturnType<typeof setTimeout> | undefined;
  #asking: AbortController | null = null;
  /** What is there or on its way. */
  #asked = '';

  /** @param view Of the preview. */
  look(photo: OpenedPhoto | null, isRepaired: boolean, view: View, viewport: Size): void {
    clearTimeout(this.#timer);
    if (photo === null) return;
    this.#timer = setTimeout(() => {
      const region = regionToLookAt(photo, view, viewport, Math.max(1, window.devicePixelRatio));
      if (region === null) this.forget();
      else void this.#ask(photo, isRepaired, region);
    }, restMs);
  }

  forget(): void {
    clearTimeout(this.#timer);
    this.#asking?.abort();
    this.#asking = null;
    this.#asked = '';
    for (const patch of [this.photo, this.result])
      if (patch?.image instanceof ImageBitmap) patch.image.close();
    this.photo = null;
    this.result = null;
  }

  async #ask(photo: OpenedPhoto, isRepaired: boolean, region: PhotoRegion): Promise<void> {
    const asked = JSON.stringify([photo.repairId, isRepaired, region]);
    if (asked === this.#asked) return;
    this.#asked = asked;
    this.#asking?.abort();
    const asking = new AbortController();
    this.#asking = asking;
    try {
      const [before, after] = await Promise.all([
        this.#read(photo, region, false, asking.signal),
        isRepaired ? this.#read(photo, region, true, asking.signal) : null,
      ]);
      if (asking.signal.aborted) return;
      const old = [this.photo, this.result];
      this.photo = before;
      this.result = after;
      for (const patch of old) if (patch?.image instanceof ImageBitmap) patch.image.close();
    } catch (failure) {
      // The preview goes on showing it.
      if (!(failure instanceof AppError) && !asking.signal.aborted) throw failure;
    }
  }

  async #read(
    { repairId, width, height, previewWidth, previewHeight }: OpenedPhoto,
    region: PhotoRegion,
    isRepaired: boolean,
    signal: AbortSignal,
  ): Promise<Patch> {
    const { picture } = await client.call('repair.view', { repairId, region, isRepaired }, { signal });
    const image = await decodePreview(picture);
    const [across, down] = [previewWidth / width, previewHeight / height];
    return {
      image,
      ...{ left: region.x * across, top: region.y * down },
      ...{ width: region.width * across, height: region.height * down },
    };
  }
}
