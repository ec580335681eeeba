/** The system's own dialogs: what each of them looks for, and the folder that it opens in, which is the last one. */
import { dirname } from 'node:path';
import type { OpenDialogOptions } from 'electron';
import type { ChosenThing } from '#contract/desktop-contract.ts';

const pictures = ['png', 'jpg', 'jpeg', 'webp', 'gif', 'avif', 'tif', 'tiff', 'svg', 'bmp'];
const everything = { name: 'All files', extensions: ['*'] };

type Look = Pick<OpenDialogOptions, 'properties' | 'filters'>;

/** Endings only lead the eye: what a file is, its content says, so all can be chosen. */
const looks: Readonly<Record<ChosenThing, Look>> = {
  files: {
    properties: ['openFile', 'multiSelections'],
    filters: [{ name: 'Pictures, styles and models', extensions: [...pictures, 'safetensors'] }, everything],
  },
  pictures: {
    properties: ['openFile', 'multiSelections'],
    filters: [{ name: 'Pictures', extensions: pictures }, everything],
  },
  photo: { properties: ['openFile'], filters: [{ name: 'Pictures', extensions: pictures }, everything] },
  'picture-folder': { properties: ['openDirectory'] },
  'save-folder': { properties: ['openDirectory', 'createDirectory'] },
};

export interface Choice {
  readonly what: ChosenThing;
  readonly title: string;
  readonly choose: string | null;
  readonly start: string | null;
}

/** @param last where this was chosen last */
export function openDialogOptions(
  { what, title, choose, start }: Choice,
  last: string | undefined,
): OpenDialogOptions {
  const defaultPath = start ?? last;
  return {
    ...looks[what],
    // A Mac shows no title, but a message.
    ...{ title, message: title },
    ...(choose !== null && { buttonLabel: choose }),
    ...(defaultPath !== undefined && { defaultPath }),
  };
}

/** The folder to begin in next time. */
export function folderOf(what: ChosenThing, path: string): string {
  return looks[what].properties?.includes('openDirectory') === true ? path : dirname(path);
}

/** Electron's dialog, for the window that asks. */
export type ShowOpenDialog = (
  options: OpenDialogOptions,
) => Promise<{ readonly canceled: boolean; readonly filePaths: readonly string[] }>;

export interface Folders {
  last(what: string): string | undefined;
  remember(what: string, folder: string): void;
}

/** @returns absolute paths; none if it was cancelled */
export async function choose(
  choice: Choice,
  { show, folders }: { readonly show: ShowOpenDialog; readonly folders: Folders },
): Promise<string[]> {
  const { canceled, filePaths } = await show(openDialogOptions(choice, folders.last(choice.what)));
  const [first] = filePaths;
  if (canceled || first === undefined) return [];
  folders.remember(choice.what, folderOf(choice.what, first));
  return [...filePaths];
}

/** Whether what is chosen is opened, and so joins the recent files. */
export function isOpening(what: ChosenThing): boolean {
  return what === 'files' || what === 'pictures' || what === 'photo';
}
