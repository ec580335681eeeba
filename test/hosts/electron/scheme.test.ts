import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { createStandIn, picture, pictureHash } from '#test/hosts/web/stand-in-service.ts';
import './stand-in/hooks.ts';
import { privilegedSchemes } from './stand-in/protocol.ts';
import { askScheme } from './stand-in/scheme-server.ts';

const { answerScheme, registerScheme } = await import('#hosts/electron/scheme.ts');
registerScheme();

test('the scheme is a secure origin of its own, and bypasses nothing', () => {
  assert.deepEqual(privilegedSchemes, [
    {
      scheme: 'morphogen',
      privileges: { standard: true, secure: true, supportFetchAPI: true, stream: true, codeCache: true },
    },
  ]);
});

test('the page, its files and pictures come with the policy; nothing inline, nothing from elsewhere', async (t) => {
  open(t);
  const answers = await Promise.all(
    ['/', '/assets/app-abc123.js', `/pictures/${pictureHash}`, '/nothing.js', '/downloads/style/two'].map(
      (path) => ask(path),
    ),
  );
  assert.deepEqual(
    answers.map(({ status }) => status),
    [200, 200, 200, 404, 404],
  );
  for (const { headers } of answers) {
    const policy = headers.get('content-security-policy') ?? '';
    assert.match(policy, /^default-src 'none'; script-src 'self'; style-src 'self';/);
    assert.doesNotMatch(policy, /unsafe|https?:|\*/);
    assert.equal(headers.get('x-content-type-options'), 'nosniff');
    assert.equal(headers.get('cross-origin-opener-policy'), 'same-origin');
  }
  const [page, script, png] = answers;
  assert.equal(page.headers.get('content-type'), 'text/html; charset=utf-8');
  assert.equal(page.headers.get('cache-control'), 'no-cache');
  assert.match(script.headers.get('cache-control') ?? '', /immutable/);
  assert.deepEqual(await png.bytes(), picture);
});

test('no name leads out of the page’s folder, and no other host is answered', async (t) => {
  open(t);
  for (const path of [
    '/../secret.txt',
    '/..%2fsecret.txt',
    '/%2e%2e/secret.txt',
    '/assets/..%5c..%5csecret.txt',
    '/assets/../../secret.txt',
    '//secret.txt',
    '/.hidden.html',
    '/assets',
    '/assets/',
    '/%00/index.html',
  ])
    assert.equal((await ask(path)).status, 404, path);
  assert.equal((await askScheme(new Request('morphogen://other/index.html'))).status, 404);
});

test('uploads stream in under their names; downloads stream out; HEAD has no body', async (t) => {
  const service = open(t);
  const { id } = (await (await ask('/uploads', { method: 'POST' })).json()) as { id: string };
  const body = new Uint8Array(300_000).map((_, place) => place);
  const sent = await ask(`/uploads/${id}/a%20folder/b.png`, { method: 'PUT', body });
  assert.equal(sent.status, 204);
  assert.deepEqual(service.uploaded.get(`${id}/a folder/b.png`), body);
  const refused = await ask(`/uploads/${id}/..%2fb.png`, { method: 'PUT', body });
  assert.equal(refused.status, 400);
  assert.match(((await refused.json()) as { message: string }).message, /rename it/);

  const got = await ask('/downloads/style/one');
  assert.match(got.headers.get('content-disposition') ?? '', /^attachment; filename="/);
  assert.deepEqual(await got.bytes(), picture);
  const head = await ask('/downloads/style/one', { method: 'HEAD' });
  assert.equal(head.headers.get('content-length'), String(picture.length));
  assert.equal((await head.bytes()).length, 0);
  assert.equal((await ask('/', { method: 'POST' })).status, 405);
});

test('a file over the limit is refused with 413, and a bug is told to the log alone', async (t) => {
  const bugs: string[] = [];
  open(t, { maxUploadBytes: 1000, onBug: (failure) => void bugs.push(String(failure)) });
  const large = await ask('/uploads/upload-1/large.png', { method: 'PUT', body: new Uint8Array(1001) });
  assert.equal(large.status, 413);
  assert.deepEqual(bugs, []);
  const broken = await ask('/downloads/style/broken');
  assert.equal(broken.status, 500);
  assert.doesNotMatch(await broken.text(), /secret/);
  assert.match(bugs[0], /a secret/);
});

function open(t: TestContext, options: Partial<Parameters<typeof answerScheme>[0]> = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'morphogen-scheme-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const rendererFolder = join(folder, 'renderer');
  mkdirSync(join(rendererFolder, 'assets'), { recursive: true });
  writeFileSync(join(folder, 'secret.txt'), 'secret');
  writeFileSync(join(rendererFolder, '.hidden.html'), 'hidden');
  writeFileSync(join(rendererFolder, 'index.html'), '<!doctype html>');
  writeFileSync(join(rendererFolder, 'assets/app-abc123.js'), 'export {};');
  const service = createStandIn();
  const onBug = (failure: unknown): never => assert.fail(String(failure));
  answerScheme({ service, rendererFolder, onBug, ...options });
  return service;
}

function ask(path: string, init?: RequestInit): Promise<Response> {
  return askScheme(new Request(`morphogen://app${path}`, init));
}
