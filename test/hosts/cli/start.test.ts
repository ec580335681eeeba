/** `npm start` as a whole: a window by Electron where its program is, and the browser where that cannot begin. */
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { test, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const start = join(root, 'src-main/hosts/cli/start.mjs');
const run = promisify(execFile);
const options = { skip: process.platform === 'win32' ? 'what stands for Electron is a shell script' : false };

test('Electron gets the project, the arguments and its own word on how it ended', options, async (t) => {
  const { env } = electronThat(t, 'printf "%s\\n" "$@"; exit 7');
  const failure = await run(process.execPath, [start, '--desktop', '--no-sandbox', '--data', 'x y'], {
    env,
  }).then(
    () => assert.fail('it ends with 7'),
    (thrown: unknown) => thrown as { code: number; stdout: string; stderr: string },
  );
  const { code, stdout, stderr } = failure;
  assert.deepEqual(
    [code, stdout.trimEnd().split('\n')],
    [7, [resolve(root), '--no-sandbox', '--data', 'x y']],
  );
  assert.match(stderr, /^Opening in a window of its own, by Electron \(.*\)\.$/m);
});

test('one that cannot begin leaves it to the browser, with the reason', options, async (t) => {
  const { env, folder } = electronThat(t, 'echo libnss3.so is not there >&2; exit 127');
  const args = ['--desktop', '--no-sandbox', '--no-open', '--port', '0', '--data', join(folder, 'data')];
  const child = spawn(process.execPath, [start, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  t.after(() => child.kill('SIGKILL'));
  let words = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (words += text));
  while (!words.includes('Morphogen is open at')) {
    assert.equal(child.exitCode, null, words);
    await Promise.race([once(child.stdout, 'data'), once(child, 'exit')]);
  }
  child.kill('SIGINT');
  assert.deepEqual(await once(child, 'exit'), [0, null]);
  assert.match(words, /libnss3.*\n(.*\n)*Opening in the browser, .*: Electron could not begin/);
});

test('--help tells what chooses, and what the page takes', async () => {
  const { stdout } = await run(process.execPath, [start, '--help']);
  for (const option of ['--desktop', '--web', '--port', '--data']) assert.ok(stdout.includes(option), option);
});

/** An environment in which Electron's program is this script. */
function electronThat(t: TestContext, script: string) {
  const folder = mkdtempSync(join(tmpdir(), 'morphogen-start-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const program = join(folder, 'electron');
  writeFileSync(program, `#!/bin/sh\n${script}\n`);
  chmodSync(program, 0o755);
  return { folder, env: { ...process.env, ELECTRON_OVERRIDE_DIST_PATH: folder } };
}
