/** What `npm start` opens: each reason for the browser, and Electron's program found, fetched, or tried in vain once. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';

type Environment = Record<string, string | undefined>;

interface ChooseHost {
  againstDesktop(here: {
    args: string[];
    env: Environment;
    platform: string;
    uid: number | undefined;
  }): string | undefined;
  hostArguments(args: string[], host: 'web' | 'desktop'): string[];
  findElectron(
    root: string,
    options: { isAsked: boolean; node: string; env: Environment; say: (line: string) => void },
  ): Promise<{ program?: string; reason?: string }>;
}

// Plain JavaScript, which has no types to import.
const place = new URL('../../../src-main/hosts/cli/choose-host.mjs', import.meta.url).href;
const { againstDesktop, hostArguments, findElectron } = (await import(place)) as ChooseHost;

test('the browser is chosen for a reason: asked for, root, no display, what only the page has', () => {
  const shown: Environment = { DISPLAY: ':0' };
  const cases: [string[], Environment, string, number | undefined, RegExp | undefined][] = [
    [[], shown, 'linux', 1000, undefined],
    [[], { WAYLAND_DISPLAY: 'wayland-0' }, 'linux', 1000, undefined],
    [[], {}, 'linux', 1000, /no display/],
    [[], shown, 'linux', 0, /as root/],
    [['--desktop'], shown, 'linux', 0, /as root/],
    [['--desktop', '--no-sandbox'], shown, 'linux', 0, undefined],
    [['--desktop'], {}, 'linux', 1000, undefined],
    [['--web'], shown, 'linux', 1000, /--web/],
    [[], { ...shown, MORPHOGEN_HOST: 'web' }, 'linux', 1000, /MORPHOGEN_HOST/],
    [['--port', '0'], shown, 'linux', 1000, /--port/],
    [['--port=0', '--desktop'], shown, 'linux', 1000, undefined],
    [['--no-open'], shown, 'darwin', 501, /--no-open/],
    [['--data', 'x'], {}, 'win32', undefined, undefined],
    [[], {}, 'darwin', 0, undefined],
  ];
  for (const [args, env, platform, uid, reason] of cases) {
    const found = againstDesktop({ args, env, platform, uid });
    if (reason === undefined) assert.equal(found, undefined, args.join(' '));
    else assert.match(found ?? '', reason, args.join(' '));
  }
  const given = ['--web', '--data', 'x', '--desktop', '--no-sandbox'];
  assert.deepEqual(hostArguments(given, 'desktop'), ['--data', 'x', '--no-sandbox']);
  assert.deepEqual(hostArguments(given, 'web'), ['--data', 'x']);
});

test('a program that is there is taken, also one that lies elsewhere; of another version it is not', async (t) => {
  const { root, folder, find } = project(t);
  writeFileSync(join(folder, 'path.txt'), 'electron');
  mkdirSync(join(folder, 'dist'));
  writeFileSync(join(folder, 'dist/electron'), '');
  writeFileSync(join(folder, 'dist/version'), 'v1.2.3\n');
  assert.deepEqual(await find({}), { program: join(folder, 'dist/electron') });
  assert.deepEqual(await find({ ELECTRON_OVERRIDE_DIST_PATH: join(folder, 'dist') }), {
    program: join(folder, 'dist/electron'),
  });
  writeFileSync(join(folder, 'dist/version'), '1.2.2');
  writeFileSync(join(folder, 'checksums.json'), '{}');
  assert.match((await find({})).reason ?? '', /1\.2\.3 is not made for/);
  rmSync(join(root, 'node_modules'), { recursive: true });
  assert.match((await find({})).reason ?? '', /not installed/);
});

test('it is fetched once; what failed is remembered, and tried again only when asked', async (t) => {
  const { folder, find, said } = project(t);
  let requests = 0;
  let status = 404;
  const mirror = await serve(t, (request, response) => {
    requests++;
    assert.equal(request.method, 'HEAD');
    assert.match(request.url ?? '', /^\/v1\.2\.3\/electron-v1\.2\.3-.*\.zip$/);
    response.writeHead(status).end();
  });
  const env = { ELECTRON_MIRROR: `${mirror}/` };
  assert.match((await find(env)).reason ?? '', /127\.0\.0\.1:\d+ answered 404.*--desktop` tries again/);
  status = 200;
  assert.match((await find(env)).reason ?? '', /answered 404/);
  assert.equal(requests, 1);
  writeFileSync(
    join(folder, 'install.js'),
    `process.stderr.write('Error: it is full\\n  at here'); process.exit(1)`,
  );
  assert.match((await find(env, true)).reason ?? '', /\(Error: it is full\)/);
  writeFileSync(
    join(folder, 'install.js'),
    `const { mkdirSync, writeFileSync } = require('node:fs');
     mkdirSync(__dirname + '/dist');
     for (const [name, text] of [['dist/version', '1.2.3'], ['dist/electron', ''], ['path.txt', 'electron']])
       writeFileSync(__dirname + '/' + name, text);`,
  );
  assert.deepEqual(await find(env, true), { program: join(folder, 'dist/electron') });
  assert.deepEqual(await find(env), { program: join(folder, 'dist/electron') });
  assert.deepEqual([requests, said.length], [3, 2]);
});

test('where nothing answers, it says so', async (t) => {
  const { find } = project(t);
  // A port of this machine at which nobody listens any more.
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  await new Promise((done) => server.close(done));
  const { reason = '' } = await find({ ELECTRON_MIRROR: `http://127.0.0.1:${port}/` });
  assert.match(reason, /could not be fetched \(ECONNREFUSED\)/);
});

/** A folder with the package electron 1.2.3 as npm leaves it, without its program. */
function project(t: TestContext) {
  const root = mkdtempSync(join(tmpdir(), 'morphogen-start-'));
  t.after(() => rmSync(root, { recursive: true, force: true }));
  const folder = join(root, 'node_modules/electron');
  mkdirSync(folder, { recursive: true });
  const file = `electron-v1.2.3-${process.platform}-${process.arch}.zip`;
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ version: '1.2.3' }));
  writeFileSync(join(folder, 'checksums.json'), JSON.stringify({ [file]: 'hash' }));
  const said: string[] = [];
  const find = (env: Environment, isAsked = false) =>
    findElectron(root, { isAsked, node: process.execPath, env, say: (line) => void said.push(line) });
  return { root, folder, find, said };
}

async function serve(t: TestContext, listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  t.after(() => server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
