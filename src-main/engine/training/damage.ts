/**
 * Parts cut out of pictures or states: the paper's repair (several small circles), Distill's regeneration (one large), and
 * what photos really lose: strokes, boxes, halves.
 */
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

/**
 * Damages a picture as the spec says: circles, or one large part, or not at all. `values` [n, H, W, channels], changed
 * in sample `sample`. A spec without probabilities draws nothing but its circles.
 */
export function damagePicture(
  values: Float32Array,
  grid: Grid,
  channels: number,
  sample: number,
  damage: DamageSpec,
  random: Random,
): void {
  const { large = 0, whole = 0 } = damage;
  const lot = large + whole > 0 ? random.next() : 1;
  if (lot < whole) return;
  if (lot < whole + large) cutLargePart(values, grid, channels, sample, random);
  else cutCircles(values, grid, channels, sample, drawCircles(damage, grid, random));
}

function cutLargePart(
  values: Float32Array,
  grid: Grid,
  channels: number,
  sample: number,
  random: Random,
): void {
  switch (random.int(3)) {
    case 0: {
      cutCircles(values, grid, channels, sample, drawStroke(grid, random));
      return;
    }
    case 1: {
      cutBox(values, grid, channels, sample, random);
      return;
    }
    default: {
      cutHalf(values, grid, channels, sample, 2 * Math.PI * random.next());
      return;
    }
  }
}

/** A pencil's way over the picture: two to four straight pieces, as circles that overlap. */
function drawStroke({ height, width }: Grid, random: Random): Circle[] {
  const point = (): { x: number; y: number } => ({ x: random.next() * width, y: random.next() * height });
  const radius = Math.min(height, width) * (0.03 + 0.07 * random.next());
  const circles: Circle[] = [];
  let from = point();
  for (let piece = 2 + random.int(3); piece > 0; piece--) {
    const to = point();
    const steps = Math.max(1, Math.ceil(Math.hypot(to.x - from.x, to.y - from.y) / (radius / 2)));
    for (let step = 0; step <= steps; step++) {
      const along = step / steps;
      circles.push({ x: from.x + (to.x - from.x) * along, y: from.y + (to.y - from.y) * along, radius });
    }
    from = to;
  }
  return circles;
}

/** A box anywhere, each side a quarter to six tenths of the picture's. */
function cutBox(values: Float32Array, grid: Grid, channels: number, sample: number, random: Random): void {
  const { height: H, width: W } = grid;
  const side = (whole: number): number => Math.round(whole * (0.25 + 0.35 * random.next()));
  const [high, wide] = [side(H), side(W)];
  const [top, left] = [random.int(H - high + 1), random.int(W - wide + 1)];
  for (let row = top; row < top + high; row++) {
    const start = ((sample * H + row) * W + left) * channels;
    values.fill(0, start, start + wide * channels);
  }
}
