/**
 * What electron-builder takes for an unpacked Electron, without Electron: a program of this system with a fuse wire as
 * the real one carries it, and the files around it that a package keeps or throws away.
 */
import { copyFile, appendFile, mkdir, realpath, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { FuseV1Options } from '@electron/fuses';

const SENTINEL = 'dL7pKGdnNz796PbbjQWNKmHXBZaB9tsX';
/** As Electron comes: by the fuses' numbers, '1' on and '0' off. */
const asItComes = '101100011';

/** @returns the folder to give as electronDist, made in `folder` */
export async function placeholderRuntime(folder: string): Promise<string> {
  const fuseCount = Object.values(FuseV1Options).filter((value) => typeof value === 'number').length;
  if (fuseCount !== asItComes.length) throw new Error(`There are ${fuseCount} fuses now.`);
  const dist = join(folder, 'electron-dist');
  await mkdir(join(dist, 'resources'), { recursive: true });
  await mkdir(join(dist, 'locales'));
  await copyFile(await realpath('/bin/true'), join(dist, 'electron'));
  await appendFile(
    join(dist, 'electron'),
    Buffer.concat([
      Buffer.from(SENTINEL),
      Uint8Array.of(1, asItComes.length),
      Buffer.from(asItComes),
      new Uint8Array(64),
    ]),
  );
  const files = {
    LICENSE: 'Electron',
    'LICENSES.chromium.html': 'Chromium',
    version: '45.5.0',
    'locales/en-US.pak': '',
  };
  for (const [name, text] of Object.entries(files)) await writeFile(join(dist, name), text);
  return dist;
}
