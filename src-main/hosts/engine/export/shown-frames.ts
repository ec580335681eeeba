/** An export's pictures one by one, as they are seen: in their order, at their size, on their background. For encoders of others. */
import type { ExportOptions } from '#contract/shapes/export.ts';
import { FrameSpool } from '#media/frame-spool.ts';
import type { RgbaImage } from '#media/pixels.ts';
import { backgroundOf, bestQuality, momentsOf, playOrder } from './export-plan.ts';
import { shownFrame } from './shown-frame.ts';
import { grownFrames, lastMomentOf, specOf, type ExportedGrowth, type FrameOptions } from './grown-frames.ts';

export interface ShownFrame {
  readonly image: RgbaImage;
  /** From 0, of so many. */
  readonly frame: number;
  readonly frames: number;
  /** How long it stays. */
  readonly ms: number;
}

/** @throws AppError bad-argument, mismatch, cancelled, io, disk-full, out-of-memory */
export async function* shownFrames(
  growth: ExportedGrowth,
  options: ExportOptions,
  run: FrameOptions & { readonly onGrown?: (done: number, total: number) => void },
): AsyncGenerator<ShownFrame, void, undefined> {
  const moments = momentsOf(options, options.lastStep ?? lastMomentOf(growth));
  const best = bestQuality(options, growth.recipe.grid);
  const background = backgroundOf(options, specOf(growth).image);
  const spool = new FrameSpool();
  try {
    for await (const image of grownFrames(growth, moments, run)) {
      spool.add(image);
      run.onGrown?.(spool.count, moments.length);
    }
    const { order, heldFrame } = playOrder(spool.count, options, 1);
    const frameMs = 1000 / options.framesPerSecond;
    for (const [frame, place] of order.entries()) {
      const ms = frame === heldFrame ? Math.max(frameMs, options.holdMs) : frameMs;
      yield {
        image: shownFrame(spool.frame(place), best, background),
        frame,
        frames: order.length,
        ms,
      };
    }
  } finally {
    spool.dispose();
  }
}
