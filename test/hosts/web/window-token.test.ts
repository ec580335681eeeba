import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { windowToken } from '#hosts/web/window-token.ts';

function temporaryFolder(context: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'morphogen-token-'));
  context.after(() => rmSync(folder, { recursive: true }));
  return folder;
}

test('a folder keeps its token, for its owner alone; another folder has another', async (context) => {
  const folder = join(temporaryFolder(context), 'not', 'there yet');
  const token = await windowToken(folder);
  assert.match(token, /^[\w-]{43}$/);
  assert.equal(await windowToken(folder), token);
  if (process.platform !== 'win32') assert.equal(statSync(join(folder, 'window-token')).mode & 0o777, 0o600);
  assert.notEqual(await windowToken(temporaryFolder(context)), token);
});

test('a token that is cut short or was guessed at is replaced', async (context) => {
  const folder = temporaryFolder(context);
  for (const text of ['', 'short', 'a'.repeat(44), 'ä'.repeat(43)]) {
    writeFileSync(join(folder, 'window-token'), text);
    const token = await windowToken(folder);
    assert.match(token, /^[\w-]{43}$/);
    assert.equal(readFileSync(join(folder, 'window-token'), 'utf8'), token);
  }
});
