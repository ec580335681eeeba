/** Who made the program, under which licence, and which version it is: from its package.json alone. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { AboutPanelOptionsOptions } from 'electron';

/** As electron-builder.yml has it: Windows shows notices only of programs whose shortcut bears the same. */
export const applicationId = 'app.morphogen.desktop';

export interface Manifest {
  readonly version: string;
  readonly author: string;
  readonly license: string;
  /** Where new versions are shown; null where none is known. */
  readonly releasesPage: string | null;
}

/** @param folder the program's own, with package.json */
export function readManifest(folder: string): Manifest {
  const given = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Readonly<
    Record<string, unknown>
  >;
  const text = (name: string): string => (typeof given[name] === 'string' ? given[name] : '');
  const { author } = given;
  const named = typeof author === 'object' && author !== null && 'name' in author ? author.name : author;
  return {
    ...{ version: text('version'), license: text('license') },
    author: typeof named === 'string' ? named : '',
    releasesPage: text('releasesPage') === '' ? null : text('releasesPage'),
  };
}

export function aboutPanel(
  { version, author, license }: Manifest,
  runtime: string,
  icon: string,
): AboutPanelOptionsOptions {
  return {
    applicationName: 'Morphogen',
    applicationVersion: version,
    version: runtime,
    copyright: `${author}. ${license} licence.`,
    credits: `${runtime}. Help ▸ Licences has the terms of all that it is made of.`,
    authors: [author],
    iconPath: icon,
  };
}

/** "Electron 45.5.0, Chromium 144.0.1, Node 24.21.0"; what is not there is left out. */
export function runtimeWords(versions: Readonly<Record<string, string | undefined>>): string {
  const parts = [
    ['Electron', versions['electron']],
    ['Chromium', versions['chrome']],
    ['Node', versions['node']],
  ];
  return parts
    .filter(([, version]) => version !== undefined)
    .map(([name, version]) => `${name} ${version}`)
    .join(', ');
}

/**
 * The program never looks for updates: at the user's wish it shows the page of its releases, where one is known.
 * @param open opens an address in the user's browser, if it is one of those that may be opened
 * @returns a sentence instead, or null where the page was opened
 */
export function showUpdates(
  { version, releasesPage }: Pick<Manifest, 'version' | 'releasesPage'>,
  open: (address: string) => boolean,
): string | null {
  if (releasesPage !== null && open(releasesPage)) return null;
  const why =
    releasesPage === null
      ? 'This build knows no page where newer versions are shown.'
      : 'The page of its releases is not one that may be opened.';
  return `This is Morphogen ${version}, which never looks for newer ones by itself. ${why} The version is also shown in Settings.`;
}
