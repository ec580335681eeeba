import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { fileURLToPath } from 'node:url';
import { firstColour } from '#hosts/electron/desktop/theme.ts';
import {
  aboutPanel,
  applicationId,
  readManifest,
  runtimeWords,
  showUpdates,
} from '#hosts/electron/desktop/about.ts';

const root = fileURLToPath(new URL('../../../../', import.meta.url));

test('the panel tells the version, the licence and whose it is, as package.json has them', () => {
  const given = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Record<string, string>;
  const panel = aboutPanel(readManifest(root), 'Electron 45.5.0', '/icon.png');
  assert.equal(panel.applicationVersion, given['version']);
  assert.ok(panel.copyright?.includes(`${given['license']} licence`));
  assert.match(panel.credits ?? '', /Licences/);
});

test('notices come from the program that its package installs', () => {
  const text = readFileSync(join(root, 'electron-builder.yml'), 'utf8');
  assert.equal(/^appId: (\S+)$/m.exec(text)?.[1], applicationId);
});

test('what runs the window is named, as far as it is known', () => {
  assert.equal(
    runtimeWords({ electron: '45.5.0', chrome: '146.0', node: '24.21.0', v8: 'x' }),
    'Electron 45.5.0, Chromium 146.0, Node 24.21.0',
  );
  assert.equal(runtimeWords({ node: '24.21.0' }), 'Node 24.21.0');
});

test('updates are a page that the user asks for; without one the menu says where the version is shown', () => {
  const asked: string[] = [];
  const open = (isOpened: boolean) => (address: string) => {
    asked.push(address);
    return isOpened;
  };
  const releasesPage = 'https://github.com/someone/morphogen/releases';
  const build = { version: '0.1.0', releasesPage };
  assert.equal(showUpdates(build, open(true)), null);
  assert.deepEqual(asked, [releasesPage]);
  assert.match(showUpdates(build, open(false)) ?? '', /0\.1\.0.* not one that may be opened/);
  const words = showUpdates({ ...build, releasesPage: null }, open(true)) ?? '';
  assert.match(words, /Morphogen 0\.1\.0, which never looks for newer ones by itself.*shown in Settings/);
  assert.equal(asked.length, 2);
});

test('nothing of the desktop’s host can fetch, update itself, or send what went wrong', () => {
  const host = join(root, 'src-main/hosts/electron');
  const sources = readdirSync(host, { recursive: true, encoding: 'utf8' }).filter(
    (name) => name.endsWith('.ts') && !name.startsWith('packaging'),
  );
  assert.ok(sources.length > 20);
  const ways =
    /\bfetch\(|autoUpdater|crashReporter|net\.request|node:(https?|http2|net|tls|dgram|dns)\b|new WebSocket|import \{[^}]*\bnet\b[^}]*\} from 'electron'/;
  for (const name of sources) assert.doesNotMatch(readFileSync(join(host, name), 'utf8'), ways, name);
});

test('before the page is there, the window has the colour that the page will have', () => {
  const tokens = readFileSync(join(root, 'src-renderer/styles/tokens.css'), 'utf8');
  const [, light, dark] = /--surface-app: light-dark\((#\w+), (#\w+)\)/.exec(tokens)!;
  assert.equal(firstColour({ shouldUseDarkColors: false }), light);
  assert.equal(firstColour({ shouldUseDarkColors: true }), dark);
});
