import assert from 'node:assert/strict';
import { dirname, join } from 'node:path';
import test from 'node:test';
import { dataPlace, type ProgramPlace } from '#hosts/electron/desktop/data-place.ts';

const usual = '/home/me/.local/share/morphogen';
const place = (change: Partial<ProgramPlace>, ...there: string[]): ProgramPlace => ({
  ...{ platform: 'linux', executable: '/media/stick/Morphogen/morphogen', env: {}, isPackaged: true },
  exists: (path) => there.includes(path),
  ...change,
});

test('where programs keep their data, unless the command line says otherwise', () => {
  assert.deepEqual(dataPlace(undefined, usual, place({})), { folder: usual, isPortable: false });
  const marked = place({}, '/media/stick/Morphogen/portable');
  assert.deepEqual(dataPlace('/elsewhere', usual, marked), { folder: '/elsewhere', isPortable: false });
});

test('beside the program, where a folder morphogen-data or a file portable lies', () => {
  const beside = '/media/stick/Morphogen';
  for (const mark of ['morphogen-data', 'portable'])
    assert.deepEqual(dataPlace(undefined, usual, place({}, join(beside, mark))), {
      ...{ folder: join(beside, 'morphogen-data'), isPortable: true },
    });
});

test('beside what people see of the program: the image of Linux, the bundle of a Mac, the portable of Windows', () => {
  const image = place(
    { env: { APPIMAGE: '/media/stick/Morphogen.AppImage' }, executable: '/tmp/.mount_x/morphogen' },
    '/media/stick/portable',
  );
  assert.equal(dataPlace(undefined, usual, image).folder, '/media/stick/morphogen-data');
  const mac = place(
    { platform: 'darwin', executable: '/Volumes/Stick/Morphogen.app/Contents/MacOS/Morphogen' },
    '/Volumes/Stick/portable',
  );
  assert.equal(dataPlace(undefined, usual, mac).folder, '/Volumes/Stick/morphogen-data');
  const windows = place({ platform: 'win32', env: { PORTABLE_EXECUTABLE_DIR: '/stick' } });
  assert.deepEqual(dataPlace(undefined, usual, windows), {
    folder: '/stick/morphogen-data',
    isPortable: true,
  });
});

test('run from its sources, nothing is looked for beside Electron’s own file', () => {
  const executable = process.execPath;
  const sources = place({ executable, isPackaged: false }, join(dirname(executable), 'portable'));
  assert.deepEqual(dataPlace(undefined, usual, sources), { folder: usual, isPortable: false });
});
