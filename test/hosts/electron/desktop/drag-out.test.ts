import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import test from 'node:test';
import { AppError } from '#domain/errors.ts';
import { createDragOut, type DragSetup } from '#hosts/electron/desktop/drag-out.ts';
import { emptyFolder } from '#test/storage/library/sample-library.ts';

const style = { kind: 'style', id: 'one' } as const;
const summary = { bytes: 6, frames: 2, width: 40, height: 40, notes: [] };
const signal = new AbortController().signal;

async function stage() {
  const dataFolder = await emptyFolder();
  const made = join(dataFolder, 'made.gif');
  await writeFile(made, 'GIF89a');
  const forgotten: string[] = [];
  const formats: string[] = [];
  const service: DragSetup['service'] = {
    download: (kind) =>
      Promise.resolve(
        kind === 'export'
          ? { fileName: 'Cat.gif', type: 'image/gif', body: { path: made } }
          : { fileName: `Cat.${kind}`, type: '', body: Buffer.from(kind) },
      ),
    handlers: {
      'export.make': ({ options }) => {
        formats.push(options.format);
        return { ...summary, exportId: 'e', fileName: 'Cat.gif' };
      },
      'export.forget': ({ exportId }) => {
        forgotten.push(exportId);
        return {};
      },
    },
  };
  return { drag: createDragOut({ service, dataFolder }), dataFolder, forgotten, formats };
}

test('items of one name become files of that name, each whole', async () => {
  const { drag } = await stage();
  const paths = await drag.make([style, { kind: 'style', id: 'two' }], 'file', signal);
  assert.deepEqual(
    paths.map((path) => basename(path)),
    ['Cat.style', 'Cat.style'],
  );
  assert.notEqual(paths[0], paths[1]);
  assert.equal(await readFile(paths[1], 'utf8'), 'style');
});

test('as a GIF it is grown and encoded, and what was made on the way is forgotten', async () => {
  const { drag, forgotten, formats } = await stage();
  const [path] = await drag.make([style], 'gif', signal);
  assert.equal(await readFile(path, 'utf8'), 'GIF89a');
  assert.deepEqual([formats, forgotten], [['gif'], ['e']]);
});

test('a drag that is given up makes no more files; the next start sweeps', async () => {
  const { drag, dataFolder } = await stage();
  const given = new AbortController();
  given.abort();
  await assert.rejects(drag.make([style], 'file', given.signal), (failure: unknown) => {
    return failure instanceof AppError && failure.code === 'cancelled';
  });
  await drag.make([style], 'file', signal);
  assert.ok(existsSync(join(dataFolder, 'dragged')));
  await drag.sweep();
  assert.ok(!existsSync(join(dataFolder, 'dragged')));
});
