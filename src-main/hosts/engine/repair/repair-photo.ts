/**
 * A photo's damaged parts, repaired: each with what surrounds it goes through a model, or through a rule that learned the
 * photo, and comes back at the photo's own resolution and depth as a difference from it.
 */
import { setImmediate as immediately } from 'node:timers/promises';
import { AppError } from '#domain/errors.ts';
import { blendWeights } from '#engine/repair/blend-weights.ts';
import { planPatches } from '#engine/repair/patch-plan.ts';
import { maskParts, type Box } from '#engine/repair/regions.ts';
import type { Difference } from '#media/photo/difference-png.ts';
import { readRegion, type Photo, type Rect, type Samples } from '#media/photo/photo.ts';
import { drawCells, patchCells, patchHole, type PhotoPart } from '#media/photo/photo-patch.ts';
import type { PhotoMask } from '#media/photo/photo-mask.ts';
import type { PatchGrower } from './patch-grower.ts';

export interface RepairSetup {
  readonly photo: Photo;
  readonly mask: PhotoMask;
  /** Pixels outside the mask. */
  readonly feather: number;
  readonly grower: PatchGrower;
  readonly signal: AbortSignal;
  readonly onPhase: (phase: RepairPhase) => Promise<void>;
}

export interface RepairPhase {
  readonly phase: string;
  readonly done: number;
  readonly total: number;
  /** The patch as it grows, premultiplied RGBA [H, W, 4], opaque or empty where it is not the hole's. */
  readonly cells: Float32Array | null;
  readonly region: Rect | null;
}

export interface Repaired {
  readonly parts: readonly Difference[];
  /** Pixels that mask and feather reach, and pixels outside that differ. */
  readonly repaired: number;
  readonly changedOutside: number;
  readonly patches: number;
}

/** Of one part with what surrounds it. */
const MOST_PIXELS = 48e6;

/** @throws AppError bad-argument for an empty mask, unsupported for a part too large, cancelled */
export async function repairPhoto(setup: RepairSetup): Promise<Repaired> {
  const { photo, mask, feather } = setup;
  const boxes = maskParts(mask.values, mask.width, Math.ceil(feather / mask.scale) + 1).map((box) =>
    onPhoto(box, mask.scale, photo),
  );
  if (boxes.length === 0) {
    throw new AppError('bad-argument', 'The mask is empty: paint over what is to be repaired first.');
  }
  const parts: Difference[] = [];
  let [repaired, changedOutside, patches] = [0, 0, 0];
  for (const [i, box] of boxes.entries()) {
    const made = await repairPart(setup, box, { index: i, count: boxes.length });
    parts.push(made.difference);
    repaired += made.repaired;
    changedOutside += made.changedOutside;
    patches += made.patches;
  }
  return { parts, repaired, changedOutside, patches };
}

/** Around all of them. */
export function boundsOf(parts: readonly Rect[]): Rect {
  return parts.map(({ x, y, width, height }) => ({ x, y, width, height })).reduce(union);
}

async function repairPart(
  { photo, mask, feather, grower, signal, onPhase }: RepairSetup,
  box: Box,
  place: { readonly index: number; readonly count: number },
) {
  const levels = grower.isOneLevel
    ? planPatches(box, photo, grower.grid).slice(0, 1)
    : planPatches(box, photo, grower.grid);
  const touched = around(box, Math.ceil(feather), photo);
  const region = levels.flat().reduce(union, touched);
  if (region.width * region.height > MOST_PIXELS) {
    throw new AppError(
      'unsupported',
      `A damaged part with what surrounds it has ${Math.round((region.width * region.height) / 1e6)} million pixels, and at most ${MOST_PIXELS / 1e6} are repaired at once: repair a smaller copy of the photo.`,
    );
  }
  const original: PhotoPart = { ...region, samples: await readRegion(photo, region) };
  const work: PhotoPart = { ...region, samples: original.samples.slice() };
  const coverage = mask.read(region);
  const weights = blendWeights(coverage, region.width, feather);
  const total = levels.flat().length;
  let done = 0;
  for (const [level, patches] of levels.entries()) {
    for (const patch of patches) {
      if (signal.aborted) throw new AppError('cancelled', 'The repair was cancelled.');
      const { grid } = grower;
      const hole = patchHole(coverage, region, patch, grid);
      if (!hole.includes(1)) continue;
      const phase = (cells: Float32Array | null, name: string, step = done, steps = total): Promise<void> => {
        const prefix = place.count > 1 ? `Part ${place.index + 1} of ${place.count}: ` : '';
        return onPhase({ phase: `${prefix}${name}`, done: step, total: steps, cells, region: patch });
      };
      const cells = await grower.grow({
        cells: patchCells(work, photo, patch, grid),
        ...{ hole, isFirst: level === 0, isOpaque: photo.bands === 1 || photo.bands === 3, signal, phase },
      });
      drawCells(work, photo, { patch, grid, cells, weights, fades: level > 0 });
      done++;
      await immediately();
    }
  }
  blend(original.samples, work.samples, weights, photo.bands);
  const counts = compare(original.samples, work.samples, weights, photo.bands);
  return { difference: differenceOf(original, work, touched, photo), ...counts, patches: done };
}

/** Into `repaired`, which is the original where the weight is 0. */
function blend(original: Samples, repaired: Samples, weights: Float32Array, bands: number): void {
  for (let pixel = 0; pixel < weights.length; pixel++) {
    const weight = weights[pixel];
    for (let i = pixel * bands; i < (pixel + 1) * bands; i++) {
      repaired[i] = weight > 0 ? Math.round(original[i] + (repaired[i] - original[i]) * weight) : original[i];
    }
  }
}

function compare(original: Samples, repaired: Samples, weights: Float32Array, bands: number) {
  let [inside, changedOutside] = [0, 0];
  for (let pixel = 0; pixel < weights.length; pixel++) {
    if (weights[pixel] > 0) {
      inside++;
      continue;
    }
    for (let i = pixel * bands; i < (pixel + 1) * bands; i++) {
      if (original[i] === repaired[i]) continue;
      changedOutside++;
      break;
    }
  }
  return { repaired: inside, changedOutside };
}

function differenceOf(original: PhotoPart, repaired: PhotoPart, rect: Rect, { bands }: Photo): Difference {
  const samples = original.samples.slice(0, rect.width * rect.height * bands);
  let to = 0;
  for (let y = 0; y < rect.height; y++) {
    const from = ((rect.y + y - original.y) * original.width + rect.x - original.x) * bands;
    for (let i = from; i < from + rect.width * bands; i++) {
      samples[to++] = original.samples[i] ^ repaired.samples[i];
    }
  }
  return { ...rect, samples };
}

/** The mask may be of a smaller copy of the photo. */
function onPhoto(box: Box, scale: number, photo: { width: number; height: number }): Box {
  const reach = scale === 1 ? 0 : Math.ceil(scale);
  const scaled = {
    ...{ x: Math.floor(box.x * scale), y: Math.floor(box.y * scale) },
    ...{ width: Math.ceil(box.width * scale), height: Math.ceil(box.height * scale) },
  };
  return around(scaled, reach, photo);
}

function around(box: Box, margin: number, photo: { width: number; height: number }): Box {
  const [x, y] = [Math.max(0, box.x - margin), Math.max(0, box.y - margin)];
  return {
    ...{ x, y },
    width: Math.min(photo.width, box.x + box.width + margin) - x,
    height: Math.min(photo.height, box.y + box.height + margin) - y,
  };
}

function union(a: Box, b: Box): Box {
  const [x, y] = [Math.min(a.x, b.x), Math.min(a.y, b.y)];
  return {
    ...{ x, y },
    width: Math.max(a.x + a.width, b.x + b.width) - x,
    height: Math.max(a.y + a.height, b.y + b.height) - y,
  };
}
