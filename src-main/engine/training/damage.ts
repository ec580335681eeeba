/** Circles cut out of pictures or states: the paper's repair (several small ones), and Distill's regeneration (one large). */
import type { Grid } from '#domain/automaton.ts';
import type { DamageSpec } from '#domain/model-spec.ts';
import type { Random } from '#domain/random.ts';

export interface Circle {
  /** Cells; the centre may lie between two. */
  readonly x: number;
  readonly y: number;
  readonly radius: number;
}

/** Circles anywhere on the grid, of the spec's number and radii. */
export function drawCircles(damage: DamageSpec, grid: Grid, random: Random): Circle[] {
  return Array.from({ length: damage.circles }, () => ({
    x: random.next() * grid.width,
    y: random.next() * grid.height,
    radius: grid.width * (damage.minRadius + (damage.maxRadius - damage.minRadius) * random.next()),
  }));
}

/** Sets every value of the cells inside the circles to 0. `values` [n, H, W, channels], changed in sample `sample`. */
export function cutCircles(
  values: Float32Array,
  grid: Grid,
  channels: number,
  sample: number,
  circles: readonly Circle[],
): void {
  const { height: H, width: W } = grid;
  const offset = sample * H * W * channels;
  for (const { x, y, radius } of circles) {
    for (let row = 0; row < H; row++) {
      const dy = row + 0.5 - y;
      for (let column = 0; column < W; column++) {
        const dx = column + 0.5 - x;
        if (dx * dx + dy * dy >= radius * radius) continue;
        const cell = offset + (row * W + column) * channels;
        values.fill(0, cell, cell + channels);
      }
    }
  }
}

/** Sets the half of a sample's grid that lies in the direction `angle` from its centre to 0. */
export function cutHalf(
  values: Float32Array,
  grid: Grid,
  channels: number,
  sample: number,
  angle: number,
): void {
  const { height: H, width: W } = grid;
  const [across, down] = [Math.cos(angle), Math.sin(angle)];
  const offset = sample * H * W * channels;
  for (let y = 0; y < H; y++) {
    for (let x = 0; x < W; x++) {
      if ((x + 0.5 - W / 2) * across + (y + 0.5 - H / 2) * down <= 0) continue;
      const cell = offset + (y * W + x) * channels;
      values.fill(0, cell, cell + channels);
    }
  }
}
