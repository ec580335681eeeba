/** Grown frames as one file of a kind, at a quality; within a budget, at the best that fits it. */
import { setImmediate as immediately } from 'node:timers/promises';
import type { ExportOptions } from '#contract/shapes/export.ts';
import { AppError } from '#domain/errors.ts';
import { encodeApng } from '#media/apng.ts';
import type { FrameSpool } from '#media/frame-spool.ts';
import { encodeGif } from '#media/gif.ts';
import { overColour, type Colour, type RgbaImage } from '#media/pixels.ts';
import { encodeMovingWebp, type WebpSink } from '#media/webp.ts';
import { playOrder, qualityLadder, type MovingFormat, type Quality } from './export-plan.ts';

export interface FramesToEncode {
  readonly format: MovingFormat;
  readonly options: ExportOptions;
  readonly spool: FrameSpool;
  readonly background: Colour | null;
  readonly carried: Uint8Array | null;
  readonly signal: AbortSignal;
  /** Frames that were looked at, of so many in all passes. */
  readonly onFrame?: (done: number, total: number) => void;
}

export interface Encoded {
  readonly quality: Quality;
  readonly frames: number;
  readonly bytes: number;
}

/** Thrown by a sink that has enough. */
class OverBudget extends Error {}

/** Between two looks at the event loop. */
const STRETCH_MS = 30;

/** @throws AppError cancelled */
export async function encodeFrames(
  wanted: FramesToEncode,
  quality: Quality,
  sink: WebpSink,
): Promise<Encoded> {
  const { format, options, spool, background, carried, signal, onFrame } = wanted;
  const { order, heldFrame } = playOrder(spool.count, options, quality.stride);
  const passes = format === 'webp' ? 1 : 2;
  let seen = 0;
  let bytes = 0;
  const write = async (piece: Uint8Array): Promise<void> => {
    bytes += piece.length;
    await sink.write(piece);
  };
  async function* frames(): AsyncGenerator<RgbaImage, void, undefined> {
    let sinceMs = performance.now();
    for (const place of order) {
      if (signal.aborted) throw new AppError('cancelled', 'The export was cancelled; nothing was written.');
      if (performance.now() - sinceMs > STRETCH_MS) {
        await immediately();
        sinceMs = performance.now();
      }
      onFrame?.(++seen, order.length * passes);
      const image = spool.frame(place);
      yield background === null || format === 'gif' ? image : overColour(image, background);
    }
  }
  const { width, height, scale } = quality;
  const how = {
    framesPerSecond: options.framesPerSecond / quality.stride,
    ...{ holdMs: options.holdMs, loop: options.loop, carried },
    ...(options.isBoomerang ? { heldFrame } : {}),
    ...(scale === null ? { smoothTo: { width, height } } : { scale }),
    quality: quality.fidelity,
  };
  switch (format) {
    case 'gif': {
      const { colours } = quality;
      await encodeGif(frames, { ...how, background, colours, isDithered: options.isDithered, signal }, write);
      break;
    }
    case 'apng':
      await encodeApng(frames, how, write);
      break;
    case 'webp':
      await encodeMovingWebp(frames(), how, { write, rewrite: (piece, at) => sink.rewrite(piece, at) });
      break;
    default:
      format satisfies never;
  }
  return { quality, frames: order.length, bytes };
}

/**
 * The best quality whose file is smaller than the budget, found by halves.
 * @throws AppError bad-argument where not even the worst is, cancelled
 */
export async function searchQuality(
  wanted: FramesToEncode,
  best: Quality,
  budgetBytes: number,
): Promise<Encoded> {
  const ladder = qualityLadder(best, wanted.format, wanted.spool.size, wanted.spool.count);
  const fits = async (quality: Quality): Promise<Encoded | null> => {
    let bytes = 0;
    try {
      return await encodeFrames(wanted, quality, {
        write(piece) {
          bytes += piece.length;
          if (bytes >= budgetBytes) throw new OverBudget();
        },
        rewrite: () => undefined,
      });
    } catch (failure) {
      if (failure instanceof OverBudget) return null;
      throw failure;
    }
  };
  let found = await fits(ladder[0]);
  let [low, high] = [1, ladder.length];
  if (found !== null) return found;
  while (low < high) {
    const middle = (low + high) >> 1;
    const encoded = await fits(ladder[middle]);
    if (encoded === null) low = middle + 1;
    else {
      found = encoded;
      high = middle;
    }
  }
  if (found !== null) return found;
  const carried = wanted.carried === null ? '' : ', or leave the recipe out';
  throw new AppError(
    'bad-argument',
    `This does not fit in ${byteWords(budgetBytes)}, however small and coarse: allow more, take fewer steps${carried}.`,
  );
}

/** What a budget took, for people. */
export function qualityWords(
  { quality, frames, bytes }: Encoded,
  best: Quality,
  format: MovingFormat,
): string {
  const { width, height, colours, fidelity, stride } = quality;
  const parts = [`${width}×${height} pixels`];
  if (format !== 'apng' && fidelity < best.fidelity) parts.push(`quality ${fidelity}`);
  if (format === 'gif') parts.push(`${colours} colours`);
  if (stride > 1) parts.push(`one of ${stride} frames`);
  const isBest =
    width === best.width && colours === best.colours && fidelity === best.fidelity && stride === best.stride;
  const what = isBest ? 'Nothing had to give way' : `Chosen for the size: ${parts.join(', ')}`;
  return `${what}; ${frames} frames, ${byteWords(bytes)}.`;
}

export function byteWords(bytes: number): string {
  return bytes < 1e6 ? `${Math.ceil(bytes / 1e3)} kB` : `${(bytes / 1e6).toFixed(2)} MB`;
}
