/**
 * Where the program's own files lie: sources beside each other here, bundles beside each other in dist/main, and what comes
 * with a package in its folder of resources. (`new URL` with a file beside this one is what the bundler looks for.)
 */
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { app } from 'electron';
import { engineEntry } from '#hosts/engine/supervision/engine-child.ts';

export interface ProgramFiles {
  /** The page's build. */
  readonly renderer: string;
  readonly preload: string;
  /** Of the page that nobody sees. */
  readonly gpuPreload: string;
  /** What the engine processes run. */
  readonly engineEntry: string;
  readonly assets: string;
  readonly models: string;
  /** A PNG. */
  readonly icon: string;
  /** A text with the terms of everything. */
  readonly licences: string;
}

export function programFiles(): ProgramFiles {
  const root = fileURLToPath(new URL('../../../', import.meta.url));
  const resources = app.isPackaged ? process.resourcesPath : root;
  return {
    renderer: join(root, 'dist/renderer'),
    preload: fileURLToPath(new URL('./preload.ts', import.meta.url)),
    gpuPreload: fileURLToPath(new URL('./gpu-preload.ts', import.meta.url)),
    engineEntry,
    assets: join(resources, 'assets'),
    models: join(resources, 'models'),
    icon: join(resources, 'assets/desktop/icons/256x256.png'),
    licences: app.isPackaged ? join(resources, 'THIRD-PARTY-NOTICES.txt') : join(root, 'LICENSE'),
  };
}
