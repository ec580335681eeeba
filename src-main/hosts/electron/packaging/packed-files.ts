/** What a package holds beside Electron: the archive's files, what lies unpacked beside it, and the resources. */
import { readdirSync, statSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { getRawHeader } from '@electron/asar';

export interface PackedFile {
  /** With slashes: within the archive, or from `resources/` on. */
  readonly path: string;
  readonly size: number;
  readonly isIn: 'archive' | 'unpacked' | 'resources';
}

/** What must not be missing: what runs, what it loads, what it shows, and the terms that all of it came under. */
export const neededFiles: readonly RegExp[] = [
  /^package\.json$/,
  /^dist\/main\/(main|engine|kernel-thread)\.js$/,
  /^dist\/main\/preload\.cjs$/,
  /^dist\/main\/gpu-preload\.cjs$/,
  /^dist\/main\/kernels\/(relaxed|simd)\.wasm$/,
  /^dist\/renderer\/index\.html$/,
  /^dist\/renderer\/gpu-engine\.html$/,
  /^dist\/renderer\/assets\/worker-[\w-]+\.js$/,
  /^node_modules\/better-sqlite3\/prebuilds\/[^/]+\.node$/,
  /^node_modules\/@img\/sharp-[^/]+\/lib\/.*\.(node|wasm)$/,
  /^models\/digits\.safetensors$/,
  /^assets\/samples\//,
  /^LICENSE\.txt$/,
  /^THIRD-PARTY-NOTICES\.txt$/,
];

const parts: readonly (readonly [string, RegExp])[] = [
  ['bundled models', /^models\//],
  ['images in and out (sharp)', /^node_modules\/(sharp|@img|@emnapi|tslib|detect-libc|semver)\//],
  ['engine and application', /^dist\/main\//],
  ['library (better-sqlite3)', /^node_modules\/better-sqlite3\//],
  ['sample pictures', /^assets\/samples\//],
  ['window', /^dist\/renderer\//],
  ['everything else', /^/],
];

/** @param resources the folder with app.asar */
export function packedFiles(resources: string): PackedFile[] {
  const archive = join(resources, 'app.asar');
  const files: PackedFile[] = [];
  type Entry = { files?: Record<string, Entry>; size?: number; unpacked?: boolean };
  const walk = (entry: Entry, path: string): void => {
    for (const [name, child] of Object.entries(entry.files ?? {})) {
      const at = path === '' ? name : `${path}/${name}`;
      if (child.files !== undefined) walk(child, at);
      else
        files.push({
          path: at,
          size: child.size ?? 0,
          isIn: child.unpacked === true ? 'unpacked' : 'archive',
        });
    }
  };
  walk(getRawHeader(archive).header, '');
  for (const entry of readdirSync(resources, { recursive: true, withFileTypes: true })) {
    const full = join(entry.parentPath, entry.name);
    const path = relative(resources, full).split(sep).join('/');
    if (!entry.isFile() || /^(app\.asar$|app\.asar\.unpacked\/|default_app)/.test(path)) continue;
    // macOS keeps Electron's own words for its menus there.
    if (/^[^/]*\.lproj\//.test(path) || /^(electron\.icns|icon\.icns|LICENSE.*electron)/i.test(path))
      continue;
    files.push({ path, size: statSync(full).size, isIn: 'resources' });
  }
  return files;
}

/** @returns a line a part, largest first, and the sum */
export function sizesByPart(files: readonly PackedFile[]): { part: string; files: number; bytes: number }[] {
  const rows = parts.map(([part]) => ({ part, files: 0, bytes: 0 }));
  for (const { path, size } of files) {
    const row = rows[parts.findIndex(([, pattern]) => pattern.test(path))];
    row.files++;
    row.bytes += size;
  }
  rows.sort((a, b) => b.bytes - a.bytes);
  const all = { part: 'without Electron', files: 0, bytes: 0 };
  for (const row of rows) {
    all.files += row.files;
    all.bytes += row.bytes;
  }
  return [...rows, all];
}

export function sizeTable(files: readonly PackedFile[]): string {
  return sizesByPart(files)
    .map(
      ({ part, files: count, bytes }) =>
        `${part.padEnd(28)}${(bytes / 1e6).toFixed(2).padStart(8)} MB${String(count).padStart(6)} files\n`,
    )
    .join('');
}
