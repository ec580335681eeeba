/** Growths as files for other programs, and as pictures for a window to encode: grown anew, from their recipes. */
import type { HandlersOf, Session } from './session.ts';
import { shownFrame } from '../export/encode-frames.ts';
import { exportGrowth } from '../export/export-growth.ts';
import { backgroundOf, bestQuality, momentsOf, playOrder } from '../export/export-plan.ts';
import { grownFrames, specOf } from '../export/grown-frames.ts';
import { AppError } from '#domain/errors.ts';
import { FrameSpool } from '#media/frame-spool.ts';

export function exportHandlers(session: Session): HandlersOf<`growth.${'export' | 'frames'}`> {
  return {
    async 'growth.export'({ growth, options, path }, { signal, progress }) {
      const { implementation } = session.engine();
      let isTelling = false;
      const { files, ...summary } = await exportGrowth(growth, options, path, {
        ...{ implementation, signal },
        onProgress(told) {
          // The newest only: whoever listens is not waited for.
          if (isTelling) return;
          isTelling = true;
          void progress(told).finally(() => (isTelling = false));
        },
      });
      return { ...summary, files: [...files] };
    },

    async 'growth.frames'({ growth, options }, { signal, progress }) {
      const { implementation } = session.engine();
      const lastStep = options.lastStep ?? growth.recipe.steps;
      const best = bestQuality(options, growth.recipe.grid);
      const background = backgroundOf(options, specOf(growth).image);
      const spool = new FrameSpool();
      try {
        const moments = momentsOf(options, lastStep);
        for await (const image of grownFrames(growth, moments, { implementation, signal })) spool.add(image);
        const { order, heldFrame } = playOrder(spool.count, options, 1);
        const frameMs = 1000 / options.framesPerSecond;
        for (const [frame, place] of order.entries()) {
          if (signal.aborted) throw new AppError('cancelled', 'The export was cancelled.');
          const { pixels, width, height } = await shownFrame(spool.frame(place), best, background);
          const ms = frame === heldFrame ? Math.max(frameMs, options.holdMs) : frameMs;
          await progress({ frame, frames: order.length, ms, height, width, rgba: new Uint8Array(pixels) });
        }
        return { frames: order.length };
      } finally {
        spool.dispose();
      }
    },
  };
}
