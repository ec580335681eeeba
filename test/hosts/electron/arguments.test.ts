import assert from 'node:assert/strict';
import { resolve } from 'node:path';
import { test } from 'node:test';
import { parseDesktopArguments } from '#hosts/electron/arguments.ts';

const cwd = resolve('/home/someone');

test('files and the data folder are taken, switches of Chromium passed over', () => {
  const argv = ['/opt/Morphogen/morphogen', 'a.png', '--enable-features=X', '--data', 'mine', '--no-sandbox'];
  assert.deepEqual(parseDesktopArguments(argv, cwd, true), {
    dataFolder: resolve(cwd, 'mine'),
    files: ['a.png'],
  });
  assert.deepEqual(parseDesktopArguments(['morphogen'], cwd, true), { dataFolder: undefined, files: [] });
  assert.equal(parseDesktopArguments(['morphogen', '--data='], cwd, true).dataFolder, undefined);
});

test('what Electron itself is told to run is no file to open', () => {
  const argv = ['node_modules/electron/dist/electron', '/home/someone/morphogen', 'a.png'];
  assert.deepEqual(parseDesktopArguments(argv, cwd, false).files, ['a.png']);
});
