/** Items dragged out of the window as files: each is made under its own name, in a folder that is swept at every start. */
import { randomUUID } from 'node:crypto';
import { copyFile, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { exportOptions } from '#contract/shapes/export.ts';
import type { ItemRef } from '#contract/shapes/library.ts';
import { AppError } from '#domain/errors.ts';
import type { Download, Service } from '#hosts/service/service.ts';

export interface DragSetup {
  readonly service: Pick<Service, 'download'> & {
    readonly handlers: Pick<Service['handlers'], 'export.make' | 'export.forget'>;
  };
  readonly dataFolder: string;
}

export interface DragOut {
  /** Paths of the files, once they are whole. @throws AppError cancelled, not-found */
  make(items: readonly ItemRef[], as: 'file' | 'gif', signal: AbortSignal): Promise<string[]>;
  /** Removes what earlier drags made. */
  sweep(): Promise<void>;
}

export function createDragOut({ service, dataFolder }: DragSetup): DragOut {
  const root = join(dataFolder, 'dragged');

  async function put(folder: string, { fileName, body }: Download): Promise<string> {
    const path = join(folder, fileName);
    if (body instanceof Uint8Array) await writeFile(path, body, { flag: 'wx' });
    else await copyFile(body.path, path);
    return path;
  }

  /** With its recipe in it, so that it grows again where it is opened. */
  async function exported(
    folder: string,
    item: ItemRef,
    format: 'png' | 'gif',
    signal: AbortSignal,
  ): Promise<string> {
    const options = exportOptions.parse({ format });
    const context = { signal, progress: () => Promise.resolve() };
    const { exportId } = await service.handlers['export.make']({ item, options }, context);
    try {
      return await put(folder, await service.download('export', exportId));
    } finally {
      await service.handlers['export.forget']({ exportId }, context);
    }
  }

  return {
    async make(items, as, signal) {
      const paths: string[] = [];
      for (const item of items) {
        if (signal.aborted) throw new AppError('cancelled', 'The drag was given up.');
        // A folder each, so that items of one name do not meet.
        const folder = join(root, randomUUID());
        await mkdir(folder, { recursive: true });
        if (as === 'gif') paths.push(await exported(folder, item, 'gif', signal));
        else if (item.kind === 'artwork') paths.push(await exported(folder, item, 'png', signal));
        else paths.push(await put(folder, await service.download(item.kind, item.id)));
      }
      return paths;
    },
    sweep: () => rm(root, { recursive: true, force: true }),
  };
}
