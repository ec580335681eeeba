/** Photos under repair: everything of them lies in a folder that the caller names, and nothing is kept here. */
import { join } from 'node:path';
import { writeFileAtomic } from '#storage/atomic-file.ts';
import { stateToImage } from '#media/pixels.ts';
import { encodePng } from '#media/png.ts';
import { previewFile, previewOf, previewWith } from '#media/photo/photo-preview.ts';
import { openMask } from '#media/photo/photo-mask.ts';
import { writePhoto } from '#media/photo/write-photo.ts';
import { openEncoderModel } from '../model-files.ts';
import { learningGrower, modelGrower } from '../repair/patch-grower.ts';
import {
  keepParts,
  keepPhoto,
  keptParts,
  keptPhoto,
  keptPreview,
  openPhotoFile,
} from '../repair/photo-folder.ts';
import { boundsOf, repairPhoto } from '../repair/repair-photo.ts';
import { newestOnly } from './newest-only.ts';
import type { HandlersOf, Session } from './session.ts';

const REPORT_MS = 100;

export function repairHandlers(
  session: Session,
): HandlersOf<'repair.open' | 'repair.run' | 'repair.stop' | 'repair.write'> {
  /** Folders in which learning shall end. */
  const stopped = new Set<string>();

  return {
    async 'repair.open'({ path, folder }) {
      const photo = await openPhotoFile(path);
      const preview = await previewOf(photo);
      await keepPhoto(folder, photo, preview);
      const { width, height, format, bitDepth, bands, isLossless } = photo;
      const hasAlpha = bands === 2 || bands === 4;
      return {
        ...{ width, height, format, bitDepth, hasAlpha, isLossless },
        preview: await previewFile(preview, hasAlpha),
        ...{ previewWidth: preview.width, previewHeight: preview.height },
      };
    },

    async 'repair.run'({ folder, mask, modelPath, ...options }, { signal, progress }) {
      const { implementation } = session.engine();
      const startMs = performance.now();
      stopped.delete(folder);
      const notices: string[] = [];
      const photo = await keptPhoto(folder);
      const model = modelPath === null ? null : await openEncoderModel(modelPath);
      try {
        const common = { lock: options.isLocked ? ('best' as const) : ('plain' as const), implementation };
        const grower =
          options.learns || model === null
            ? learningGrower(model, {
                ...{ ...common, iterations: options.iterations },
                isStopped: () => stopped.has(folder),
                onNotice: (sentence) => notices.push(sentence),
              })
            : modelGrower(model, common);
        const tell = newestOnly(progress, REPORT_MS);
        const { parts, repaired, changedOutside, patches } = await repairPhoto({
          ...{ photo, grower, signal, feather: options.feather },
          mask: await openMask(mask, photo),
          async onPhase({ phase, done, total, cells, region }) {
            const preview = cells && (await encodePng(stateToImage(cells, { ...grower.grid, channels: 4 })));
            tell({ phase, done, total, preview, region });
          },
        });
        await keepParts(folder, parts);
        const preview = await previewWith(photo, await keptPreview(folder), parts);
        const pixels = photo.width * photo.height;
        return {
          preview: await previewFile(preview, photo.bands === 2 || photo.bands === 4),
          region: boundsOf(parts),
          ...{ pixels, repaired, identical: pixels - repaired - changedOutside, patches, notices },
          seconds: (performance.now() - startMs) / 1000,
        };
      } finally {
        model?.dispose();
        stopped.delete(folder);
      }
    },

    'repair.stop'({ folder }) {
      stopped.add(folder);
      return {};
    },

    async 'repair.write'({ folder, format, keepsPlace }) {
      const photo = await keptPhoto(folder);
      const parts = await keptParts(folder, photo);
      const { bytes, extension, isExact } = await writePhoto(photo, parts, { format, keepsPlace });
      const path = join(folder, `result.${extension}`);
      await writeFileAtomic(path, bytes);
      return { path, extension, bytes: bytes.length, isExact };
    },
  };
}
