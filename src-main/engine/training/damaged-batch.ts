/**
 * What a batch's pictures lose, and what is done about it: the encoder sees them damaged. Some are grown as repair grows
 * them: the encoder sees the hole filled smoothly, the growth begins with that, cells outside the hole are held at what
 * they are, and only the hole counts in the loss, as much as a whole picture does.
 */
import type { DamageSpec, ModelSpec } from '#domain/model-spec.ts';
import type { Random } from '#domain/random.ts';
import { seedState } from '#domain/seed-state.ts';
import { encoderInput } from '#engine/network/encoder.ts';
import { heldStart } from '#engine/repair/held-start.ts';
import { smoothlyFilled } from '#engine/repair/surroundings.ts';
import { damagePicture } from './damage.ts';

export interface DamagedBatch {
  /** For the encoder, [B, H, W, planes]. */
  readonly input: Float32Array;
  /** Null where no cell of the batch is held. */
  readonly held: HeldBatch | null;
}

export interface HeldBatch {
  /** [B, H, W, C]; of samples without held cells, the seed. */
  readonly start: Float32Array;
  /** [B, H, W], 1 where a cell is held at what the picture shows there. */
  readonly mask: Float32Array;
  /** [B, H, W]: factor on each pixel's loss. */
  readonly weight: Float32Array;
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
  const input = encoderInput(spec, rgba);
  const planes = input.length / (cells * B);
  const intact = new Float32Array(B * cells).fill(1);
  const heldSamples: number[] = [];
  for (let b = 0; b < B; b++) {
    damagePicture(intact, spec.grid, 1, b, damage, random);
    // A spec without held cells draws what it always did.
    if (damage.held !== undefined && random.next() < damage.held) heldSamples.push(b);
  }
  for (const [cell, kept] of intact.entries()) {
    if (kept === 0) input.fill(0, cell * planes, (cell + 1) * planes);
  }
  const isHeld = (b: number): boolean => intact.subarray(b * cells, (b + 1) * cells).includes(0);
  const samples = heldSamples.filter(isHeld);
  if (samples.length === 0) return { input, held: null };

  const seed = seedState(spec);
  const held = {
    start: new Float32Array(B * seed.length),
    mask: new Float32Array(B * cells),
    weight: new Float32Array(B * cells).fill(1),
  };
  for (let b = 0; b < B; b++) held.start.set(seed, b * seed.length);
  for (const b of samples) {
    const [from, to] = [b * cells, (b + 1) * cells];
    const hole = Uint8Array.from(intact.subarray(from, to), (kept) => 1 - kept);
    const filled = smoothlyFilled(rgba.slice(from * 4, to * 4), hole, W);
    input.set(encoderInput(spec, filled), from * planes);
    held.start.set(heldStart(spec, filled), b * seed.length);
    held.mask.set(intact.subarray(from, to), from);
    const holeCells = hole.reduce((sum, inside) => sum + inside, 0);
    for (const [cell, inside] of hole.entries()) held.weight[from + cell] = (inside * cells) / holeCells;
  }
  return { input, held };
}
