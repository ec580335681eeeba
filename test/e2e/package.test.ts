/**
 * The package as electron-builder makes it, on a placeholder for Electron's program: what is in it and what is not, its
 * size and fuses, and its own program running from inside of it, on the stand-in for Electron.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, readdirSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { fuses, readFuses } from '#hosts/electron/packaging/fuses.ts';
import {
  packedFiles,
  sizesByPart,
  sizeTable,
  type PackedFile,
} from '#hosts/electron/packaging/packed-files.ts';
import { spawnChildEngine } from '#hosts/engine/supervision/engine-child.ts';
import { superviseEngine } from '#hosts/engine/supervision/supervise-engine.ts';
import { openPackage } from '#test/hosts/electron/packaging/open-package.ts';
import { placeholderRuntime } from '#test/hosts/electron/packaging/placeholder-runtime.ts';
import { hiddenPage, startDesktop } from './desktop.ts';
import { watchForProblems } from './window.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const run = promisify(execFile);
const isHere = process.platform === 'linux';
const folder = realpathSync(mkdtempSync(join(tmpdir(), 'morphogen-package-')));
const unpacked = join(folder, 'out/linux-unpacked');
const resources = join(unpacked, 'resources');
let runtime = '';
let printed = '';
let files: PackedFile[] = [];
/** In the place of app.asar. */
let opened = '';

before(async () => {
  if (!isHere) return;
  runtime = await placeholderRuntime(folder);
  const args = ['--dir', `-c.electronDist=${runtime}`, `-c.directories.output=${join(folder, 'out')}`];
  const script = join(root, 'src-main/hosts/cli/set-up.mjs');
  const packageScript = join(root, 'src-main/hosts/electron/packaging/package.ts');
  // A proxy that nobody is behind: what would be downloaded, fails.
  const nowhere = 'http://127.0.0.1:9';
  const env = { ...process.env, HTTP_PROXY: nowhere, HTTPS_PROXY: nowhere, ELECTRON_GET_USE_PROXY: '1' };
  ({ stdout: printed } = await run(
    process.execPath,
    [script, '--renderer', '--desktop', packageScript, ...args],
    {
      cwd: root,
      env,
    },
  ));
  files = packedFiles(resources);
  opened = await openPackage(resources, folder);
});
after(() => rmSync(folder, { recursive: true, force: true }));

const options = { skip: isHere ? false : 'the placeholder is a program of Linux' };

test('there is what runs, what it loads and what it shows, and nothing else', options, () => {
  const paths = files.filter(({ isIn }) => isIn !== 'resources').map(({ path }) => path);
  const top = new Set(
    paths.map((path) =>
      path
        .split('/')
        .slice(0, path.startsWith('dist/') ? 2 : 1)
        .join('/'),
    ),
  );
  assert.deepEqual([...top].sort(), ['dist/main', 'dist/renderer', 'node_modules', 'package.json']);
  const packages = new Set(
    paths.flatMap((path) => /^node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1] ?? []),
  );
  assert.deepEqual([...packages].sort(), [
    ...['@emnapi/runtime', '@img/colour', '@img/sharp-wasm32', 'better-sqlite3', 'detect-libc'],
    ...['semver', 'sharp', 'tslib'],
  ]);
  const strangers = paths.filter((path) =>
    /\.(ts|map|svelte|cc|cpp|c|h|gyp|md)$|\.test\.|\/deps\//.test(path),
  );
  assert.deepEqual(strangers, []);
  assert.equal(paths.filter((path) => path.endsWith('.node')).length, 1, 'SQLite for this system alone');
});

test('native code lies outside of the archive, and only that', options, () => {
  const outside = files.filter(({ isIn }) => isIn === 'unpacked').map(({ path }) => path);
  assert.deepEqual(outside, [`node_modules/better-sqlite3/prebuilds/linux-${process.arch}.node`]);
  for (const path of outside) assert.ok(existsSync(join(resources, 'app.asar.unpacked', path)));
});

test('models, samples, icons and all terms come along', options, () => {
  const paths = files.filter(({ isIn }) => isIn === 'resources').map(({ path }) => path);
  for (const path of ['models/digits.safetensors', 'models/emoji.safetensors', 'models/parrot.safetensors'])
    assert.ok(paths.includes(path), path);
  assert.ok(paths.some((path) => path.startsWith('assets/samples/emoji/')));
  assert.equal(
    readFileSync(join(resources, 'LICENSE.txt'), 'utf8'),
    readFileSync(join(root, 'LICENSE'), 'utf8'),
  );
  assert.equal(readFileSync(join(unpacked, 'LICENSE.electron.txt'), 'utf8'), 'Electron');
  const notices = readFileSync(join(resources, 'THIRD-PARTY-NOTICES.txt'), 'utf8');
  const named = new Set([...notices.matchAll(/^(\S+) \d+\.\d+\.\d+: \S/gm)].map(([, name]) => name));
  const ofTheWorker = '@tensorflow/tfjs-backend-webgpu';
  const isIn = [
    '@tensorflow/tfjs-core',
    ofTheWorker,
    'zod',
    'sharp',
    '@img/sharp-wasm32',
    'better-sqlite3',
    'svelte',
  ];
  const isNot = ['@img/sharp-linux-x64', 'assemblyscript', 'electron-builder', 'typescript', 'vite', 'ws'];
  assert.deepEqual(
    [isIn, isNot].map((names) => names.filter((name) => named.has(name))),
    [isIn, []],
  );
  for (const terms of [/Permission is hereby granted/, /Apache License/, /LGPL/])
    assert.ok(terms.test(notices));
  assert.deepEqual(notices.match(/^.*: see below$/gm), null);
});

test('without Electron it is under 60 MB', options, (t) => {
  const sum = sizesByPart(files).at(-1)!;
  assert.equal(
    sum.bytes,
    files.reduce((bytes, { size }) => bytes + size, 0),
  );
  assert.ok(sum.bytes > 10e6 && sum.bytes < 60e6, String(sum.bytes));
  assert.ok(printed.includes(sizeTable(files)), 'it is printed where it is made');
  t.diagnostic(`\n${sizeTable(files)}`);
});

test('the fuses of the program are as the table has them, and were not before', options, async () => {
  assert.deepEqual(await readFuses(join(unpacked, 'morphogen')), fuses);
  const before = await readFuses(join(runtime, 'electron'));
  for (const name of [
    'RunAsNode',
    'EnableNodeOptionsEnvironmentVariable',
    'EnableNodeCliInspectArguments',
  ] as const)
    assert.deepEqual([before[name], fuses[name]], [true, false], name);
  for (const name of ['EnableEmbeddedAsarIntegrityValidation', 'OnlyLoadAppFromAsar'] as const)
    assert.deepEqual([before[name], fuses[name]], [false, true], name);
});

test('its engine runs from inside of it, threads and picture decoding included', options, async (t) => {
  let words = '';
  const engine = superviseEngine({
    settings: { backend: 'auto', threads: 2 },
    spawn: () =>
      spawnChildEngine({ entry: join(opened, 'dist/main/engine.js'), onWords: (more) => (words += more) }),
  });
  t.after(() => engine.close());
  const picture = files.find(
    ({ path }) => path.startsWith('assets/samples/emoji/') && path.endsWith('.png'),
  )!;
  const encoded = await engine.call('pictures.encode', {
    modelPath: join(resources, 'models/emoji.safetensors'),
    paths: [join(resources, picture.path)],
    ...{ limit: null, cacheFolder: folder, skip: 0 },
  });
  assert.deepEqual(encoded, { count: 1, skipped: [] }, words);
  const state = engine.state();
  assert.deepEqual([state.status, state.info?.backend, state.info?.threads], ['ready', 'wasm', 2]);
});

test(
  'its main module runs from inside of it and loads native code from outside of the archive',
  options,
  async (t) => {
    const desktop = await startDesktop(join(folder, 'data'), {
      entry: join(opened, 'dist/main/main.js'),
      env: { MORPHOGEN_STAND_IN_RESOURCES: resources },
    });
    t.after(() => desktop.kill());
    const { page } = desktop;
    const problems = watchForProblems(page);
    // It comes with the package, is read by an engine, and lies in the library.
    await page
      .getByRole('gridcell', { name: /parrot/i })
      .first()
      .waitFor();
    assert.deepEqual(problems, []);
    const hidden = await hiddenPage(page);
    // Its script begins a worker for each engine, and here is one.
    if (hidden.workers().length === 0) await hidden.waitForEvent('worker');
    const native = join(
      ...[resources, 'app.asar.unpacked/node_modules/better-sqlite3/prebuilds'],
      `linux-${process.arch}.node`,
    );
    const maps = mapped(desktop.pid);
    assert.ok(maps.has(native), [...maps].join('\n'));
    const engines = readdirSync('/proc')
      .filter((pid) => isEngineOf(desktop.pid, pid))
      .map(Number);
    assert.ok(engines.length > 0);
    for (const pid of [desktop.pid, ...engines])
      assert.deepEqual(
        [...mapped(pid)].filter(
          (path) => path.startsWith(join(root, 'node_modules')) && !path.includes('/node-'),
        ),
        [],
        'nothing of the clone is loaded, native sharp least of all',
      );
    assert.equal(await desktop.stop(), 0, desktop.output());
  },
);

/** The files that a process has in its memory. */
function mapped(pid: number): Set<string> {
  return new Set(readFileSync(`/proc/${pid}/maps`, 'utf8').match(/\/.*$/gm));
}

function isEngineOf(parent: number, pid: string): boolean {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
    return status.includes(`\nPPid:\t${parent}\n`) && command.startsWith('morphogen-engine');
  } catch {
    // No process, or one that has ended.
    return false;
  }
}
