/**
 * Bundles the desktop's processes to JavaScript in dist/main, one file each: Electron's Node is not asked to strip
 * types, and the package needs no sources. Native modules stay outside. Where sources name a module beside them
 * (`new URL('./kernel-thread.ts', import.meta.url)`), that is bundled, too, and the bundle names it where it lies then; any
 * other file that is in no table below is an error here, not a surprise in the package.
 */
import { cp, mkdir, rename, rm } from 'node:fs/promises';
import { dirname, join, posix, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, type Plugin } from 'vite';

export const root = resolve(dirname(fileURLToPath(import.meta.url)), '../../../..');
const output = join(root, 'dist/main');
/** Until all of it is there, so that nobody finds half of it. */
const unfinished = `${output}.part`;
const sharpInElectron = join(root, 'src-main/hosts/electron/packaging/sharp-in-electron.ts');
const kernels = 'src-main/engine/kernels/wasm/build';

/** What comes with Electron, or loads native code by itself; sharp is one, too, by the module above. */
const outside = ['electron', 'better-sqlite3'];

/** Where it all begins. A sandboxed preload can only be CommonJS. */
const entries: readonly (readonly [source: string, file: string])[] = [
  ['src-main/hosts/electron/main.ts', 'main.js'],
  ['src-main/hosts/electron/preload.ts', 'preload.cjs'],
  ['src-main/hosts/electron/gpu-preload.ts', 'gpu-preload.cjs'],
  ['src-main/hosts/engine/process/main.ts', 'engine.js'],
];

/** What sources name that is no module: the root, which is two folders up from dist/main, and the compiled kernels. */
const places = new Map([
  ['', '../../'],
  [`${kernels}/`, './kernels/'],
]);

/**
 * @returns the folders under node_modules of which something is in the bundles
 * @throws Error naming a file that is neither a module nor in the table, or what Rolldown cannot resolve
 */
export async function bundleMain(): Promise<Set<string>> {
  const packages = new Set<string>();
  await rm(unfinished, { recursive: true, force: true });
  await mkdir(join(unfinished, 'kernels'), { recursive: true });
  for (const name of ['relaxed.wasm', 'simd.wasm'])
    await cp(join(root, kernels, name), join(unfinished, 'kernels', name));
  // Grows while it is gone through: a thread may begin threads.
  const files = new Map(entries);
  for (const [source, file] of files) await bundle(source, file, files, packages);
  await rm(output, { recursive: true, force: true });
  await rename(unfinished, output);
  return packages;
}

async function bundle(
  source: string,
  file: string,
  files: Map<string, string>,
  packages: Set<string>,
): Promise<void> {
  await build({
    root,
    configFile: false,
    publicDir: false,
    logLevel: 'warn',
    ssr: { noExternal: true, external: outside },
    resolve: { alias: [{ find: /^sharp$/, replacement: sharpInElectron }] },
    plugins: [placesOfBundles(files), noting(packages)],
    build: {
      ssr: join(root, source),
      outDir: unfinished,
      emptyOutDir: false,
      target: 'node24',
      minify: false,
      reportCompressedSize: false,
      rolldownOptions: {
        output: {
          format: file.endsWith('.cjs') ? 'cjs' : 'es',
          entryFileNames: file,
          codeSplitting: false,
          comments: false,
        },
        // Of the outside packages only what is used is imported.
        treeshake: { moduleSideEffects: 'no-external' },
      },
    },
  });
}

/** Writes where the bundle of a named file lies; one that is named for the first time is added to `files`. */
function placesOfBundles(files: Map<string, string>): Plugin {
  const placeOf = (named: string): string => {
    const place = places.get(named);
    if (place !== undefined) return place;
    const file = files.get(named) ?? posix.basename(named).replace(/\.ts$/, '.js');
    const isTaken = [...files].some(([source, other]) => source !== named && other === file);
    if (!named.endsWith('.ts') || isTaken)
      throw new Error(`${named} is named by its place, and has none among the bundles (bundle-main.ts).`);
    files.set(named, file);
    return `./${file}`;
  };
  return {
    name: 'places-of-bundles',
    transform(code, id) {
      if (!id.startsWith(join(root, 'src-main'))) return null;
      const folder = posix.dirname(relative(root, id).split(sep).join('/'));
      return code.replace(
        /new URL\(\s*(['"])([^'"]*)\1,\s*import\.meta\.url,?\s*\)/g,
        (_, __, target: string) => {
          const named = posix.join(folder, target).replace(/^\.\/?$/, '');
          return `new URL('${placeOf(named)}', import.meta.url)`;
        },
      );
    },
  };
}

/** Adds the folders of the packages whose modules are in what is written. */
function noting(packages: Set<string>): Plugin {
  return {
    name: 'noting',
    generateBundle(_, written) {
      for (const chunk of Object.values(written)) {
        if (chunk.type !== 'chunk') continue;
        for (const id of chunk.moduleIds) {
          const [folder] = /^.*node_modules[\\/](?:@[^\\/]+[\\/])?[^\\/]+/.exec(id) ?? [];
          if (folder !== undefined) packages.add(folder.replace(/^\0/, ''));
        }
      }
    },
  };
}
