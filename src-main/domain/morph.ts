/** From style to style through their latents: where on the way each frame is. */
import { blendLatents } from './mix-blend.ts';
import type { LatentPath } from './mix.ts';

export interface MorphPath {
  readonly path: LatentPath;
  /** `ease` begins and ends slowly between two styles: u²·(3 − 2u). */
  readonly easing: 'linear' | 'ease';
  /** From the last style to the first again; the frame after the last would be the first. */
  readonly isLoop: boolean;
  readonly frames: number;
}

/** Between which two of n styles a frame is, and how far it has gone, 0…1. */
export function morphPlace(
  { easing, isLoop, frames }: MorphPath,
  styles: number,
  frame: number,
): { readonly from: number; readonly to: number; readonly share: number } {
  const ways = isLoop ? styles : styles - 1;
  const gone = (frame * ways) / (isLoop ? frames : frames - 1);
  const from = Math.min(Math.floor(gone), ways - 1);
  const u = gone - from;
  return { from, to: (from + 1) % styles, share: easing === 'ease' ? u * u * (3 - 2 * u) : u };
}

/** The latent of a frame, [E]. */
export function morphLatent(latents: readonly Float32Array[], morph: MorphPath, frame: number): Float32Array {
  const { from, to, share } = morphPlace(morph, latents.length, frame);
  return blendLatents([latents[from], latents[to]], [1 - share, share], morph.path);
}
