/** A mix of styles, and a way from one to another, as windows, recipes and the engine process exchange them. */
import { z } from 'zod';
import { MOST_GAIN, MOST_STYLES, type Mix } from '#domain/mix.ts';
import { bytes, count, grid, id, uint32 } from './values.ts';

/** Of each style. */
export const shares = z.array(z.number().min(0).max(1e6)).max(MOST_STYLES);
export const latentPath = z.enum(['linear', 'spherical']);
const gain = z.number().min(0).max(MOST_GAIN).optional();

/** That it fits the number of styles is checked where they are known (domain/mix.ts). */
export const mix: z.ZodType<Mix, Mix> = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('turns'),
    ratio: z.array(z.number().int().min(0).max(1000)).max(MOST_STYLES),
    gain,
  }),
  z.object({ kind: z.literal('random'), weights: shares, gain }),
  z.object({ kind: z.literal('weights'), weights: shares, gain }),
  z.object({ kind: z.literal('latent'), weights: shares, path: latentPath, gain }),
  z.object({
    kind: z.literal('areas'),
    map: z.object({
      height: z.number().int().min(1).max(256),
      width: z.number().int().min(1).max(256),
      cells: z.string().regex(/^[0-3]{1,65536}$/),
      softness: z.number().int().min(0).max(64),
    }),
    gain,
  }),
]);

/** One turn each. */
export const plainMix: Mix = { kind: 'turns', ratio: [] };

/** From style to style through the latents of their model. */
export const morph = z.object({
  path: z.enum(['linear', 'spherical']).default('spherical'),
  /** `ease` slows down at every style. */
  easing: z.enum(['linear', 'ease']).default('ease'),
  /** Goes back to the first style at the end, so that the last frame leads to the first. */
  isLoop: z.boolean().default(true),
  frames: z.number().int().min(2).max(2000).default(60),
});
export type Morph = z.output<typeof morph>;

/** A way between styles of the library, named as its items are where they are exported. */
export const morphRef = z.object({
  kind: z.literal('morph'),
  styleIds: z.array(id).min(2).max(MOST_STYLES),
  seed: uint32.default(1),
  /** As trained if null. */
  grid: grid.nullable().default(null),
  morph,
});
export type MorphRef = z.output<typeof morphRef>;

export const morphFrame = z.object({
  /** From 0, of so many. */
  frame: count,
  frames: count,
  height: count,
  width: count,
  /** Straight (not premultiplied) RGBA, [H, W, 4]. */
  rgba: bytes,
});
export type MorphFrame = z.output<typeof morphFrame>;
