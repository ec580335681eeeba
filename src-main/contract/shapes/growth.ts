/**
 * Growing live: what happens to a growth on the way, its frames, and the recipe that grows it again to the last bit.
 * Steps count from the seed. Events happen before the step of their number is made: an event at step 0 changes the seed.
 */
import { z } from 'zod';
import { latentPath, mix, plainMix, shares } from './mix.ts';
import { bytes, count, grid, hash, id, uint32 } from './values.ts';

/**
 * In cells, from the grid's upper left corner: the cell in column i and row j covers i…i+1 and j…j+1. It is touched if
 * its centre (i + 0.5, j + 0.5) is at most `radius` from (x, y).
 */
const circle = { x: z.number(), y: z.number(), radius: z.number().min(0).max(1024) };

export const growthEvent = z.discriminatedUnion('kind', [
  /** Every channel of every cell in the circle becomes 0. */
  z.object({ kind: z.literal('erase'), step: count, ...circle }),
  /** The cell in column x and row y becomes what the seed cell is. */
  z.object({
    kind: z.literal('seed'),
    step: count,
    x: z.number().int().min(0).max(1023),
    y: z.number().int().min(0).max(1023),
  }),
  /** From this step on the styles are mixed so. */
  z.object({ kind: z.literal('mix'), step: count, mix }),
]);
export type GrowthEvent = z.output<typeof growthEvent>;

/** What grows an artwork again: the same bytes on the same backend. */
export const recipe = z.object({
  version: z.literal(1),
  /** Of those that `mix` mixes. The hash is of the rule's values. */
  styles: z
    .array(z.object({ styleId: id, name: z.string(), ruleHash: hash }))
    .min(1)
    .max(4),
  /** At first; events of kind `mix` change it. */
  mix: mix.default(plainMix),
  seed: uint32,
  grid,
  steps: count,
  events: z.array(growthEvent).max(100_000),
  /** What mixes by latent were decoded to, so that they grow again without their model; absent where none were kept. */
  decoded: z
    .object({
      /** The model's name, for people. */
      model: z.string(),
      rules: z
        .array(z.object({ weights: shares, path: latentPath, ruleHash: hash }))
        .min(1)
        .max(1000),
    })
    .optional(),
  /** The engine that grew it, for people: another may differ in the last bit. */
  backend: z.string(),
});
export type Recipe = z.output<typeof recipe>;

export const frame = z.object({
  step: count,
  /** The furthest step reached since the growth was opened or its past was changed: the end of the timeline. */
  lastStep: count,
  isPlaying: z.boolean(),
  height: count,
  width: count,
  /** Straight (not premultiplied) RGBA, [H, W, 4]; null where the picture was drawn on the canvas that was asked for. */
  rgba: bytes.nullable(),
  alive: count,
  /** Events up to this step, and in all. */
  eventsSoFar: count,
  events: count,
  /** That makes the next step. */
  mix,
  canUndo: z.boolean(),
  canRedo: z.boolean(),
  /** Measured; 0 while paused. */
  stepsPerSecond: z.number().min(0),
});
export type Frame = z.output<typeof frame>;

export const growthControl = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('play') }),
  z.object({ kind: z.literal('pause') }),
  /** Pauses, then goes `by` steps forward or, below 0, back. */
  z.object({ kind: z.literal('step'), by: z.number().int().min(-100_000).max(100_000) }),
  /** Goes to a step, by kept states and replay; keeps playing if it was. */
  z.object({ kind: z.literal('seek'), step: z.number().int().min(0).max(1_000_000) }),
  z.object({ kind: z.literal('speed'), stepsPerSecond: z.number().min(0.5).max(10_000) }),
  /** Starts again from 0 after this step; null plays on. */
  z.object({ kind: z.literal('loop'), at: z.number().int().min(1).max(1_000_000).nullable() }),
  /**
   * Mixes the styles so from the step that it is at. Later events are forgotten, as by a stroke; changes with the same
   * `stroke` are undone together, and one without it by itself.
   */
  z.object({ kind: z.literal('mix'), mix, stroke: z.number().int().min(0).optional() }),
  /** Takes back the last stroke or change of the mix, or makes it again. */
  z.object({ kind: z.literal('undo') }),
  z.object({ kind: z.literal('redo') }),
  /** Forgets all events and starts from the seed. */
  z.object({ kind: z.literal('restart') }),
]);
export type GrowthControl = z.output<typeof growthControl>;

/** Of one step, which whoever marks it is at. */
export const growthMark = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('erase'), ...circle }),
  z.object({
    kind: z.literal('seed'),
    x: z.number().int().min(0).max(1023),
    y: z.number().int().min(0).max(1023),
  }),
]);

/**
 * Part of a stroke, at the step that the growth is at. Events later than that are forgotten: the timeline branches.
 * Parts with the same `stroke` are undone together.
 */
export const growthStroke = z.object({
  stroke: z.number().int().min(0),
  marks: z.array(growthMark).min(1).max(1000),
});
export type GrowthStroke = z.output<typeof growthStroke>;
