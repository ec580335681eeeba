import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import * as nodeFs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { AppError, type ErrorCode } from '#domain/errors.ts';
import { createAtomicFile, readFileBytes, sweepPartFiles, writeFileAtomic } from '#storage/atomic-file.ts';
import { failure, fullDisk } from '#test/storage/full-disk.ts';

let folder: string;
before(async () => {
  folder = await nodeFs.mkdtemp(join(tmpdir(), 'morphogen-files-'));
});
after(() => nodeFs.rm(folder, { recursive: true }));

async function emptyFolder(): Promise<string> {
  return nodeFs.mkdtemp(join(folder, 'case-'));
}

function failsWith(code: ErrorCode, pattern: RegExp): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof AppError, String(error));
    assert.equal(error.code, code);
    assert.match(error.message, pattern);
    return true;
  };
}

test('what is written is read back: whole, in chunks, and from shared memory', async () => {
  const path = join(await emptyFolder(), 'a.bin');
  await writeFileAtomic(path, Uint8Array.of(1, 2, 3));
  assert.deepEqual(await readFileBytes(path), Uint8Array.of(1, 2, 3));
  const shared = new Uint8Array(new SharedArrayBuffer(2)).fill(7);
  const chunks = [Uint8Array.of(1), new Uint8Array(0), shared];
  await writeFileAtomic(path, { byteLength: 3, [Symbol.iterator]: () => chunks.values() });
  assert.deepEqual(await readFileBytes(path), Uint8Array.of(1, 7, 7));
  await writeFileAtomic(path, new Uint8Array(0));
  assert.equal((await readFileBytes(path)).length, 0);
});

test('a full disk: one sentence with the bytes needed, the old file unharmed, nothing left behind', async () => {
  const home = await emptyFolder();
  const path = join(home, 'model.safetensors');
  await writeFileAtomic(path, Uint8Array.of(1, 2, 3));
  await assert.rejects(
    writeFileAtomic(path, new Uint8Array(5_000_000), { fs: fullDisk(1_000_000) }),
    failsWith(
      'disk-full',
      /no room left on the disk for .*model\.safetensors \(5 MB needed\): free some space/,
    ),
  );
  assert.deepEqual(await readFileBytes(path), Uint8Array.of(1, 2, 3));
  assert.deepEqual(await nodeFs.readdir(home), ['model.safetensors']);
});

test('a failed rename, a wrong announcement and a cancellation leave the old file and nothing else', async () => {
  const home = await emptyFolder();
  const path = join(home, 'x');
  await writeFileAtomic(path, Uint8Array.of(1));
  const rename = (): Promise<void> => Promise.reject(failure('EACCES', 'permission denied'));
  await assert.rejects(
    writeFileAtomic(path, Uint8Array.of(2), { fs: { ...nodeFs, rename } }),
    failsWith('io', /permissions/),
  );
  await assert.rejects(
    writeFileAtomic(path, { byteLength: 2, [Symbol.iterator]: () => [Uint8Array.of(2)].values() }),
    RangeError,
  );
  const signal = AbortSignal.abort();
  await assert.rejects(
    writeFileAtomic(path, Uint8Array.of(2), { signal }),
    failsWith('cancelled', /cancelled/),
  );
  assert.deepEqual(await readFileBytes(path), Uint8Array.of(1));
  assert.deepEqual(await nodeFs.readdir(home), ['x']);
});

test('a file in pieces appears with its commit and not before, and goes with abort', async () => {
  const home = await emptyFolder();
  const path = join(home, 'deep', 'er', 'film.gif');
  await assert.rejects(createAtomicFile(path), failsWith('io', /folder does not exist/));
  const file = await createAtomicFile(path, { makeFolder: true });
  for (const piece of [Uint8Array.of(1, 2), new Uint8Array(0), Uint8Array.of(3)]) await file.write(piece);
  await assert.rejects(readFileBytes(path), failsWith('not-found', /film\.gif/));
  await file.commit();
  await file.abort();
  assert.deepEqual(await readFileBytes(path), Uint8Array.of(1, 2, 3));
  const another = await createAtomicFile(path);
  await another.write(Uint8Array.of(4));
  await another.abort();
  assert.deepEqual(await readFileBytes(path), Uint8Array.of(1, 2, 3));
  const filling = await createAtomicFile(path, { fs: fullDisk(3) });
  await assert.rejects(filling.write(new Uint8Array(4)), failsWith('disk-full', /no room .*film\.gif: free/));
  await filling.abort();
  assert.deepEqual(await nodeFs.readdir(join(home, 'deep', 'er')), ['film.gif']);
});

test('a name as long as the disk allows can be written', async () => {
  const path = join(await emptyFolder(), 'n'.repeat(250));
  await writeFileAtomic(path, Uint8Array.of(5));
  assert.deepEqual(await readFileBytes(path), Uint8Array.of(5));
});

test('folders, missing files and files over the limit are said as such', async () => {
  const home = await emptyFolder();
  await assert.rejects(readFileBytes(join(home, 'none')), failsWith('not-found', /There is no file .*none/));
  await assert.rejects(readFileBytes(home), failsWith('io', /folder|regular file/));
  await assert.rejects(writeFileAtomic(home, Uint8Array.of(1)), failsWith('io', /is a folder/));
  await assert.rejects(
    writeFileAtomic(join(home, 'no', 'x'), Uint8Array.of(1)),
    failsWith('io', /folder does not exist/),
  );
  await writeFileAtomic(join(home, 'big'), new Uint8Array(10));
  await assert.rejects(
    readFileBytes(join(home, 'big'), { maxBytes: 9 }),
    failsWith('bad-file', /10 bytes, over the limit of 9/),
  );
});

test('a named pipe is refused and not waited for', { skip: process.platform === 'win32' }, async () => {
  const pipe = join(await emptyFolder(), 'pipe');
  execFileSync('mkfifo', [pipe]);
  await assert.rejects(readFileBytes(pipe), failsWith('io', /not a regular file/));
});

test("only parts of processes that are gone are swept, and nobody else's files", async () => {
  const home = await emptyFolder();
  const gone = execFileSync(process.execPath, ['-p', 'process.pid'], { encoding: 'utf8' }).trim();
  const [dead, mine] = [`a.morphogen-${gone}-1.part`, `a.morphogen-${process.pid}-9.part`];
  for (const name of [dead, mine, 'film.part', 'a.safetensors'])
    await nodeFs.writeFile(join(home, name), 'x');
  assert.deepEqual(await sweepPartFiles(home), [dead]);
  assert.deepEqual((await nodeFs.readdir(home)).sort(), [mine, 'a.safetensors', 'film.part'].sort());
  assert.deepEqual(await sweepPartFiles(join(home, 'none')), []);
});
