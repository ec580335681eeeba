/** Photos under repair: everything of them lies in a folder that the caller names, and nothing is kept here. */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { OpenedPhoto, RepairOptions, RepairResult } from '#contract/shapes/repair.ts';
import { AppError } from '#domain/errors.ts';
import { writeFileAtomic } from '#storage/atomic-file.ts';
import { stateToImage } from '#media/pixels.ts';
import { encodePng } from '#media/png.ts';
import { previewFile, previewOf, previewWith, shownRegion } from '#media/photo/photo-preview.ts';
import { openMask } from '#media/photo/photo-mask.ts';
import { writePhoto } from '#media/photo/write-photo.ts';
import { openEncoderModel } from '../model-files.ts';
import { learningGrower, modelGrower } from '../repair/patch-grower.ts';
import { openLessonBook } from '../repair/lesson-file.ts';
import {
  keepMask,
  keepNote,
  keepParts,
  keepPhoto,
  keptMask,
  keptNote,
  keptParts,
  keptPhoto,
  keptPreview,
  openPhotoFile,
} from '../repair/photo-folder.ts';
import { boundsOf, repairPhoto } from '../repair/repair-photo.ts';
import { newestOnly } from './newest-only.ts';
import type { HandlersOf, Session } from './session.ts';

type About = Omit<OpenedPhoto, 'repairId' | 'preview'>;

interface Answer {
  readonly facts: Omit<RepairResult, 'preview'>;
  readonly options: RepairOptions;
}

const REPORT_MS = 100;

export function repairHandlers(
  session: Session,
): HandlersOf<`repair.${'open' | 'reopen' | 'view' | 'keepMask' | 'run' | 'stop' | 'write'}`> {
  /** Folders in which learning shall end. */
  const stopped = new Set<string>();

  return {
    async 'repair.open'({ path, folder, name }) {
      const photo = await openPhotoFile(path);
      const preview = await previewOf(photo);
      await keepPhoto(folder, photo, preview);
      const { width, height, format, bitDepth, bands, isLossless } = photo;
      const hasAlpha = bands === 2 || bands === 4;
      const about: About = {
        ...{ name, width, height, format, bitDepth, hasAlpha, isLossless, notices: [...photo.notices] },
        ...{ previewWidth: preview.width, previewHeight: preview.height },
      };
      await keepNote(folder, 'about', about);
      return { ...about, preview: await previewFile(preview, hasAlpha) };
    },

    async 'repair.reopen'({ folder }) {
      // Written by this version or an older one, whose folders have none.
      const about = (await keptNote(folder, 'about')) as About | null;
      if (about === null) throw new AppError('not-found', 'This photo is not open any more: open it again.');
      const preview = await keptPreview(folder);
      const answer = (await keptNote(folder, 'answer')) as Answer | null;
      const parts = answer && (await keptParts(folder, about));
      const shown = parts && (await previewWith(await keptPhoto(folder), preview, parts));
      return {
        photo: { ...about, preview: await previewFile(preview, about.hasAlpha) },
        mask: await keptMask(folder),
        result: answer && shown && { ...answer.facts, preview: await previewFile(shown, about.hasAlpha) },
        options: answer && answer.options,
      };
    },

    async 'repair.view'({ folder, region, isRepaired }) {
      const photo = await keptPhoto(folder);
      if (region.x + region.width > photo.width || region.y + region.height > photo.height) {
        throw new AppError('bad-argument', 'This part lies outside of the photo: open it again.');
      }
      const parts = isRepaired ? await keptParts(folder, photo) : [];
      return { picture: await encodePng(await shownRegion(photo, region, parts)) };
    },

    async 'repair.keepMask'({ folder, mask }) {
      await keepMask(folder, mask);
      return {};
    },

    async 'repair.run'({ folder, mask: given, modelPath, options }, { signal, progress }) {
      const { implementation } = session.engine();
      const startMs = performance.now();
      stopped.delete(folder);
      const notices: string[] = [];
      const photo = await keptPhoto(folder);
      const mask = given ?? (await keptMask(folder));
      if (mask === null)
        throw new AppError('bad-argument', 'The mask is empty: paint over what is to be repaired first.');
      if (given !== null) await keepMask(folder, given);
      const model = modelPath === null ? null : await openEncoderModel(modelPath);
      try {
        const common = { lock: options.isLocked ? ('best' as const) : ('plain' as const), implementation };
        const grower =
          options.learns || model === null
            ? learningGrower(model, {
                ...{ ...common, iterations: options.iterations },
                isStopped: () => stopped.has(folder),
                onNotice: (sentence) => notices.push(sentence),
                book: await openLessonBook(folder, lessonKey(mask, options, modelPath)),
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
        const facts: Answer['facts'] = {
          region: boundsOf(parts),
          ...{ pixels, repaired, identical: pixels - repaired - changedOutside, patches, notices },
          seconds: (performance.now() - startMs) / 1000,
        };
        await keepNote(folder, 'answer', { facts, options } satisfies Answer);
        return { ...facts, preview: await previewFile(preview, photo.bands === 2 || photo.bands === 4) };
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

/** What a lesson depends on: another mask is another lesson. */
function lessonKey(mask: Uint8Array, { isLocked }: RepairOptions, modelPath: string | null): string {
  return createHash('sha256').update(JSON.stringify({ isLocked, modelPath })).update(mask).digest('hex');
}
