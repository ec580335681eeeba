import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { fileURLToPath } from 'node:url';
import { firstColour } from '#hosts/electron/desktop/theme.ts';
import {
  aboutPanel,
  applicationId,
  noUpdatesWords,
  readManifest,
  runtimeWords,
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

test('without a page of releases the menu says where the version is shown', () => {
  const words = noUpdatesWords({ version: '0.1.0' }, false);
  assert.match(words, /Morphogen 0\.1\.0, which never looks for newer ones by itself.*shown in Settings/);
  assert.match(noUpdatesWords({ version: '0.1.0' }, true), /could not be opened/);
});

test('before the page is there, the window has the colour that the page will have', () => {
  const tokens = readFileSync(join(root, 'src-renderer/styles/tokens.css'), 'utf8');
  const [, light, dark] = /--surface-app: light-dark\((#\w+), (#\w+)\)/.exec(tokens)!;
  assert.equal(firstColour({ shouldUseDarkColors: false }), light);
  assert.equal(firstColour({ shouldUseDarkColors: true }), dark);
});
