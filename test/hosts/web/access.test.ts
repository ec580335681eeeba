/** Each rule of loopback, and that it refuses. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { networkInterfaces } from 'node:os';
import { test } from 'node:test';
import { WebSocket } from 'ws';
import { ask, openHost, upgrade, type OpenHost } from './browser.ts';
import { pictureHash } from './stand-in-service.ts';

const everything: [string, string][] = [
  ['GET', '/'],
  ['GET', '/assets/app-abc123.js'],
  ['GET', `/pictures/${pictureHash}`],
  ['GET', '/downloads/style/one'],
  ['POST', '/uploads'],
  ['PUT', '/uploads/upload-1/a.png'],
  ['GET', '/no-such-page'],
  ['DELETE', '/'],
];

async function assertRefused(open: OpenHost, headers: Record<string, string | string[]>): Promise<void> {
  for (const [method, path] of everything) {
    const { status, text } = await ask(open, { method, path, headers });
    assert.equal(status, 403, `${method} ${path}`);
    assert.match(text, /^[^\n]+ open the address that `npm start` printed\.\n$/);
  }
  assert.equal(open.service.uploaded.size, 0);
}

test('who shows all three, host, origin and cookie, is let in', async (context) => {
  const open = await openHost(context);
  for (const [method, path] of everything.slice(0, 6)) {
    assert.ok((await ask(open, { method, path, headers: open.own })).status < 300, `${method} ${path}`);
  }
  assert.ok((await upgrade(open, open.own)) instanceof WebSocket);
});

test('without the cookie everything is 403', async (context) => {
  const open = await openHost(context);
  const { Host, Origin } = open.own;
  await assertRefused(open, { Host, Origin });
});

test('with the cookie of an earlier start, or of another port, everything is 403', async (context) => {
  const open = await openHost(context);
  const { host, token } = open;
  for (const cookie of [
    `morphogen-${host.port}=${'A'.repeat(43)}`,
    `morphogen-${host.port}=`,
    `morphogen-${host.port}=${token}x`,
    `morphogen-${host.port + 1}=${token}`,
    `other=morphogen-${host.port}=${token}`,
  ]) {
    await assertRefused(open, { ...open.own, Cookie: cookie });
  }
});

test('among other cookies the right one is found', async (context) => {
  const open = await openHost(context);
  const cookie = `theme=dark; morphogen-${open.host.port}=stale; ${open.own.Cookie}; x=y`;
  assert.equal((await ask(open, { headers: { ...open.own, Cookie: cookie } })).status, 200);
});

test('under any other host name everything is 403, token or not: a rebound name is another', async (context) => {
  const open = await openHost(context);
  const { port } = open.host;
  for (const Host of [
    'evil.example',
    `evil.example:${port}`,
    '127.0.0.1',
    'localhost',
    `127.0.0.1:${port + 1}`,
    `[::1]:${port}`,
    `127.0.0.1.evil.example:${port}`,
    `localhost.:${port}`,
    `0.0.0.0:${port}`,
    `LOCALHOST:${port}`,
  ]) {
    await assertRefused(open, { ...open.own, Host });
    const entering = await ask(open, { path: `/?token=${open.token}`, headers: { Host } });
    assert.equal(entering.status, 403, Host);
    assert.equal(entering.headers['set-cookie'], undefined);
  }
  assert.equal((await ask(open, { headers: { ...open.own, Host: `localhost:${port}` } })).status, 200);
});

test('a request without a host, or with two, is refused', async (context) => {
  const open = await openHost(context);
  const none = await raw(open, `GET / HTTP/1.0\r\nCookie: ${open.own.Cookie}\r\n\r\n`);
  assert.match(none, /^HTTP\/1\.1 403 /);
  const { Host, Cookie } = open.own;
  const two = `GET / HTTP/1.1\r\nHost: ${Host}\r\nHost: evil.example\r\nCookie: ${Cookie}\r\n\r\n`;
  assert.match(await raw(open, two), /^HTTP\/1\.1 40[03] /);
});

test('from another origin everything is 403', async (context) => {
  const open = await openHost(context);
  const { port } = open.host;
  for (const Origin of [
    'null',
    'http://evil.example',
    `https://127.0.0.1:${port}`,
    `http://127.0.0.1:${port + 1}`,
    `http://127.0.0.1:${port}.evil.example`,
    'file://',
  ]) {
    await assertRefused(open, { ...open.own, Origin });
  }
});

test('who sends something must say from where', async (context) => {
  const open = await openHost(context);
  const { Host, Cookie } = open.own;
  const headers = { Host, Cookie };
  assert.equal((await ask(open, { headers })).status, 200, 'reading needs none');
  assert.equal((await ask(open, { method: 'POST', path: '/uploads', headers })).status, 403);
  assert.equal((await ask(open, { method: 'PUT', path: '/uploads/upload-1/a.png', headers })).status, 403);
  assert.equal((await ask(open, { method: 'DELETE', headers })).status, 403);
});

test('what the browser calls cross-site is 403, a page of another port included', async (context) => {
  const open = await openHost(context);
  const { Host, Cookie } = open.own;
  for (const site of ['cross-site', 'same-site']) {
    const headers = { Host, Cookie, 'Sec-Fetch-Site': site };
    assert.equal((await ask(open, { path: `/pictures/${pictureHash}`, headers })).status, 403, site);
  }
  for (const site of ['same-origin', 'none']) {
    const headers = { Host, Cookie, 'Sec-Fetch-Site': site };
    assert.equal((await ask(open, { path: `/pictures/${pictureHash}`, headers })).status, 200, site);
  }
});

test('the upgrade has the same rules, and more: an origin is a must', async (context) => {
  const open = await openHost(context);
  const { Host, Origin, Cookie } = open.own;
  const wrong: Record<string, string>[] = [
    { Host, Origin },
    { Host, Cookie },
    { Host, Origin, Cookie: `morphogen-${open.host.port}=${'A'.repeat(43)}` },
    { Host: `evil.example:${open.host.port}`, Origin, Cookie },
    { Host, Origin: 'http://evil.example', Cookie },
    { Host, Origin: 'null', Cookie },
    { Host, Origin, Cookie, 'Sec-Fetch-Site': 'same-site' },
  ];
  for (const headers of wrong) {
    const refusal = await upgrade(open, headers);
    assert.ok(!(refusal instanceof WebSocket), JSON.stringify(headers));
    assert.equal(refusal.status, 403);
    assert.match(refusal.text, /open the address/);
  }
  const byToken = await upgrade(open, { Host, Origin }, `/?token=${open.token}`);
  assert.ok(!(byToken instanceof WebSocket));
  assert.equal(byToken.status, 403);
  const elsewhere = await upgrade(open, open.own, '/other');
  assert.ok(!(elsewhere instanceof WebSocket));
  assert.equal(elsewhere.status, 404);
  assert.equal(open.service.listeners(), 0);
});

test('the token in the address becomes a cookie that no script reads, and leaves the address', async (context) => {
  const open = await openHost(context);
  const { Host } = open.own;
  const { status, headers } = await ask(open, { path: `/?token=${open.token}`, headers: { Host } });
  assert.equal(status, 303);
  assert.equal(headers.location, '/');
  assert.deepEqual(headers['set-cookie'], [
    `morphogen-${open.host.port}=${open.token}; Path=/; HttpOnly; SameSite=Strict`,
  ]);
  assert.equal(headers['cache-control'], 'no-store');
  assert.equal(Buffer.from(open.token, 'base64url').length, 32);
});

test('a link to the address in another page works too', async (context) => {
  const open = await openHost(context);
  const headers = { Host: open.own.Host, 'Sec-Fetch-Site': 'cross-site', 'Sec-Fetch-Mode': 'navigate' };
  const answer = await ask(open, { path: `/?token=${open.token}`, headers });
  assert.equal(answer.status, 200);
  assert.equal(answer.headers.refresh, '0; url=/');
  assert.equal(answer.headers['set-cookie']?.length, 1);
});

test('a wrong token is 403, with the right cookie too', async (context) => {
  const open = await openHost(context);
  for (const query of ['token=', 'token=x', `token=${open.token}x`, `token=${open.token}&token=x`]) {
    const answer = await ask(open, { path: `/?${query}`, headers: open.own });
    assert.equal(answer.status, 403, query);
    assert.equal(answer.headers['set-cookie'], undefined);
  }
  const elsewhere = await ask(open, {
    path: `/assets/app-abc123.js?token=${open.token}`,
    headers: { Host: open.own.Host },
  });
  assert.equal(elsewhere.status, 403, 'only the first address takes it');
});

test('every start has a token of its own', async (context) => {
  const [one, two] = [await openHost(context), await openHost(context)];
  assert.notEqual(one.token, two.token);
});

test('it listens on loopback alone', async (context) => {
  const open = await openHost(context);
  assert.match(open.host.address, /^http:\/\/127\.0\.0\.1:/);
  const others = Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .filter(({ address, family }) => family === 'IPv4' && address !== '127.0.0.1')
    .map(({ address }) => address);
  // 127.0.0.2 is this machine too, on Linux: it answers if 0.0.0.0 is listened on.
  for (const address of [...others, ...(process.platform === 'linux' ? ['127.0.0.2'] : []), '::1']) {
    const socket = connect(open.host.port, address);
    const [outcome] = (await Promise.race([
      once(socket, 'connect').then(() => ['connected']),
      once(socket, 'error'),
    ]).catch((error: unknown) => [error])) as unknown[];
    socket.destroy();
    assert.ok(outcome instanceof Error, `${address} answered`);
  }
});

async function raw({ host }: OpenHost, text: string): Promise<string> {
  const socket = connect(host.port, '127.0.0.1');
  let answer = '';
  socket.setEncoding('utf8').on('data', (chunk: string) => (answer += chunk));
  socket.end(text);
  await once(socket, 'close');
  return answer;
}
