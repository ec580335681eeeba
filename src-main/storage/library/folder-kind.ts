/**
 * Whether a folder is a bad place for a database: on a network drive, where locks and shared memory cannot be relied
 * on, or in a folder that a program copies elsewhere while it is in use. There the library does without a WAL.
 */
import { realpath, statfs } from 'node:fs/promises';

/** Magic numbers of Linux's statfs(2). */
const NETWORK_TYPES = new Map([
  [0x6969, 'NFS'],
  [0x517b, 'SMB'],
  [0xfe534d42, 'SMB'],
  [0xff534d42, 'SMB'],
  [0x65735546, 'FUSE'],
  [0x01021997, '9P'],
  [0x5346414f, 'AFS'],
  [0x00c36400, 'Ceph'],
]);

const SYNCED =
  /^(dropbox|onedrive|icloud ?drive|mobile documents|cloudstorage|google ?drive|my drive|nextcloud|owncloud|box(?: sync)?|mega|pcloud ?drive|syncthing|sync)(?: - .*| \(.*\))?$/i;

export type FolderKind =
  | { readonly kind: 'local' }
  | { readonly kind: 'network' | 'synced'; /** What it is, e.g. "NFS", "Dropbox". */ readonly name: string };

/** @param typeOf The number that the operating system has for the folder's file system; handed in by tests. */
export async function folderKind(
  folder: string,
  typeOf: (path: string) => Promise<number> = async (path) => (await statfs(path)).type,
): Promise<FolderKind> {
  const path = await realpath(folder);
  if (process.platform === 'win32' && /^\\\\[^.?]/.test(path)) return { kind: 'network', name: 'SMB' };
  if (process.platform === 'linux') {
    const name = NETWORK_TYPES.get((await typeOf(path)) >>> 0);
    if (name !== undefined) return { kind: 'network', name };
  }
  const synced = path.split(/[\\/]/).find((part) => SYNCED.test(part));
  return synced === undefined ? { kind: 'local' } : { kind: 'synced', name: synced };
}

/** A sentence for the user; null where there is nothing to say. */
export function folderNotice(folder: string, found: FolderKind): string | null {
  switch (found.kind) {
    case 'local':
      return null;
    case 'network':
      return `The data folder ${folder} is on a network drive (${found.name}): use it from one computer at a time, or choose a folder on this computer's own disk.`;
    case 'synced':
      return `The data folder ${folder} is in a folder that is synced (${found.name}), which can damage a library in use: choose a folder outside it, and sync backups instead.`;
    default:
      return found satisfies never;
  }
}
