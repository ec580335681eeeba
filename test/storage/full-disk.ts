/** A file system that is the real one until a disk of so many bytes is full, or until it is told to fail. */
import * as nodeFs from 'node:fs/promises';
import type { FileSystem } from '#storage/atomic-file.ts';

/** Every write past `room` bytes, counted over all files, fails as on a full disk. */
export function fullDisk(room: number): FileSystem {
  let left = room;
  return {
    ...nodeFs,
    open: async (...parameters: Parameters<typeof nodeFs.open>) => {
      const file = await nodeFs.open(...parameters);
      const write = file.write.bind(file) as (
        data: Uint8Array,
        at: number,
        length: number,
        position?: number,
      ) => Promise<unknown>;
      const limited = async (
        data: Uint8Array,
        at: number,
        length: number,
        position?: number,
      ): Promise<unknown> => {
        if (left <= 0) throw failure('ENOSPC', 'no space left on device');
        const part = Math.min(length, left);
        left -= part;
        return write(data, at, part, position);
      };
      Object.assign(file, { write: limited });
      return file;
    },
  };
}

export function failure(code: string, message: string): Error {
  return Object.assign(new Error(`${code}: ${message}, write`), { code });
}
