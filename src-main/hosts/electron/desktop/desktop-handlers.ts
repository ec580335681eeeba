/** Answers what a window asks of the desktop (`contract/desktop-contract.ts`). */
import {
  dialog,
  nativeImage,
  shell,
  type BrowserWindow,
  type NativeImage,
  type OpenDialogOptions,
} from 'electron';
import type { DesktopContract } from '#contract/desktop-contract.ts';
import type { Result } from '#contract/contract.ts';
import type { Handlers } from '#contract/rpc.ts';
import type { ItemRef } from '#contract/shapes/library.ts';
import { AppError } from '#domain/errors.ts';
import type { Service } from '#hosts/service/service.ts';
import type { ApplicationMenu } from './application-menu.ts';
import { choose, isOpening, type Folders, type ShowOpenDialog } from './choosing.ts';
import type { DragOut } from './drag-out.ts';
import type { OpenedFiles } from './opened-files.ts';

export interface HandlersSetup {
  readonly service: Pick<Service, 'handlers' | 'picture' | 'queue'>;
  readonly window: () => BrowserWindow | null;
  readonly opened: OpenedFiles;
  readonly folders: Folders;
  readonly drag: DragOut;
  readonly menu: ApplicationMenu;
  readonly about: Result<DesktopContract, 'desktop.about'>;
  readonly dataFolder: string;
  readonly licences: string;
  readonly icon: string;
  /** By the system's own program for it. */
  readonly openPath: (path: string) => void;
}

/** Points of what is dragged, under the pointer. */
const dragIconHeight = 72;

export function desktopHandlers(setup: HandlersSetup): Handlers<DesktopContract> {
  const { service, window, opened, folders, drag, menu, openPath } = setup;

  async function iconOf(item: ItemRef): Promise<NativeImage> {
    const context = { signal: new AbortController().signal, progress: () => Promise.resolve() };
    const { picture } = await service.handlers['gallery.detail'](item, context);
    const png = service.picture(picture);
    const own = png === null ? nativeImage.createEmpty() : nativeImage.createFromBuffer(Buffer.from(png));
    // A Mac refuses to drag an empty one.
    return (own.isEmpty() ? nativeImage.createFromPath(setup.icon) : own).resize({ height: dragIconHeight });
  }

  return {
    'desktop.about': () => setup.about,
    'desktop.setCommands'({ commands }) {
      menu.setCommands(commands);
      return {};
    },
    'desktop.takeOpened'() {
      const paths = opened.take();
      menu.noteRecent(paths);
      return { paths };
    },
    async 'desktop.choose'(choice) {
      const parent = window();
      const show = (options: OpenDialogOptions): ReturnType<ShowOpenDialog> =>
        parent === null ? dialog.showOpenDialog(options) : dialog.showOpenDialog(parent, options);
      const paths = await choose(choice, { show, folders });
      if (isOpening(choice.what)) menu.noteRecent(paths);
      return { paths };
    },
    'desktop.noteRecent'({ paths }) {
      menu.noteRecent(paths);
      return {};
    },
    'desktop.showDataFolder'() {
      openPath(setup.dataFolder);
      return {};
    },
    'desktop.showLicences'() {
      openPath(setup.licences);
      return {};
    },
    'desktop.showExport'({ jobId }) {
      const path = service.queue.list().find(({ id }) => id === jobId)?.path;
      if (typeof path !== 'string')
        throw new AppError('not-found', 'This job has put no files into a folder.');
      shell.showItemInFolder(path);
      return {};
    },
    async 'desktop.drag'({ items, as }, { signal }) {
      const [files, icon] = await Promise.all([drag.make(items, as, signal), iconOf(items[0])]);
      const contents = window()?.webContents;
      const [first] = files;
      if (signal.aborted || contents === undefined || first === undefined) return { isDragged: false };
      contents.startDrag({ file: first, files, icon });
      return { isDragged: true };
    },
    'desktop.editText'({ action }) {
      window()?.webContents[action]();
      return {};
    },
  };
}
