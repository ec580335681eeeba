/**
 * The licences of everything in the package that others wrote, Electron's own apart, which it brings itself: of what
 * is in the bundles of the processes, of what lies beside them, and of what the window's build may have taken.
 */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly license?: string;
  readonly homepage?: string;
  readonly author?: string | { readonly name: string };
  readonly dependencies?: Readonly<Record<string, string>>;
}

/** What the window and the worker of its graphics processor import by name; what these need comes along. */
const windowPackages = [
  ...['svelte', 'bits-ui', 'virtua', 'uplot', '@lucide/svelte', 'zod', 'mediabunny'],
  ...['core', 'backend-cpu', 'backend-webgpu'].map((name) => `@tensorflow/tfjs-${name}`),
];
/** What electron-builder.yml takes as it is. */
const besides = ['better-sqlite3', 'sharp', '@img/colour', 'detect-libc', 'semver'];
const ofWasm = ['@img/sharp-wasm32', '@emnapi/runtime', 'tslib'];
/** Native code in these is of several projects, whose terms their README lists. */
const withReadme = /^@img\/sharp-/;

/**
 * @param root with node_modules
 * @param bundled folders of the packages in the bundles
 * @param platform that the package is for, as Node names it
 */
export function thirdPartyNotices(root: string, bundled: Iterable<string>, platform: string): string {
  const ofSharp =
    platform === 'linux'
      ? ofWasm
      : readdirSync(join(root, 'node_modules/@img'))
          .map((name) => `@img/${name}`)
          .filter((name) => withReadme.test(name) && name.includes(platform));
  const folders = new Set(bundled);
  for (const name of [...besides, ...ofSharp]) folders.add(join(root, 'node_modules', name));
  for (const name of windowPackages) addWithNeeds(root, name, folders);
  const notices = new Map<string, string>();
  for (const folder of folders) {
    const manifest = readManifest(folder);
    if (manifest !== undefined) notices.set(`${manifest.name} ${manifest.version}`, notice(folder, manifest));
  }
  const sorted = [...notices].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, text]) => text);
  return [
    `${sorted.length} packages by others are part of Morphogen. Electron's and Chromium's own terms lie beside the program.\n`,
    ...sorted,
    `${'='.repeat(80)}\nThe texts for packages that come without one\n`,
    readFileSync(join(root, 'LICENSE'), 'utf8').replace(/^Copyright.*\n+/m, ''),
    readFileSync(join(root, 'node_modules/sharp/LICENSE'), 'utf8'),
  ].join('\n');
}

function addWithNeeds(root: string, name: string, folders: Set<string>): void {
  const folder = join(root, 'node_modules', name);
  const manifest = readManifest(folder);
  if (manifest === undefined || folders.has(folder)) return;
  folders.add(folder);
  for (const need of Object.keys(manifest.dependencies ?? {})) addWithNeeds(root, need, folders);
}

function notice(folder: string, manifest: Manifest): string {
  const { name, version, homepage, author } = manifest;
  const wanted = withReadme.test(name)
    ? /^(licen[cs]e|notice|copying|readme)/i
    : /^(licen[cs]e|notice|copying)/i;
  const texts = readdirSync(folder)
    .filter((file) => wanted.test(file) && !file.endsWith('.ts'))
    .sort()
    .map((file) => readFileSync(join(folder, file), 'utf8').trim());
  const isMit = texts.some((text) => text.includes('Permission is hereby granted, free of charge'));
  const license = manifest.license ?? (isMit ? 'MIT' : 'see below');
  if (texts.length === 0) {
    const by = typeof author === 'string' ? author : author?.name;
    texts.push(
      `Copyright its authors${by === undefined ? '' : `, ${by}`}. Its terms are at the end of this file.`,
    );
  }
  return `${'='.repeat(80)}\n${name} ${version}: ${license}\n${homepage ?? ''}\n\n${texts.join('\n\n')}\n`;
}

function readManifest(folder: string): Manifest | undefined {
  const file = join(folder, 'package.json');
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Manifest) : undefined;
}
