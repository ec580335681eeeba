/** Growths as files for other programs, and as pictures for a window to encode: grown anew, from their recipes. */
import { AppError } from '#domain/errors.ts';
import { exportGrowth } from '../export/export-growth.ts';
import { shownFrames } from '../export/shown-frames.ts';
import type { HandlersOf, Session } from './session.ts';

export function exportHandlers(session: Session): HandlersOf<`growth.${'export' | 'frames'}`> {
  return {
    async 'growth.export'({ growth, options, path }, { signal, progress }) {
      const { implementation } = session.engine();
      let isTelling = false;
      const {
        files,
        isSame: _isSame,
        ...summary
      } = await exportGrowth(growth, options, path, {
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
      let count = 0;
      for await (const shown of shownFrames(growth, options, { implementation, signal })) {
        if (signal.aborted) throw new AppError('cancelled', 'The export was cancelled.');
        const { image, frame, frames, ms } = shown;
        const { width, height, pixels } = image;
        count = frames;
        await progress({ frame, frames, ms, height, width, rgba: new Uint8Array(pixels) });
      }
      return { frames: count };
    },
  };
}
