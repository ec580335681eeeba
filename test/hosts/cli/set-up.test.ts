/** The page that set-up builds: there, up to date, and such as the web host's policy allows. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const setUp = join(root, 'src-main/hosts/cli/set-up.mjs');
const run = promisify(execFile);

test('with --renderer the page is built, once, and all words go to stderr', async () => {
  const first = await run(process.execPath, [setUp, '--renderer'], { cwd: root });
  assert.equal(first.stdout, '');
  assert.ok(existsSync(join(root, 'dist/renderer/index.html')));
  const again = await run(process.execPath, [setUp, '--renderer'], { cwd: root });
  assert.deepEqual([again.stdout, again.stderr], ['', '']);
});

test('the page loads its own files alone, and has no script or style in it', async () => {
  await run(process.execPath, [setUp, '--renderer'], { cwd: root });
  const page = readFileSync(join(root, 'dist/renderer/index.html'), 'utf8');
  const addresses = [...page.matchAll(/\s(?:src|href)="([^"]*)"/g)].map(([, address]) => address);
  assert.ok(addresses.some((address) => address.endsWith('.js')));
  for (const address of addresses) {
    assert.match(address, /^\.\/[\w./-]+$/);
    assert.ok(existsSync(join(root, 'dist/renderer', address)), address);
  }
  assert.doesNotMatch(page, /<style|\sstyle=|\son\w+=/i);
  for (const [, body] of page.matchAll(/<script[^>]*>([^]*?)<\/script>/g)) assert.equal(body.trim(), '');
});
