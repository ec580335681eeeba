/** What electron-builder.yml names is there: on this system as files, for others as packages of the lock file. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../../../', import.meta.url));
const config = readFileSync(join(root, 'electron-builder.yml'), 'utf8');
const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
  packages: Record<string, { version?: string }>;
};
const archs = ['x64', 'arm64'];

test('every package that is taken is one of the lock file, for each system and processor', () => {
  const named = [...config.matchAll(/from: (node_modules\/(?:@[^/\n]+\/)?[^/\n]+)/g)].map(([, path]) => path);
  assert.ok(named.length >= 10, named.join(' '));
  for (const path of named)
    for (const arch of archs) {
      const name = path.replace('${arch}', arch);
      assert.notEqual(packages[name]?.version, undefined, `${name} is in no lock file`);
    }
});

test("there is SQLite's native code for each system and processor", () => {
  const named = [...config.matchAll(/'((?:linux|win32|darwin)-\$\{arch\}\.node)'/g)].map(([, file]) => file);
  assert.equal(named.length, 3);
  for (const file of named)
    for (const arch of archs) {
      const path = `node_modules/better-sqlite3/prebuilds/${file.replace('${arch}', arch)}`;
      assert.ok(existsSync(join(root, path)), path);
    }
});

test('its hooks, icons, terms and scripts lie where it says', () => {
  const paths = [...config.matchAll(/(?:\.\/)?((?:src-main|assets)\/[\w./-]+)/g)].map(([, path]) => path);
  const own = paths.filter((path) => /\.\w+$|desktop$/.test(path));
  assert.ok(own.length >= 5, own.join(' '));
  for (const path of own) assert.ok(existsSync(join(root, path)), path);
  const resources = /buildResources: (\S+)/.exec(config)?.[1] ?? '';
  for (const [, name] of config.matchAll(/^ {2}icon: (\S+)$/gm))
    assert.ok(existsSync(join(root, resources, name)), name);
  for (const ending of ['ico', 'icns']) assert.ok(existsSync(join(root, resources, `file.${ending}`)));
});

test('nothing is published, and Linux gets no native sharp', () => {
  assert.match(config, /^publish: null$/m);
  assert.doesNotMatch(config, /sharp-(libvips-)?linux/);
});

test('Windows knows the program by the name under which it is installed', () => {
  const id = /^appId: (\S+)$/m.exec(config)?.[1] ?? 'none';
  assert.ok(
    readFileSync(join(root, 'src-main/hosts/electron/main.ts'), 'utf8').includes(
      `setAppUserModelId('${id}')`,
    ),
  );
});
