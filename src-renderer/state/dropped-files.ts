/** What a drop, a paste or a file input brings, sorted into loose files and folders with all that is in them. */
import { pathOfFile } from '../lib/desktop-bridge.ts';
import type { NamedFile } from '../lib/uploads.ts';

/** Something that the desktop knows by its path, and a browser by its bytes. */
export interface DroppedFile {
  readonly name: string;
  readonly path: string | null;
  /** null for what was chosen by its path alone. */
  readonly file: Blob | null;
}

export interface Dropped {
  readonly files: readonly DroppedFile[];
  readonly folders: readonly {
    readonly name: string;
    readonly path: string | null;
    /** None where the path says it all. */
    readonly files: readonly NamedFile[];
  }[];
}

/** To be called in the event itself: the browser forgets the items afterwards. */
export function readTransfer(transfer: DataTransfer): Promise<Dropped> {
  const entries = [...transfer.items]
    .filter(({ kind }) => kind === 'file')
    .map((item) => ({ entry: item.webkitGetAsEntry(), file: item.getAsFile() }));
  return (async () => {
    const files: DroppedFile[] = [];
    const folders: Dropped['folders'][number][] = [];
    for (const { entry, file } of entries) {
      const path = file === null ? null : pathOfFile(file);
      if (entry?.isDirectory === true) {
        const inside = path === null ? await filesOf(entry) : [];
        folders.push({ name: entry.name, path, files: inside });
      } else if (file !== null) files.push({ name: file.name, path, file });
      else if (entry !== null) {
        const read = await fileOf(entry as FileSystemFileEntry);
        files.push({ name: entry.name, path: null, file: read });
      }
    }
    return { files, folders };
  })();
}

/** Files and folders of this machine: what they are, the application says. */
export function localFiles(paths: readonly string[]): Dropped {
  return { files: paths.map((path) => ({ name: lastPart(path), path, file: null })), folders: [] };
}

/** What a path is called. */
export function lastPart(path: string): string {
  return path.split(/[\\/]/).findLast((part) => part !== '') ?? path;
}

/** Of `<input type="file">`, with `webkitdirectory` or without. */
export function readInput(list: FileList): Dropped {
  const files: DroppedFile[] = [];
  const folders = new Map<string, NamedFile[]>();
  for (const file of list) {
    const [folder = '', ...rest] = file.webkitRelativePath.split('/');
    if (rest.length === 0) files.push({ name: file.name, path: pathOfFile(file), file });
    else {
      const inside = folders.get(folder) ?? [];
      inside.push({ name: rest.join('/'), file });
      folders.set(folder, inside);
    }
  }
  return { files, folders: [...folders].map(([name, inside]) => ({ name, path: null, files: inside })) };
}

async function filesOf(folder: FileSystemEntry, path = ''): Promise<NamedFile[]> {
  const found: NamedFile[] = [];
  for (const entry of await entriesOf(folder as FileSystemDirectoryEntry)) {
    const name = path === '' ? entry.name : `${path}/${entry.name}`;
    if (entry.isDirectory) found.push(...(await filesOf(entry, name)));
    else found.push({ name, file: await fileOf(entry as FileSystemFileEntry) });
  }
  return found;
}

async function entriesOf(folder: FileSystemDirectoryEntry): Promise<FileSystemEntry[]> {
  const reader = folder.createReader();
  const entries: FileSystemEntry[] = [];
  // A reader gives a hundred at a time, and none when it is done.
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) =>
      reader.readEntries(resolve, reject),
    );
    if (some.length === 0) return entries;
    entries.push(...some);
  }
}

function fileOf(entry: FileSystemFileEntry): Promise<File> {
  return new Promise((resolve, reject) => entry.file(resolve, reject));
}
