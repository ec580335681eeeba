/** Folders of this machine, one level at a time, for choosing one; what may not be read is shown as empty. */
import { readdir, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import type { AppContract } from '#contract/app-contract.ts';
import type { Result } from '#contract/contract.ts';

type Folders = Result<AppContract, 'folders.list'>;
type Named = Folders['folders'][number];

const MAX_FILES = 500;
const USEFUL = /\.(png|jpe?g|webp|gif|avif|tiff?|svg|bmp|safetensors|idx3-ubyte|gz)$/i;
const SYSTEM =
  /^(\$recycle\.bin|system volume information|recovery|perflogs|lost\+found|node_modules|__macosx)$/i;
const systemRoots = new Set(['/proc', '/sys', '/dev', '/run']);
const places = ['Pictures', 'Downloads', 'Desktop'];

/** @param path null is the home folder */
export async function listFolders(path: string | null, home: string = homedir()): Promise<Folders> {
  const folder = resolve(path ?? home);
  const parent = dirname(folder);
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  const folders: Named[] = [];
  const files: Named[] = [];
  for (const entry of entries) {
    const { name } = entry;
    const whole = join(folder, name);
    if (name.startsWith('.') || SYSTEM.test(name) || systemRoots.has(whole)) continue;
    // A link to a folder is one for people; what it leads to is looked at when it is chosen.
    const isFolder = entry.isDirectory() || (entry.isSymbolicLink() && (await isFolderAt(whole)));
    if (isFolder) folders.push({ name, path: whole });
    else if (entry.isFile() && USEFUL.test(name) && files.length < MAX_FILES)
      files.push({ name, path: whole });
  }
  return {
    path: folder,
    parent: parent === folder ? null : parent,
    folders: folders.sort(byName),
    files: files.sort(byName),
    places: await placesOf(home),
  };
}

async function placesOf(home: string): Promise<Named[]> {
  const found: Named[] = [{ name: basename(home) || 'Home', path: home }];
  for (const name of places) {
    const path = join(home, name);
    if (await isFolderAt(path)) found.push({ name, path });
  }
  return found;
}

function isFolderAt(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

const collator = new Intl.Collator('en', { numeric: true });

function byName(a: Named, b: Named): number {
  return collator.compare(a.name, b.name);
}
