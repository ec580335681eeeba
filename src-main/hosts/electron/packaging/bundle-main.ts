/**
 * Bundles the desktop's processes to JavaScript in dist/main, one file each: Electron's Node is not asked to strip
 * types, and the package needs no sources. Native modules stay outside. Where sources name a file beside them
 * (`new URL('./kernel-thread.ts', import.meta.url)`), the bundle names that file's bundle; a file that is in neither
 * table below is an error here, not a surprise in the package.
 */
import { cp, mkdir, rm } from 'node:fs/promises';
import { dirname, join, posix, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, type Plugin } from 'vite';

export const root = resolve(dirname(fileURLToPath(import.meta.url)), '../../../..');
const output = join(root, 'dist/main');
const sharpInElectron = join(root, 'src-main/hosts/electron/packaging/sharp-in-electron.ts');
const kernels = 'src-main/engine/kernels/wasm/build';

/** What comes with Electron, or loads native code by itself; sharp is one, too, by the module above. */
const outside = ['electron', 'better-sqlite3'];

/** A sandboxed preload can only be CommonJS. */
const bundles: readonly { readonly source: string; readonly file: string }[] = [
  { source: 'src-main/hosts/electron/main.ts', file: 'main.js' },
  { source: 'src-main/hosts/electron/preload.ts', file: 'preload.cjs' },
  { source: 'src-main/hosts/engine/process/main.ts', file: 'engine.js' },
  { source: 'src-main/hosts/engine/kernel-thread.ts', file: 'kernel-thread.js' },
];

/** From the root to dist/main, as sources and bundles name them; the root itself is two folders up from there. */
const places = new Map([
  ...bundles.map(({ source, file }): [string, string] => [source, `./${file}`]),
  [`${kernels}/`, './kernels/'],
  ['', '../../'],
]);

/**
 * @returns the folders under node_modules of which something is in the bundles
 * @throws Error naming the file that is in no table, or what Rolldown cannot resolve
 */
export async function bundleMain(): Promise<Set<string>> {
  const packages = new Set<string>();
  await rm(output, { recursive: true, force: true });
  await mkdir(join(output, 'kernels'), { recursive: true });
  for (const name of ['relaxed.wasm', 'simd.wasm'])
    await cp(join(root, kernels, name), join(output, 'kernels', name));
  for (const { source, file } of bundles) await bundle(source, file, packages);
  return packages;
}

async function bundle(source: string, file: string, packages: Set<string>): Promise<void> {
  await build({
    root,
    configFile: false,
    publicDir: false,
    logLevel: 'warn',
    ssr: { noExternal: true, external: outside },
    resolve: { alias: [{ find: /^sharp$/, replacement: sharpInElectron }] },
    plugins: [placesOfBundles(), noting(packages)],
    build: {
      ssr: join(root, source),
      outDir: output,
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

function placesOfBundles(): Plugin {
  return {
    name: 'places-of-bundles',
    transform(code, id) {
      if (!id.startsWith(join(root, 'src-main'))) return null;
      return code.replace(
        /new URL\(\s*(['"])([^'"]*)\1,\s*import\.meta\.url,?\s*\)/g,
        (_, __, target: string) => {
          const named = posix.join(posix.dirname(relative(root, id).split(sep).join('/')), target);
          const place = places.get(named === './' || named === '.' ? '' : named);
          if (place === undefined)
            throw new Error(
              `${id} names ${target}, of which ${import.meta.url} knows no place in the bundle.`,
            );
          return `new URL('${place}', import.meta.url)`;
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
