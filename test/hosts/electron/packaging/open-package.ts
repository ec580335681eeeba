/**
 * A package laid out for Node, which reads no archives: what app.asar holds as a folder, and in the place of each unpacked
 * file a link to where it lies, as Electron goes there. So native code is loaded from where the package has it.
 */
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { extractFile } from '@electron/asar';
import { packedFiles } from '#hosts/electron/packaging/packed-files.ts';

/** @returns the folder in the place of app.asar, made in `folder` */
export async function openPackage(resources: string, folder: string): Promise<string> {
  const archive = join(resources, 'app.asar');
  const opened = join(folder, 'opened');
  for (const { path, isIn } of packedFiles(resources)) {
    if (isIn === 'resources') continue;
    const target = join(opened, path);
    await mkdir(dirname(target), { recursive: true });
    if (isIn === 'unpacked') await symlink(join(resources, 'app.asar.unpacked', path), target);
    else await writeFile(target, extractFile(archive, path));
  }
  return opened;
}
