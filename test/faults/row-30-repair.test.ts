import assert from 'node:assert/strict';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import * as nodeFs from 'node:fs/promises';
import { keepParts, keepPhoto, keptParts } from '#hosts/engine/repair/photo-folder.ts';
import { openPhoto } from '#media/photo/photo.ts';
import { previewOf } from '#media/photo/photo-preview.ts';
import { writeFileAtomic, type FileSystem } from '#storage/atomic-file.ts';
import { scratchFolder } from '#test/hosts/engine/process/engine-stage.ts';
import { samplePhoto } from '#test/media/photo/sample-photo.ts';

test('29: a disk that fills up while a repair is kept leaves the one before', async () => {
  const folder = join(await scratchFolder(), 'repair');
  const { file } = await samplePhoto({ format: 'png', bitDepth: 16, bands: 3 });
  const photo = await openPhoto(file);
  await keepPhoto(folder, photo, await previewOf(photo));
  assert.deepEqual(await keptParts(folder, photo), []);
  const part = { x: 1, y: 2, width: 1, height: 2, samples: Uint16Array.of(1, 2, 3, 40_000, 5, 6) };
  await keepParts(folder, [part]);
  assert.deepEqual(await keptParts(folder, photo), [part]);
  const full: FileSystem = {
    ...nodeFs,
    open: () => Promise.reject(Object.assign(new Error('no space'), { code: 'ENOSPC' })),
  };
  await assert.rejects(keepParts(folder, [{ ...part, x: 2 }], full), { code: 'disk-full' });
  assert.deepEqual(await keptParts(folder, photo), [part]);
  assert.deepEqual((await readdir(folder)).sort(), ['photo', 'preview', 'repaired']);
});

test('30: a repaired photo that finds the disk full leaves the file that was there, and nothing beside it', async () => {
  const folder = await scratchFolder();
  const path = join(folder, 'photo repaired.png');
  await writeFile(path, 'the one before');
  const full: FileSystem = {
    ...nodeFs,
    async open(...given) {
      const file = await nodeFs.open(...given);
      file.write = () => Promise.reject(Object.assign(new Error('no space'), { code: 'ENOSPC' }));
      return file;
    },
  };
  await assert.rejects(writeFileAtomic(path, new Uint8Array(1 << 20), { fs: full }), {
    code: 'disk-full',
    message: /photo repaired\.png/,
  });
  assert.equal(await readFile(path, 'utf8'), 'the one before');
  assert.deepEqual(await readdir(folder), ['photo repaired.png']);
});
