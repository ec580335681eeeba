import assert from 'node:assert/strict';
import { rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { contentDisposition } from '#hosts/service/window-routes.ts';
import { ask, openHost } from './browser.ts';
import { picture, pictureHash } from './stand-in-service.ts';

test('every answer carries the headers that keep other pages out', async (context) => {
  const open = await openHost(context);
  const answers = [
    await ask(open, { headers: open.own }),
    await ask(open, { path: `/pictures/${pictureHash}`, headers: open.own }),
    await ask(open, { path: '/nothing', headers: open.own }),
    await ask(open, { headers: { Host: 'evil.example' } }),
    await ask(open, { path: `/?token=${open.token}`, headers: { Host: open.own.Host } }),
  ];
  for (const { headers } of answers) {
    const policyText = String(headers['content-security-policy']);
    const policy = new Map(
      policyText.split('; ').map((rule) => {
        const [name, ...sources] = rule.split(' ');
        return [name, sources.join(' ')];
      }),
    );
    assert.equal(policy.get('default-src'), `'none'`);
    assert.equal(policy.get('script-src'), `'self'`);
    assert.equal(policy.get('connect-src'), `'self'`);
    for (const name of ['base-uri', 'form-action', 'frame-ancestors'])
      assert.equal(policy.get(name), `'none'`);
    assert.doesNotMatch(policyText, /unsafe-eval|https?:|\*/);
    assert.equal(headers['cross-origin-opener-policy'], 'same-origin');
    assert.equal(headers['cross-origin-embedder-policy'], 'require-corp');
    assert.equal(headers['cross-origin-resource-policy'], 'same-origin');
    assert.equal(headers['x-content-type-options'], 'nosniff');
    assert.equal(headers['referrer-policy'], 'no-referrer');
    assert.equal(headers['access-control-allow-origin'], undefined);
  }
});

test('the page is asked for again each time, its hashed files never', async (context) => {
  const open = await openHost(context);
  const page = await ask(open, { headers: open.own });
  assert.equal(page.status, 200);
  assert.match(page.headers['content-type'] ?? '', /^text\/html/);
  assert.equal(page.headers['cache-control'], 'no-cache');
  const script = await ask(open, { path: '/assets/app-abc123.js', headers: open.own });
  assert.match(script.headers['content-type'] ?? '', /javascript/);
  assert.match(script.headers['cache-control'] ?? '', /immutable/);
  const same = await ask(open, { headers: { ...open.own, 'If-None-Match': page.headers.etag ?? '' } });
  assert.equal(same.status, 304);
});

test('a new build is served without a restart, and a lost one does not end the server', async (context) => {
  const open = await openHost(context);
  writeFileSync(join(open.rendererFolder, 'index.html'), 'new');
  assert.equal((await ask(open, { headers: open.own })).text, 'new');
  rmSync(join(open.rendererFolder, 'assets/app-abc123.js'));
  assert.equal((await ask(open, { path: '/assets/app-abc123.js', headers: open.own })).status, 404);
  rmSync(join(open.rendererFolder, 'index.html'));
  const lost = await ask(open, { headers: open.own });
  assert.equal(lost.status, 503);
  assert.match(lost.text, /not built: run `npm run build`/);
});

test('no path leads out of the page’s folder', async (context) => {
  const open = await openHost(context);
  for (const path of [
    '/../secret.txt',
    '/..%2fsecret.txt',
    '/%2e%2e/secret.txt',
    '/%2e%2e%2fsecret.txt',
    '/assets/../../secret.txt',
    '/assets/..%5c..%5csecret.txt',
    '/....//secret.txt',
    '//secret.txt',
    '/%00/../secret.txt',
    '/../renderer-other/secret.txt',
    '/../../../../../../../etc/passwd',
    '/..%252fsecret.txt',
    '/%',
  ]) {
    const { status, text } = await ask(open, { path, headers: open.own });
    assert.equal(status, 404, path);
    assert.doesNotMatch(text, /secret|root/);
  }
});

test('a strange range is no reason to fall', async (context) => {
  const open = await openHost(context);
  for (const Range of ['bytes=abc-', 'bytes=99999-1', 'bytes=-5', 'x']) {
    assert.equal((await ask(open, { headers: { ...open.own, Range } })).status, 200);
  }
});

test('pictures by their hash, kept forever', async (context) => {
  const open = await openHost(context);
  const found = await ask(open, { path: `/pictures/${pictureHash}`, headers: open.own });
  assert.equal(found.status, 200);
  assert.equal(found.headers['content-type'], 'image/png');
  assert.match(found.headers['cache-control'] ?? '', /private.*immutable/);
  assert.deepEqual(new Uint8Array(found.body), picture);
  const head = await ask(open, { method: 'HEAD', path: `/pictures/${pictureHash}`, headers: open.own });
  assert.equal(head.status, 200);
  assert.equal(head.body.length, 0);
  const missing = await ask(open, { path: `/pictures/${'0'.repeat(64)}`, headers: open.own });
  assert.equal(missing.status, 404);
  assert.equal(missing.headers['cache-control'], 'no-store');
  assert.equal((await ask(open, { path: '/pictures/nothing', headers: open.own })).status, 404);
});

test('other methods are 405, with those that are allowed', async (context) => {
  const open = await openHost(context);
  const cases: [string, string, string][] = [
    ['POST', '/', 'GET, HEAD'],
    ['DELETE', `/pictures/${pictureHash}`, 'GET, HEAD'],
    ['GET', '/uploads', 'POST'],
    ['POST', '/uploads/upload-1/a.png', 'PUT'],
    ['POST', '/downloads/style/one', 'GET, HEAD'],
    ['OPTIONS', '/uploads', 'POST'],
  ];
  for (const [method, path, allowed] of cases) {
    const { status, headers } = await ask(open, { method, path, headers: open.own });
    assert.equal(status, 405, `${method} ${path}`);
    assert.equal(headers.allow, allowed);
  }
});

test('files are uploaded under their relative names', async (context) => {
  const open = await openHost(context);
  const begun = await ask(open, { method: 'POST', path: '/uploads', headers: open.own });
  assert.equal(begun.status, 201);
  const { id } = JSON.parse(begun.text) as { id: string };
  const body = Uint8Array.from({ length: 300_000 }, (_, index) => index % 253);
  const path = `/uploads/${id}/${encodeURIComponent('größe & maß/ein bild.png')}`;
  const added = await ask(open, { method: 'PUT', path, headers: open.own, body });
  assert.equal(added.status, 204);
  assert.deepEqual([...open.service.uploaded.keys()], ['upload-1/größe & maß/ein bild.png']);
  assert.deepEqual(open.service.uploaded.get('upload-1/größe & maß/ein bild.png'), body);
});

test('names that lead elsewhere, and uploads that nobody began, are refused with a sentence', async (context) => {
  const open = await openHost(context);
  for (const name of [
    '..%2fx.png',
    '%2fetc%2fx',
    'a%2f..%2f..%2fx',
    'a%5cb',
    'C%3a%5cx',
    'a%00b',
    'a%2f%2fb',
    '.',
    '%',
    'x'.repeat(5000),
  ]) {
    const answer = await ask(open, { method: 'PUT', path: `/uploads/upload-1/${name}`, headers: open.own });
    assert.equal(answer.status, 400, name);
    const { code, message } = JSON.parse(answer.text) as { code: string; message: string };
    assert.equal(code, 'bad-argument');
    assert.match(message, /rename it/);
  }
  const unknown = await ask(open, { method: 'PUT', path: '/uploads/other/a.png', headers: open.own });
  assert.equal(unknown.status, 404);
  assert.match(unknown.text, /begin again/);
  assert.equal(open.service.uploaded.size, 0);
});

test('a file over the limit is refused: before it is sent, and where it does not say its size', async (context) => {
  const open = await openHost(context, { maxUploadBytes: 1000 });
  const put = { method: 'PUT', path: '/uploads/upload-1/a.png' };
  const told = await ask(open, { ...put, headers: { ...open.own, 'Content-Length': '1001' } });
  assert.equal(told.status, 413);
  assert.match(told.text, /“a.png” is larger than/);
  const streamed = await ask(open, {
    ...put,
    headers: { ...open.own, 'Transfer-Encoding': 'chunked' },
    body: new Uint8Array(1001),
  });
  assert.equal(streamed.status, 413);
  assert.equal(open.service.uploaded.size, 0);
  const fits = await ask(open, { ...put, headers: open.own, body: new Uint8Array(1000) });
  assert.equal(fits.status, 204);
});

test('an upload that breaks off leaves nothing, and the server runs on', async (context) => {
  const open = await openHost(context);
  const headers = { ...open.own, 'Content-Length': '1000' };
  const path = '/uploads/upload-1/a.png';
  const outgoing = request({ host: '127.0.0.1', port: open.host.port, method: 'PUT', path, headers });
  const ended = new Promise((done) => outgoing.on('close', done));
  outgoing.on('error', () => undefined);
  outgoing.write(new Uint8Array(10), () => outgoing.destroy());
  await ended;
  assert.equal((await ask(open, { headers: open.own })).status, 200);
  assert.equal(open.service.uploaded.size, 0);
  assert.deepEqual(open.log, []);
});

test('downloads have a name that harms neither header nor folder', async (context) => {
  const open = await openHost(context);
  const { status, headers, body } = await ask(open, { path: '/downloads/style/one', headers: open.own });
  assert.equal(status, 200);
  assert.deepEqual(new Uint8Array(body), picture);
  assert.equal(headers['x-evil'], undefined);
  assert.equal(
    headers['content-disposition'],
    `attachment; filename="na_ve _style___X-Evil: 1_.._.safetensors"; ` +
      `filename*=UTF-8''na%C3%AFve%20%E2%80%9Cstyle%E2%80%9D__X-Evil%3A%201_.._.safetensors`,
  );
  const missing = await ask(open, { path: '/downloads/model/two', headers: open.own });
  assert.equal(missing.status, 404);
  assert.match(missing.text, /^There is no such model: it may have been deleted\.\n$/);
  assert.equal((await ask(open, { path: '/downloads/secret/one', headers: open.own })).status, 404);
});

test('any name makes a header that a browser can read', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (name) => {
      const header = contentDisposition(name);
      assert.match(header, /^attachment; filename="[ -~]*"; filename\*=UTF-8''[\w%.!~&$+^`|#-]*$/);
      const plain = /filename="([^"]*)"/.exec(header)?.[1] ?? '';
      assert.doesNotMatch(plain, /[/\\]/);
      assert.doesNotThrow(() => decodeURIComponent(header.split(`UTF-8''`)[1] ?? ''));
    }),
  );
});

test('a bug is told to the log, not to the page', async (context) => {
  const open = await openHost(context);
  const { status, text } = await ask(open, { path: '/downloads/style/broken', headers: open.own });
  assert.equal(status, 500);
  assert.doesNotMatch(text, /secret|TypeError/);
  assert.match(open.log.join('\n'), /A bug in GET \/downloads\/style\/broken: TypeError: a secret/);
});
