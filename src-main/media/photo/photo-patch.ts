/**
 * Between a photo's samples and the cells of a model's grid: means of pixels on the way in, linear interpolation on the
 * way out. Cells are premultiplied RGBA from 0 to 1, whatever the photo's depth and bands.
 */
import type { Grid } from '#domain/automaton.ts';
import type { Photo, Rect, Samples } from './photo.ts';

type Kind = Pick<Photo, 'bands' | 'bitDepth'>;

/** Samples of a part of a photo, of which pixels are given by their place in the photo. */
export interface PhotoPart extends Rect {
  readonly samples: Samples;
}

/** @returns [H, W, 4] */
export function patchCells(
  part: PhotoPart,
  { bands, bitDepth }: Kind,
  patch: Rect,
  grid: Grid,
): Float32Array {
  const most = bitDepth === 16 ? 65535 : 255;
  const cells = new Float32Array(grid.height * grid.width * 4);
  const { samples } = part;
  const hasAlpha = bands === 2 || bands === 4;
  const green = bands < 3 ? 0 : 1;
  const blue = bands < 3 ? 0 : 2;
  for (let row = 0; row < grid.height; row++) {
    const [top, bottom] = span(row, grid.height, patch.height);
    for (let column = 0; column < grid.width; column++) {
      const [left, right] = span(column, grid.width, patch.width);
      let [r, g, b, a] = [0, 0, 0, 0];
      for (let y = top; y < bottom; y++) {
        let at = ((patch.y + y - part.y) * part.width + patch.x + left - part.x) * bands;
        for (let x = left; x < right; x++, at += bands) {
          const alpha = hasAlpha ? samples[at + bands - 1] / most : 1;
          r += samples[at] * alpha;
          g += samples[at + green] * alpha;
          b += samples[at + blue] * alpha;
          a += alpha;
        }
      }
      const count = (bottom - top) * (right - left);
      const scale = 1 / (count * most);
      cells.set([r * scale, g * scale, b * scale, a / count], (row * grid.width + column) * 4);
    }
  }
  return cells;
}

/** A cell is in the hole if any of its pixels is. @param mask of the part, [height, width] @returns [H, W], 1 inside */
export function patchHole(mask: Uint8Array, part: Rect, patch: Rect, grid: Grid): Uint8Array {
  const hole = new Uint8Array(grid.height * grid.width);
  for (let row = 0; row < grid.height; row++) {
    const [top, bottom] = span(row, grid.height, patch.height);
    for (let column = 0; column < grid.width; column++) {
      const [left, right] = span(column, grid.width, patch.width);
      let isHole = false;
      for (let y = top; y < bottom && !isHole; y++) {
        const first = (patch.y + y - part.y) * part.width + patch.x - part.x;
        for (let x = left; x < right && !isHole; x++) isHole = mask[first + x] > 0;
      }
      if (isHole) hole[row * grid.width + column] = 1;
    }
  }
  return hole;
}

/**
 * Draws cells into a part, at the pixels whose weight is above 0.
 * @param cells [H, W, 4], values outside 0…1 are clamped
 * @param weights of the part, [height, width]
 * @param fades towards the patch's edges, over what is there
 */
export function drawCells(
  part: PhotoPart,
  { bands, bitDepth }: Kind,
  {
    patch,
    grid,
    cells,
    weights,
    fades,
  }: {
    readonly patch: Rect;
    readonly grid: Grid;
    readonly cells: Float32Array;
    readonly weights: Float32Array;
    readonly fades: boolean;
  },
): void {
  const most = bitDepth === 16 ? 65535 : 255;
  const { samples } = part;
  const hasAlpha = bands === 2 || bands === 4;
  const colour = [0, 0, 0, 0];
  const value = (c: number): number => (colour[3] > 0 ? Math.min(1, colour[c] / colour[3]) : 0);
  for (let y = Math.max(patch.y, part.y); y < Math.min(patch.y + patch.height, part.y + part.height); y++) {
    const v = between(y - patch.y, patch.height, grid.height);
    const fadeY = fades ? tent(y - patch.y, patch.height) : 1;
    for (let x = Math.max(patch.x, part.x); x < Math.min(patch.x + patch.width, part.x + part.width); x++) {
      const pixel = (y - part.y) * part.width + x - part.x;
      if (!(weights[pixel] > 0)) continue;
      const h = between(x - patch.x, patch.width, grid.width);
      const share = fadeY * (fades ? tent(x - patch.x, patch.width) : 1);
      for (let c = 0; c < 4; c++) {
        const upper = mix(
          cells[(v.from * grid.width + h.from) * 4 + c],
          cells[(v.from * grid.width + h.to) * 4 + c],
          h.part,
        );
        const lower = mix(
          cells[(v.to * grid.width + h.from) * 4 + c],
          cells[(v.to * grid.width + h.to) * 4 + c],
          h.part,
        );
        colour[c] = Math.min(1, Math.max(0, mix(upper, lower, v.part)));
      }
      const at = pixel * bands;
      const put = (index: number, unit: number): void => {
        samples[index] = Math.round(mix(samples[index], unit * most, share));
      };
      if (bands < 3) put(at, 0.299 * value(0) + 0.587 * value(1) + 0.114 * value(2));
      else for (let c = 0; c < 3; c++) put(at + c, value(c));
      if (hasAlpha) put(at + bands - 1, colour[3]);
    }
  }
}

/** The pixels of a cell: at least one, also where there are more cells than pixels. */
function span(cell: number, cells: number, pixels: number): [number, number] {
  const from = Math.floor((cell * pixels) / cells);
  return [from, Math.max(from + 1, Math.floor(((cell + 1) * pixels) / cells))];
}

/** The two cells whose centres a pixel's centre lies between. */
function between(
  pixel: number,
  pixels: number,
  cells: number,
): { readonly from: number; readonly to: number; readonly part: number } {
  const place = Math.min(cells - 1, Math.max(0, ((pixel + 0.5) * cells) / pixels - 0.5));
  const from = Math.floor(place);
  return { from, to: Math.min(cells - 1, from + 1), part: place - from };
}

/** 1 in the middle half, down to nearly 0 at the edges. */
function tent(pixel: number, pixels: number): number {
  return Math.min(1, (4 * (Math.min(pixel, pixels - 1 - pixel) + 0.5)) / pixels);
}

function mix(a: number, b: number, part: number): number {
  return a + (b - a) * part;
}
