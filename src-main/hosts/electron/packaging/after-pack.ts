/**
 * What electron-builder calls when the folder stands and before it is signed: everything needed is there, the fuses are
 * set and read back, and what it all weighs is printed.
 */
import { join } from 'node:path';
import process from 'node:process';
import type { AfterPackContext } from 'electron-builder';
import { fuses, readFuses, setFuses } from './fuses.ts';
import { neededFiles, packedFiles, sizeTable } from './packed-files.ts';

/** @throws Error naming what is missing, or the fuse that did not change */
export async function afterPack(context: AfterPackContext): Promise<void> {
  const { appOutDir, electronPlatformName: platform, packager } = context;
  const isMac = platform === 'darwin';
  const product = packager.appInfo.productFilename;
  const resources = isMac
    ? join(appOutDir, `${product}.app/Contents/Resources`)
    : join(appOutDir, 'resources');
  const files = packedFiles(resources);
  for (const pattern of neededFiles) {
    if (files.some(({ path }) => pattern.test(path))) continue;
    throw new Error(
      `The package lacks ${pattern.source}: native modules are installed for the system that npm runs on, ` +
        'so build each package on its own system, after `npm install`.',
    );
  }
  const names: Readonly<Record<string, string>> = { darwin: `${product}.app`, win32: `${product}.exe` };
  const binary = join(appOutDir, names[platform] ?? packager.config.linux?.executableName ?? product);
  // On macOS for ARM an app without any valid signature does not start, also where nobody signs it afterwards.
  await setFuses(binary, isMac && process.platform === 'darwin');
  const set = await readFuses(binary);
  for (const [name, state] of Object.entries(fuses)) {
    const found = set[name as keyof typeof fuses];
    if (found !== undefined && found !== null && found !== state)
      throw new Error(`The fuse ${name} of ${binary} is ${String(found)} and should be ${String(state)}.`);
  }
  process.stdout.write(`\n${sizeTable(files)}\n`);
}
