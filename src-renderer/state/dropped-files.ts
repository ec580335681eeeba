/** What a drop, a paste or a file input brings, sorted into loose files and folders with all that is in them. */
import type { NamedFile } from '../lib/uploads.ts';

export interface Dropped {
  readonly files: readonly NamedFile[];
  readonly folders: readonly { readonly name: string; readonly files: readonly NamedFile[] }[];
}

/** To be called in the event itself: the browser forgets the items afterwards. */
export function readTransfer(transfer: DataTransfer): Promise<Dropped> {
  const entries = [...transfer.items]
    .filter(({ kind }) => kind === 'file')
    .map((item) => item.webkitGetAsEntry() ?? item.getAsFile());
  return (async () => {
    const files: NamedFile[] = [];
    const folders: { name: string; files: NamedFile[] }[] = [];
    for (const entry of entries) {
      if (entry === null) continue;
      if (entry instanceof File) files.push({ name: entry.name, file: entry });
      else if (entry.isDirectory) folders.push({ name: entry.name, files: await filesOf(entry) });
      else files.push({ name: entry.name, file: await fileOf(entry as FileSystemFileEntry) });
    }
    return { files, folders };
  })();
}

/** Of `<input type="file">`, with `webkitdirectory` or without. */
export function readInput(list: FileList): Dropped {
  const files: NamedFile[] = [];
  const folders = new Map<string, NamedFile[]>();
  for (const file of list) {
    const [folder = '', ...rest] = file.webkitRelativePath.split('/');
    if (rest.length === 0) files.push({ name: file.name, file });
    else {
      const inside = folders.get(folder) ?? [];
      inside.push({ name: rest.join('/'), file });
      folders.set(folder, inside);
    }
  }
  return { files, folders: [...folders].map(([name, inside]) => ({ name, files: inside })) };
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
