import assert from 'node:assert/strict';
import { mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { folderKind, folderNotice } from '#storage/library/folder-kind.ts';
import { emptyFolder } from './sample-library.ts';

const local = (): Promise<number> => Promise.resolve(0xef53);

test('folders that a program syncs are known by their names, also through a link', async () => {
  const base = await emptyFolder();
  for (const name of [
    'Dropbox',
    'OneDrive - Studio',
    'Google Drive',
    'Nextcloud',
    'iCloud Drive',
    'Dropbox (Old)',
  ]) {
    const folder = join(base, name, 'art', 'morphogen');
    await mkdir(folder, { recursive: true });
    assert.deepEqual(await folderKind(folder, local), { kind: 'synced', name });
  }
  await symlink(join(base, 'Dropbox', 'art'), join(base, 'link'));
  assert.equal((await folderKind(join(base, 'link', 'morphogen'), local)).kind, 'synced');
  for (const name of ['Dropbox-old', 'my synced art', 'boxes']) {
    const folder = join(base, name);
    await mkdir(folder);
    assert.deepEqual(await folderKind(folder, local), { kind: 'local' });
    assert.equal(folderNotice(folder, { kind: 'local' }), null);
  }
});

test(
  'network file systems are known by their numbers, whatever their sign',
  { skip: process.platform !== 'linux' },
  async () => {
    const base = await emptyFolder();
    const name = async (type: number): Promise<string | undefined> => {
      const found = await folderKind(base, () => Promise.resolve(type));
      return found.kind === 'network' ? found.name : undefined;
    };
    assert.deepEqual(
      await Promise.all(
        [0x6969, 0xff534d42, 0xff534d42 | 0, 0xfe534d42, 0x65735546, 0xef53, 0x01021994].map(name),
      ),
      ['NFS', 'SMB', 'SMB', 'SMB', 'FUSE', undefined, undefined],
    );
  },
);

test('the folder of this test is asked, not only a number handed in', async () => {
  assert.ok(['local', 'network', 'synced'].includes((await folderKind(await emptyFolder())).kind));
});
