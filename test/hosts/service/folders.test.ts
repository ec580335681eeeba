import assert from 'node:assert/strict';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'node:test';
import { usualDataFolder } from '#hosts/service/data-folder.ts';
import { listFolders } from '#hosts/service/folders.ts';
import { newFolder } from './service-stage.ts';

test('one level of folders and useful files, in the order of people; hidden and system ones left out', async (t) => {
  const home = await newFolder(t);
  for (const name of ['Pictures', 'b10', 'b9', '.hidden', 'node_modules', '$RECYCLE.BIN'])
    await mkdir(join(home, name));
  for (const name of ['z.png', 'A.JPG', 'model.safetensors', 'words.txt', '.secret.png'])
    await writeFile(join(home, name), '');
  await symlink(join(home, 'b9'), join(home, 'link'));
  await symlink(join(home, 'nowhere'), join(home, 'dangling'));
  await symlink(home, join(home, 'loop'));
  const found = await listFolders(null, home);
  const names = (list: readonly { name: string }[]): string[] => list.map(({ name }) => name);
  assert.deepEqual(names(found.folders), ['b9', 'b10', 'link', 'loop', 'Pictures']);
  assert.deepEqual(names(found.files), ['A.JPG', 'model.safetensors', 'z.png']);
  assert.deepEqual([found.path, found.parent], [home, join(home, '..')]);
  assert.deepEqual(
    found.places.map(({ path }) => path),
    [home, join(home, 'Pictures')],
  );
});

test('a folder that is gone, may not be read or is a file is shown as empty', async (t) => {
  const home = await newFolder(t);
  await writeFile(join(home, 'file.png'), '');
  for (const name of ['gone', 'file.png']) {
    const { folders, files, path } = await listFolders(join(home, name), home);
    assert.deepEqual([folders, files, path], [[], [], join(home, name)]);
  }
});

test('the root has no parent, and shows none of the system’s own', async () => {
  const { parent, folders } = await listFolders('/');
  assert.equal(parent, null);
  for (const name of ['proc', 'sys', 'dev']) assert.ok(!folders.some((folder) => folder.name === name));
});

test('data lies where each system keeps it', () => {
  const home = '/home/ann';
  assert.equal(usualDataFolder('linux', {}, home), '/home/ann/.local/share/morphogen');
  assert.equal(usualDataFolder('linux', { XDG_DATA_HOME: '/data' }, home), '/data/morphogen');
  assert.equal(usualDataFolder('linux', { XDG_DATA_HOME: 'data' }, home), '/home/ann/.local/share/morphogen');
  assert.equal(usualDataFolder('darwin', {}, home), '/home/ann/Library/Application Support/Morphogen');
  assert.match(usualDataFolder('win32', { APPDATA: '/roaming' }, home), /roaming.Morphogen$/);
});
