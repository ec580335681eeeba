import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, watch, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'node:test';
import sharp from 'sharp';
import { blob, orange, writeStyle } from '#test/hosts/cli/commands/growable-files.ts';

const program = fileURLToPath(new URL('../../src-main/hosts/cli/main.ts', import.meta.url));

test('41: an export that is killed leaves the file of before, and what it had begun is swept by the next', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'morphogen-killed-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  await writeStyle(join(folder, 'orange.safetensors'), blob(orange));
  await writeFile(join(folder, 'a.gif'), 'of before');
  const begin = (...more: string[]) =>
    spawn(
      process.execPath,
      [program, 'export', 'orange.safetensors', '--out', 'a.gif', '--backend', 'reference', ...more],
      { cwd: folder, stdio: 'ignore' },
    );
  const seen = new AbortController();
  const changes = watch(folder, { signal: seen.signal });
  const killed = begin('--size', '1024', '--smooth', '--to', '2000', '--every', '1');
  const exit = once(killed, 'exit');
  const ended = (): void => seen.abort();
  exit.then(ended, ended);
  for await (const { filename } of changes) if (filename?.endsWith('.part') === true) break;
  killed.kill('SIGKILL');
  assert.deepEqual(await exit, [null, 'SIGKILL']);
  assert.equal(await readFile(join(folder, 'a.gif'), 'utf8'), 'of before');
  assert.equal((await readdir(folder)).filter((name) => name.endsWith('.part')).length, 1);

  const next = begin('--size', '32');
  assert.deepEqual(await once(next, 'exit'), [0, null]);
  assert.equal((await sharp(join(folder, 'a.gif')).metadata()).pages, 21);
  assert.deepEqual((await readdir(folder)).sort(), ['a.gif', 'orange.safetensors']);
});
