/** Files that the window saves: the system asks where, beginning where something was saved last. */
import { dirname, join } from 'node:path';
import type { DownloadItem, SaveDialogOptions } from 'electron';
import type { Folders } from './choosing.ts';

const kinds: Readonly<Record<string, string>> = {
  png: 'PNG picture',
  apng: 'Animated PNG',
  gif: 'GIF animation',
  webp: 'WebP picture',
  jpg: 'JPEG picture',
  tif: 'TIFF picture',
  webm: 'WebM video',
  mp4: 'MP4 video',
  zip: 'Archive',
  safetensors: 'Morphogen’s file',
};

export function saveDialogOptions(fileName: string, last: string | undefined): SaveDialogOptions {
  const ending = /\.([a-z0-9]+)$/i.exec(fileName)?.[1]?.toLowerCase() ?? '';
  const name = kinds[ending];
  return {
    title: 'Save',
    defaultPath: last === undefined ? fileName : join(last, fileName),
    ...(name !== undefined && { filters: [{ name, extensions: [ending] }] }),
  };
}

/** For the session's `will-download`. */
export function askWhere(
  item: Pick<DownloadItem, 'getFilename' | 'setSaveDialogOptions' | 'getSavePath' | 'once'>,
  folders: Folders,
  onFailure: (sentence: string) => void,
): void {
  item.setSaveDialogOptions(saveDialogOptions(item.getFilename(), folders.last('saved')));
  item.once('done', (_, state) => {
    const path = item.getSavePath();
    if (state === 'completed' && path !== '') folders.remember('saved', dirname(path));
    else if (state === 'interrupted')
      onFailure(`“${item.getFilename()}” could not be written: choose another folder, or free some space.`);
  });
}
