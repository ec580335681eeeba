import assert from 'node:assert/strict';
import { readdir, readFile, truncate, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { emptyFolder, list, names, newStyle, open } from '#test/storage/library/sample-library.ts';
import { workplace } from './command-run.ts';

const { folder: cwd, morphogen } = await workplace();

/** A library of one style, open. */
async function kept(): Promise<{ folder: string; library: Awaited<ReturnType<typeof open>> }> {
  const folder = await emptyFolder();
  const library = await open(folder);
  library.store.addStyles([newStyle(1)]);
  return { folder, library };
}

test('backup, list and check work while the library is open', async () => {
  const { folder } = await kept();
  const data = ['--data', folder];
  assert.match((await morphogen('library', 'list', ...data)).out, /no backups/);
  const { code, out } = await morphogen('library', 'backup', ...data);
  const path = /^Backed up to (.+\.sqlite) \(\d+ kB\)\.\n$/.exec(out)?.[1];
  assert.equal(code, 0);
  assert.ok(path);
  assert.match(
    (await morphogen('library', 'list', ...data)).out,
    new RegExp(`^\\d{4}-\\d\\d-\\d\\d .*\t${path}\n$`),
  );
  const listed = JSON.parse((await morphogen('library', 'list', ...data, '--json')).out) as unknown[];
  assert.equal(listed.length, 1);
  assert.deepEqual(await morphogen('library', 'check', ...data), {
    code: 0,
    out: `The library in ${folder} is sound.\n`,
    err: '',
  });
});

test('restore takes the newest sound backup, or the one that is named as list shows it or as a file', async () => {
  const { folder, library } = await kept();
  const data = ['--data', folder];
  const first = (await library.backUp()).path;
  library.store.addStyles([newStyle(2)]);
  const second = (await library.backUp()).path;
  const busy = await morphogen('library', 'restore', ...data);
  assert.deepEqual([busy.code, busy.out], [1, '']);
  assert.match(busy.err, /open elsewhere/);
  library.close();

  const contents = async (): Promise<string[]> => {
    const { store } = await open(folder);
    const found = names(list(store));
    store.close();
    return found;
  };
  const one = await morphogen('library', 'restore', basename(first), ...data);
  assert.deepEqual([one.code, await contents()], [0, ['style 1']], one.err);
  const newest = await morphogen('library', 'restore', ...data, '--json');
  const { restored, setAside } = JSON.parse(newest.out) as { restored: string; setAside: string };
  assert.deepEqual([restored, await contents()], [second, ['style 1', 'style 2']]);
  assert.ok((await readFile(join(setAside, 'library.sqlite'))).length > 0);
  await writeFile(join(cwd, 'elsewhere.sqlite'), await readFile(first));
  await morphogen('library', 'restore', 'elsewhere.sqlite', ...data);
  assert.deepEqual(await contents(), ['style 1']);
});

test('a damaged library is told by check, which fails', async () => {
  const { folder, library } = await kept();
  library.close();
  await truncate(join(folder, 'library.sqlite'), 3 * 4096);
  const { code, out } = await morphogen('library', 'check', '--data', folder);
  assert.equal(code, 1);
  assert.match(out, /damaged/);
  const failed = await morphogen('library', 'restore', '--data', folder);
  assert.deepEqual([failed.code, failed.out], [1, '']);
  assert.match(failed.err, /no sound backup/);
});

test('gc says what it threw away', async () => {
  const { folder, library } = await kept();
  library.close();
  assert.equal(
    (await morphogen('library', 'gc', '--data', folder)).out,
    'There was nothing to throw away.\n',
  );
  const nowhere = await morphogen('library', 'gc', '--data', join(cwd, 'nowhere'));
  assert.deepEqual([nowhere.code, /no library/.test(nowhere.err)], [1, true]);
});

test('what it does not know is a wrong call', async () => {
  const cases: [string[], RegExp][] = [
    [['restor'], /did you mean restore\?/],
    [['toString'], /ACTION is one of/],
    [['backup', 'there'], /takes nothing more/],
    [['restore', 'this', 'that'], /takes nothing more, and got "that"/],
    [['import'], /needs files or folders/],
    [['export'], /needs --out/],
    [[], /ACTION/],
  ];
  for (const [args, message] of cases) {
    const { code, out, err } = await morphogen('library', ...args);
    assert.deepEqual([code, out], [2, ''], args.join(' '));
    assert.match(err, message);
  }
});

test('import makes styles of pictures and says what it left out; export writes them, and another library takes them', async () => {
  const data = ['--data', join(await emptyFolder(), 'new')];
  const picture = fileURLToPath(
    new URL('../../../../assets/samples/emoji/emoji_u1f30a.png', import.meta.url),
  );
  await writeFile(join(cwd, 'words.txt'), 'no picture at all');
  const brought = await morphogen('library', 'import', picture, 'words.txt', ...data, '--json');
  const { styles, skipped } = JSON.parse(brought.out) as {
    styles: number;
    skipped: { path: string; reason: string }[];
  };
  assert.deepEqual([brought.code, styles, skipped.length], [1, 1, 1], brought.err);
  assert.match(skipped[0].reason, /^not a picture/);
  assert.match(brought.err, /Left out: .*words\.txt: not a picture/);

  const written = await morphogen('library', 'export', 'emoji_u1f30a', '--out', 'exported', ...data);
  assert.deepEqual([written.code, written.out], [0, `Wrote 1 file to ${join(cwd, 'exported')}.\n`]);
  assert.deepEqual(await readdir(join(cwd, 'exported')), ['emoji_u1f30a.safetensors']);
  const other = ['--data', join(await emptyFolder(), 'other')];
  const taken = await morphogen('library', 'import', 'exported', ...other);
  assert.deepEqual([taken.code, taken.out], [0, 'Brought in 1 style.\n'], taken.err);

  const unknown = await morphogen('library', 'export', 'nobody', '--out', 'exported', ...other);
  assert.equal(unknown.code, 1);
  assert.match(unknown.err, /nothing called “nobody”/);
  const model = await morphogen('library', 'import', picture, '--model', 'nobody', ...other);
  assert.match(model.err, /no model called “nobody”; there are: .*Digits/);
});
