/** A growth's picture on its way to the screen. */
import type { Size } from './view.ts';

/** As the browser holds it, on its graphics processor or not: an ImageBitmap. Whoever gets it closes it. */
export interface DrawnPicture extends Size {
  close(): void;
}

export interface Picture<Drawn extends DrawnPicture> extends Size {
  /** Straight RGBA, [height, width, 4]; or drawn already. */
  readonly pixels: Uint8Array | Drawn;
}

/** Frees what the browser holds of a picture that nobody will draw any more. */
export function closePicture({ pixels }: Picture<DrawnPicture>): void {
  if (!(pixels instanceof Uint8Array)) pixels.close();
}
