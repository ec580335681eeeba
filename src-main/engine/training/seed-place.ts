/**
 * Where a growth of one picture begins. The middle may be empty (a crescent moon, a ring): a cell that is to become
 * nothing dies in the first steps, and nothing can be learned from a state without life. So it then begins at the
 * visible place nearest to the middle.
 */
import type { Grid } from '#domain/automaton.ts';
import type { ModelSpec } from '#domain/model-spec.ts';

/** Alpha of a place that is as good as the middle. */
const VISIBLE = 0.5;

/** The spec with its seed on the picture, premultiplied RGBA [H, W, 4]; the same spec where the middle is visible. */
export function seededOn(spec: ModelSpec, picture: Float32Array): ModelSpec {
  const place = visiblePlace(spec.grid, picture);
  return place === null || (place.x === 0 && place.y === 0) ? spec : { ...spec, seedOffset: place };
}

/** Cells from the middle; null where nothing is visible. */
function visiblePlace({ height: H, width: W }: Grid, picture: Float32Array): { x: number; y: number } | null {
  const [middleX, middleY] = [Math.floor(W / 2), Math.floor(H / 2)];
  const alphaAt = (x: number, y: number): number =>
    x < 0 || x >= W || y < 0 || y >= H ? 0 : picture[(y * W + x) * 4 + 3];
  let best: { x: number; y: number; distance: number } | null = null;
  for (let y = 0; y < H; y++) {
    for (let x = 0; x < W; x++) {
      if (alphaAt(x, y) < VISIBLE) continue;
      const distance = (x - middleX) ** 2 + (y - middleY) ** 2;
      // On an edge, half of what it grows into dies at once: the inside is worth a small way.
      const isInside = [-1, 1].every(
        (step) => alphaAt(x + step, y) >= VISIBLE && alphaAt(x, y + step) >= VISIBLE,
      );
      const cost = distance === 0 ? 0 : distance + (isInside ? 0 : 16);
      if (best === null || cost < best.distance) best = { x: x - middleX, y: y - middleY, distance: cost };
    }
  }
  return best && { x: best.x, y: best.y };
}
