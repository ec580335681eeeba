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
 * The program never looks for updates: this is what its menu says instead of a page to look at.
 * @param hasPage whether there is a page, that could not be opened
 */
export function noUpdatesWords({ version }: Pick<Manifest, 'version'>, hasPage: boolean): string {
  const why = hasPage
    ? 'The page of its releases could not be opened.'
    : 'This build knows no page where newer versions are shown.';
  return `This is Morphogen ${version}, which never looks for newer ones by itself. ${why} The version is also shown in Settings.`;
}
