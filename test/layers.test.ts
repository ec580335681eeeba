/**
 * The rules between layers, read from the table of src-main/ARCHITECTURE.md; the closed root; the names of files.
 * A failure names the file, what it imports, and which layers it may import.
 */
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { basename, dirname, join, posix, relative, sep } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

interface Layer {
  readonly name: string;
  readonly layers: readonly string[];
  readonly packages: readonly string[];
}

const root = fileURLToPath(new URL('..', import.meta.url));
const generated = ['src-main/engine/kernels/wasm/build'];
const assembly = 'src-main/engine/kernels/wasm/assembly';

test('every import stays within the table of layers', () => {
  const layers = readTable();
  const wrong: string[] = [];
  for (const path of filesUnder('src-main').filter(isSource)) {
    const layer = layerOf(layers, path);
    if (layer === undefined) wrong.push(`${path} lies in no layer of the table: ${names(layers)}.`);
    else for (const target of importsOf(path)) wrong.push(...judge(layers, layer, path, target));
  }
  assert.deepEqual(wrong, []);
});

test('hosts import no other hosts than the engine and the service', () => {
  const layers = readTable();
  for (const layer of layers) {
    const hosts = layer.layers.filter((name) => name.startsWith('hosts/'));
    const shared = hosts.every((name) => name === 'hosts/engine' || name === 'hosts/service');
    assert.ok(shared && (hosts.length === 0 || layer.name.startsWith('hosts/')), layer.name);
  }
});

test('the judge refuses what the table does not allow', () => {
  const layers = readTable();
  const domain = layers.find(({ name }) => name === 'domain')!;
  const engine = layers.find(({ name }) => name === 'engine')!;
  const cases: [Layer, string, boolean][] = [
    [domain, './errors.ts', true],
    [domain, '#engine/tf.ts', false],
    [domain, 'node:fs', false],
    [domain, 'zod', false],
    [engine, '#domain/errors.ts', true],
    [engine, '@tensorflow/tfjs-core', true],
    [engine, '@tensorflow/tfjs-core/dist/ops.js', true],
    [engine, '#media/pixels.ts', false],
    [engine, '../domain/errors.ts', false],
    [engine, 'fs', false],
    [engine, '#test/fixture.ts', false],
  ];
  for (const [layer, target, isAllowed] of cases) {
    const verdict = judge(layers, layer, `src-main/${layer.name}/some-file.ts`, target);
    assert.equal(verdict.length === 0, isAllowed, `${layer.name} → ${target}: ${verdict.join(' ')}`);
  }
  assert.match(judge(layers, engine, 'src-main/engine/a.ts', '#media/b.ts')[0], /only.*domain/);
});

test('the window imports the contract, the domain, itself and its packages', () => {
  const wrong = filesUnder('src-renderer')
    .filter((path) => /\.(ts|svelte)$/.test(path) && path !== 'src-renderer/vite.config.ts')
    .flatMap((path) => importsOf(path).flatMap((target) => judgeWindow(path, target)));
  assert.deepEqual(wrong, []);
});

test('the judge of the window refuses hosts, Node, other layers, and Svelte in canvas/', () => {
  const cases: [string, string, boolean][] = [
    ['ui/Button.svelte', '@lucide/svelte/icons/x', true],
    ['state/router.svelte.ts', '../lib/client.ts', true],
    ['state/router.svelte.ts', '#contract/app-contract.ts', true],
    ['state/router.svelte.ts', '#app/jobs.ts', false],
    ['state/router.svelte.ts', '../../src-main/domain/errors.ts', false],
    ['state/router.svelte.ts', 'node:fs', false],
    ['state/router.svelte.ts', 'electron', false],
    ['canvas/stage.ts', './view.ts', true],
    ['canvas/stage.ts', 'svelte', false],
    ['canvas/stage.ts', '../state/router.svelte.ts', false],
    ['ui/Button.svelte', '../screens/Gallery/Gallery.svelte', false],
    ['lib/graphics-worker.ts', workerMessages, true],
    ['lib/graphics-worker.ts', '#hosts/graphics-page/handlers.ts', false],
    ['state/router.svelte.ts', workerMessages, false],
  ];
  for (const [path, target, isAllowed] of cases) {
    const verdict = judgeWindow(`src-renderer/${path}`, target);
    assert.equal(verdict.length === 0, isAllowed, `${path} → ${target}: ${verdict.join(' ')}`);
  }
});

test('files of the window are named: Component.svelte, thing.svelte.ts, thing.ts', () => {
  const wrong = filesUnder('src-renderer').filter((path) => {
    const name = basename(path);
    const known = ['vite.config.ts', 'tsconfig.json', 'index.html', 'gpu-engine.html'].includes(name);
    const folders = path.split('/').slice(1, -1);
    const screen = folders[0] === 'screens' ? folders.splice(1, 1) : [];
    return !(
      (known || /^([A-Z][A-Za-z0-9]*\.svelte|[a-z0-9]+(-[a-z0-9]+)*(\.svelte)?\.(ts|css))$/.test(name)) &&
      folders.every((folder) => /^[a-z0-9]+(-[a-z0-9]+)*$/.test(folder)) &&
      screen.every((folder) => /^[A-Z][A-Za-z0-9]*$/.test(folder))
    );
  });
  assert.deepEqual(wrong, []);
});

test('the root is closed', () => {
  const allowed = new Set([
    ...['package.json', 'package-lock.json', 'electron-builder.yml', 'README.md', 'LICENSE'],
    ...['src-main', 'src-renderer', 'assets', 'models', 'test'],
    ...['node_modules', 'out', 'dist'],
  ]);
  const strangers = readdirSync(root).filter((name) => !name.startsWith('.') && !allowed.has(name));
  assert.deepEqual(strangers, [], 'other configuration lives in package.json, in a layer, or under test/');
});

test('files are named in kebab-case, by an idea', () => {
  const wrong: string[] = [];
  for (const path of [...filesUnder('src-main'), ...filesUnder('test').filter(isSource)]) {
    const name = basename(path);
    const known = ['ARCHITECTURE.md', 'tsconfig.base.json', 'tsconfig.json', 'eslint.config.js'].includes(
      name,
    );
    if (!known && !/^[a-z0-9]+(-[a-z0-9]+)*(\.test|\.d)?\.(ts|mjs|css|html|sql|py|json)$/.test(name))
      wrong.push(path);
    const parts = path.split('/').map((part) => part.replace(/\..*$/, ''));
    if (parts.some((part) => /^(utils?|helpers?|common|misc)$/.test(part)))
      wrong.push(`${path}: name the idea`);
    if (parts.slice(0, -1).some((part) => !/^[a-z0-9]+(-[a-z0-9]+)*$/.test(part)))
      wrong.push(`${path}: folder`);
  }
  assert.deepEqual(wrong, []);
});

test('tests lie where their subjects lie', () => {
  const folders = new Set(filesUnder('src-main').map((path) => dirname(path).replace(/^src-main\/?/, '')));
  for (const path of filesUnder('src-renderer')) folders.add(dirname(path).replace(/^src-/, ''));
  const own = /^test\/(faults|e2e|bench|fixtures)\//;
  const wrong = filesUnder('test')
    .filter((path) => path.endsWith('.test.ts') && path !== 'test/layers.test.ts' && !own.test(path))
    .filter((path) => !folders.has(dirname(path).replace(/^test\/?/, '')));
  assert.deepEqual(wrong, [], 'a test repeats the path of what it tests');
});

test('every alias of package.json is a layer of the table', () => {
  const layers = readTable();
  const { imports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    imports: Record<string, string>;
  };
  for (const [alias, target] of Object.entries(imports)) {
    const name = alias.slice(1, -2);
    if (name === 'test') continue;
    assert.equal(target, `./src-main/${name}/*`);
    assert.ok(
      layers.some((layer) => layer.name.split('/')[0] === name),
      alias,
    );
  }
});

/** @returns a sentence for each thing that is wrong with importing `target` in the file `path` of `layer`. */
function judge(layers: readonly Layer[], layer: Layer, path: string, target: string): string[] {
  const may = `${layer.name} may import only the layers: ${layer.layers.join(', ') || 'none'}`;
  if (target.startsWith('.')) {
    const reached = posix.join(dirname(path), target);
    if (layerOf(layers, reached)?.name === layer.name) return [];
    return [`${path} reaches out of its layer by a relative path, ${target}: use an alias; ${may}.`];
  }
  if (target.startsWith('#')) {
    const reached = layerOf(layers, `src-main/${target.slice(1)}`);
    if (reached !== undefined && (reached.name === layer.name || layer.layers.includes(reached.name)))
      return [];
    return [`${path} imports ${target}: ${may}.`];
  }
  const name = isBuiltin(target) ? 'node:*' : target.split('/', target.startsWith('@') ? 2 : 1).join('/');
  if (layer.packages.includes(name)) return [];
  return [
    `${path} imports ${target}: ${layer.name} may import only the packages: ${layer.packages.join(', ') || 'none'}.`,
  ];
}

const workerMessages = '#hosts/graphics-page/worker-messages.ts';

/** What the window may import, and which of its folders may reach which. */
const windowPackages = ['svelte', 'bits-ui', 'virtua', 'uplot', '@lucide/svelte', 'zod', 'mediabunny'];
const windowFolders: Readonly<Record<string, readonly string[]>> = {
  lib: [],
  canvas: [],
  styles: [],
  state: ['lib', 'canvas'],
  ui: ['lib', 'state', 'canvas'],
  screens: ['lib', 'state', 'ui', 'canvas'],
  '': ['lib', 'state', 'ui', 'screens', 'styles', 'canvas'],
};

function judgeWindow(path: string, target: string): string[] {
  const [, folder = ''] = /^src-renderer\/(?:([^/]+)\/)?/.exec(path) ?? [];
  if (target.startsWith('.')) {
    const reached = posix.join(dirname(path), target);
    const [, other] = /^src-renderer\/(?:([^/]+)\/)?/.exec(reached) ?? [];
    // Pictures that come with the program, which the build takes along.
    if (/^assets\/.*\.(png|svg)$/.test(reached)) return [];
    const isInside = reached.startsWith('src-renderer/');
    if (isInside && ((other ?? '') === folder || windowFolders[folder]?.includes(other ?? ''))) return [];
    return [`${path} imports ${target}: ${folder || 'the root'} may reach ${String(windowFolders[folder])}.`];
  }
  if (/^#(contract|domain)\//.test(target)) return [];
  // Which begins the worker of the graphics processor; nothing else knows that there is one.
  if (path === 'src-renderer/lib/graphics-worker.ts' && target === workerMessages) return [];
  const name = target.split('/', target.startsWith('@') ? 2 : 1).join('/');
  const isDrawing = folder === 'canvas';
  if (windowPackages.includes(name) && !(isDrawing && /svelte|bits-ui|virtua/.test(name))) return [];
  return [
    `${path} imports ${target}: the window may import only ${windowPackages.join(', ')}; canvas/ no Svelte.`,
  ];
}

/** The layer table of ARCHITECTURE.md: its first column names a folder of src-main. */
function readTable(): Layer[] {
  const text = readFileSync(join(root, 'src-main/ARCHITECTURE.md'), 'utf8');
  const rows = text.split('\n').filter((line) => line.startsWith('|'));
  assert.match(rows[0] ?? '', /layer.*owns.*may import layers.*may import packages/);
  const list = (cell = ''): string[] =>
    cell === 'nothing'
      ? []
      : cell.split(',').map((name) => name.trim().replaceAll('\\*', '*').replace(/^`|`$/g, ''));
  return rows.slice(2).map((row) => {
    const [name = '', , layers, packages] = row
      .split(/(?<!\\)\|/)
      .slice(1, -1)
      .map((cell) => cell.trim());
    return { name, layers: list(layers), packages: list(packages) };
  });
}

function layerOf(layers: readonly Layer[], path: string): Layer | undefined {
  return layers.find(({ name }) => path.startsWith(`src-main/${name}/`));
}

function names(layers: readonly Layer[]): string {
  return layers.map(({ name }) => name).join(', ');
}

function isSource(path: string): boolean {
  return path.endsWith('.ts') && !path.startsWith(assembly) && !path.startsWith('src-main/ambient/');
}

/** Static and dynamic imports and re-exports, types included; comments and strings of other kinds are not read. */
function importsOf(path: string): string[] {
  const text = readFileSync(join(root, path), 'utf8').replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '');
  const patterns = [
    /^\s*(?:import|export)\s(?:[^'";]*?\sfrom\s*)?['"]([^'"]+)['"]/gm,
    /\bimport\s*\(\s*['"`]([^'"`]+)['"`]\s*\)/g,
    /\brequire\s*\(\s*['"`]([^'"`]+)['"`]\s*\)/g,
  ];
  return patterns.flatMap((pattern) => [...text.matchAll(pattern)].map((match) => match[1]));
}

/** Paths from the root, with slashes. */
function filesUnder(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(root, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .filter((path) => !generated.some((skipped) => path.startsWith(skipped)))
    .filter((path) => !path.includes('/node_modules/'));
}
