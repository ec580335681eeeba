/** The program as `npm start` runs it: its lines, its exit codes, its end. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';

const main = fileURLToPath(new URL('../../../src-main/hosts/web/main.ts', import.meta.url));

interface Program {
  readonly child: ReturnType<typeof spawn>;
  /** The first line on stdout; undefined where there was none. */
  readonly firstLine: Promise<string | undefined>;
  readonly ended: Promise<{ readonly code: number | null; readonly out: string; readonly err: string }>;
}

function start(context: TestContext, args: readonly string[], env: Record<string, string> = {}): Program {
  const child = spawn(process.execPath, [main, ...args], { env: { ...process.env, ...env } });
  context.after(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  });
  let [out, err] = ['', ''];
  child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text));
  const firstLine = new Promise<string | undefined>((done) => {
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      out += text;
      if (out.includes('\n')) done(out.split('\n')[0]);
    });
    child.stdout.on('end', () => done(undefined));
  });
  const ended = once(child, 'close').then(([code]) => ({ code: code as number | null, out, err }));
  return { child, firstLine, ended };
}

function temporaryFolder(context: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'morphogen-main-'));
  context.after(() => rmSync(folder, { recursive: true, maxRetries: 5 }));
  return folder;
}

test('help is on stdout, a wrong call is 2 and a sentence on stderr', async (context) => {
  const asked = await start(context, ['--help']).ended;
  assert.equal(asked.code, 0);
  assert.match(asked.out, /--no-open/);
  const wrong = await start(context, ['--colour']).ended;
  assert.deepEqual([wrong.code, wrong.out], [2, '']);
  assert.match(wrong.err, /^Unknown option '--colour'[^\n]*--help[^\n]*\n$/);
});

test('one line with the address; Ctrl-C ends it with 0, and the library may be opened again', async (context) => {
  const data = temporaryFolder(context);
  for (let run = 0; run < 2; run++) {
    const { child, firstLine, ended } = start(context, ['--port', '0', '--no-open', '--data', data]);
    const address = /^Morphogen is open at (http:\/\/127\.0\.0\.1:\d+\/\?token=[\w-]{43})$/.exec(
      (await firstLine) ?? (await ended).err,
    )?.[1];
    assert.ok(address !== undefined);
    const entered = await fetch(address, { redirect: 'manual' });
    assert.equal(entered.status, 303);
    child.kill('SIGINT');
    const { code, out, err } = await ended;
    assert.equal(code, 0, err);
    assert.equal(out.trim().split('\n').length, 1);
    assert.match(err, /saved/);
    await assert.rejects(fetch(address));
  }
});

test('a library that is open already: where, in one sentence, and 1', async (context) => {
  const data = temporaryFolder(context);
  const first = start(context, ['--port', '0', '--no-open', '--data', data]);
  const line = (await first.firstLine) ?? (await first.ended).err;
  const second = await start(context, ['--port', '0', '--no-open', '--data', data]).ended;
  assert.equal(second.code, 1);
  assert.equal(second.out, '');
  assert.ok(second.err.includes(line.replace('Morphogen is open at ', '')), second.err);
  first.child.kill('SIGTERM');
  assert.equal((await first.ended).code, 0);
});

test('without a display it says so and goes on', { skip: process.platform !== 'linux' }, async (context) => {
  const none = { DISPLAY: '', WAYLAND_DISPLAY: '', WSL_DISTRO_NAME: '' };
  const { child, firstLine, ended } = start(
    context,
    ['--port', '0', '--data', temporaryFolder(context)],
    none,
  );
  await firstLine;
  child.kill('SIGINT');
  const { code, err } = await ended;
  assert.equal(code, 0, err);
  assert.match(err, /No display was found/);
});
