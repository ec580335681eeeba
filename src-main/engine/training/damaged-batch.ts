/**
 * What a batch's pictures lose, and what is done about it: the encoder sees them damaged. Some are grown as repair grows
 * them: the encoder sees the hole filled smoothly, the growth begins with that, cells outside the hole are held at what
 * they are, and only the hole counts in the loss, as much as a whole picture does.
 */
import type { DamageSpec, ModelSpec } from '#domain/model-spec.ts';
import type { Random } from '#domain/random.ts';
import { encoderInput } from '#engine/network/encoder.ts';
import { heldStart } from '#engine/repair/held-growth.ts';
import { smoothlyFilled } from '#engine/repair/surroundings.ts';
import { damagePicture } from './damage.ts';

export interface DamagedBatch {
  /** The pictures whole, [B, H, W, 4]: those of which nothing is held first. */
  readonly pictures: Float32Array;
  /** For the encoder, [B, H, W, planes]. */
  readonly input: Float32Array;
  /** Of the batch's last n samples; null where nothing is held. */
  readonly held: HeldBatch | null;
}

export interface HeldBatch {
  /** n */
  readonly count: number;
  /** [n, H, W, C] */
  readonly start: Float32Array;
  /** [n, H, W], 1 where a cell is held at what the picture shows there. */
  readonly mask: Float32Array;
  /** [n, H, W]: factor on each pixel's loss. */
  readonly weight: Float32Array;
}

interface DamagedPicture {
  readonly picture: Float32Array;
  /** [H, W], 0 where it is damaged. */
  readonly intact: Float32Array;
  /** Where the rest is held: with its hole filled, [H, W, 4]. */
  readonly filled: Float32Array | null;
}

/** @param rgba [B, H, W, 4], the pictures whole */
export function damagedBatch(
  spec: ModelSpec,
  damage: DamageSpec,
  rgba: Float32Array,
  random: Random,
): DamagedBatch {
  const { height: H, width: W } = spec.grid;
  const cells = H * W;
  const B = rgba.length / (cells * 4);
  const drawn = Array.from({ length: B }, (_, b): DamagedPicture => {
    const intact = new Float32Array(cells).fill(1);
    damagePicture(intact, spec.grid, 1, 0, damage, random);
    // A spec without held cells draws what it always did.
    const isDrawn = damage.held !== undefined && random.next() < damage.held.share;
    const picture = rgba.subarray(b * cells * 4, (b + 1) * cells * 4);
    if (!isDrawn || !intact.includes(0)) return { picture, intact, filled: null };
    const hole = Uint8Array.from(intact, (kept) => 1 - kept);
    return { picture, intact, filled: smoothlyFilled(picture, hole, W) };
  });
  const heldOnes = drawn.filter(({ filled }) => filled !== null);
  if (heldOnes.length === 0) return { pictures: rgba, input: inputOf(spec, drawn), held: null };

  const ordered = [...drawn.filter(({ filled }) => filled === null), ...heldOnes];
  const C = spec.automaton.channels;
  const n = heldOnes.length;
  const start = new Float32Array(n * cells * C);
  const mask = new Float32Array(n * cells);
  const weight = new Float32Array(n * cells);
  for (const [i, { intact, filled }] of heldOnes.entries()) {
    if (filled !== null) start.set(heldStart(filled, C), i * cells * C);
    mask.set(intact, i * cells);
    const lost = cells - intact.reduce((sum, kept) => sum + kept, 0);
    for (const [cell, kept] of intact.entries()) weight[i * cells + cell] = ((1 - kept) * cells) / lost;
  }
  return {
    pictures: joined(ordered.map(({ picture }) => picture)),
    input: inputOf(spec, ordered),
    held: { count: n, start, mask, weight },
  };
}

/** What the encoder sees: nothing where a picture is damaged, or what fills the hole where the rest is held. */
function inputOf(spec: ModelSpec, pictures: readonly DamagedPicture[]): Float32Array {
  const parts = pictures.map(({ picture, intact, filled }) => {
    if (filled !== null) return encoderInput(spec, filled);
    const input = encoderInput(spec, picture);
    const planes = input.length / intact.length;
    for (const [cell, kept] of intact.entries()) {
      if (kept === 0) input.fill(0, cell * planes, (cell + 1) * planes);
    }
    return input;
  });
  return joined(parts);
}

function joined(parts: readonly Float32Array[]): Float32Array {
  const all = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
