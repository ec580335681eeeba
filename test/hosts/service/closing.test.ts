import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'node:test';
import { openLibrary } from '#storage/library/open.ts';
import { newFolder, openService } from './service-stage.ts';

test('what nothing refers to is thrown away when the application ends, if it is not young', async (t) => {
  const folder = await newFolder(t);
  const library = await openLibrary(folder, { version: 'a test' });
  const [forgotten, young] = await Promise.all(
    ['forgotten', 'young'].map((text) => library.files.put(Buffer.from(text))),
  );
  const paths = [forgotten, young].map((hash) => library.files.path(hash));
  library.close();
  const yesterday = new Date(Date.now() - 86_400_000);
  await utimes(paths[0], yesterday, yesterday);
  await writeFile(join(folder, 'not ours.txt'), 'a note');

  const { service } = await openService(t, folder);
  assert.deepEqual(paths.map(existsSync), [true, true]);
  await service.close();
  assert.deepEqual(paths.map(existsSync), [false, true]);
  assert.ok(existsSync(join(folder, 'not ours.txt')));
});
