/**
 * Rows 60 to 66 of the catalogue of faults. The rules of loopback have their tests in test/hosts/web; here they are met
 * in the program itself, with its library and its engine process.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { WebSocket } from 'ws';
import { appContract, type AppContract } from '#contract/app-contract.ts';
import { createClient, type Client } from '#contract/rpc.ts';
import type { Job } from '#contract/shapes/jobs.ts';
import { encodeMessage } from '#contract/wire.ts';
import { startServer } from '#test/e2e/server.ts';
import { ask, closeOf, openHost, openSocket, portOf, upgrade, windowOf } from '#test/hosts/web/browser.ts';
import { refusedWith } from '#test/contract/rpc-cases.ts';

interface Program extends ReturnType<typeof windowOf> {
  readonly host: { readonly port: number };
  readonly output: () => string;
}

/** Started on a free port, or tries the given one first. */
async function startProgram(context: TestContext, port = 0): Promise<Program> {
  const folder = mkdtempSync(join(tmpdir(), 'morphogen-row-'));
  const server = await startServer(folder, ['--port', String(port)]);
  context.after(async () => {
    await server.stop();
    rmSync(folder, { recursive: true, maxRetries: 5 });
  });
  const { address, output } = server;
  return { host: { port: Number(new URL(address).port) }, output, ...windowOf(address) };
}

async function openClient(program: Program): Promise<{ socket: WebSocket; client: Client<AppContract> }> {
  const socket = await openSocket(program);
  return { socket, client: createClient(appContract, portOf(socket)) };
}

test('rows 60 and 61: too large, malformed, of the wrong shape: refused with a code, and nothing else happens', async (context) => {
  const program = await startProgram(context);
  const { socket: other, client } = await openClient(program);
  const before = await client.call('gallery.list', {});

  const { socket: large } = await openClient(program);
  const tooLarge = closeOf(large);
  large.send(new Uint8Array(16 * 1024 * 1024 + 1));
  assert.equal(await tooLarge, 1009);

  const { socket: strange } = await openClient(program);
  const malformed = closeOf(strange);
  strange.send(Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0));
  assert.equal(await malformed, 1007);

  other.send(encodeMessage({ type: 'call', id: 1e6, method: 'gallery.delete', params: { items: 'all' } }));
  await assert.rejects(
    client.call('gallery.delete', { items: [{ kind: 'model' as 'style', id: '../x' }] }),
    refusedWith('bad-argument', /gallery\.delete .*items\.0/),
  );
  assert.deepEqual(await client.call('gallery.list', {}), before);
  assert.match(program.output(), /gallery\.delete cannot use .*items/);
});

test('rows 62 and 63: a page elsewhere, and one under a rebound name, get 403 and change nothing', async (context) => {
  const program = await startProgram(context);
  const { own, token, host } = program;
  const strangers: Record<string, string>[] = [
    { Host: own.Host, Origin: 'http://evil.example', Cookie: own.Cookie },
    { Host: own.Host, Origin: own.Origin },
    { Host: `evil.example:${host.port}`, Origin: `http://evil.example:${host.port}`, Cookie: own.Cookie },
    { Host: `127.0.0.1:${host.port + 1}`, Origin: own.Origin, Cookie: own.Cookie },
  ];
  for (const headers of strangers) {
    for (const path of ['/', '/uploads', '/rpc', `/pictures/${'0'.repeat(64)}`]) {
      for (const method of ['GET', 'POST']) {
        assert.equal((await ask(program, { method, path, headers })).status, 403, `${method} ${path}`);
      }
    }
    const refused = await upgrade(program, headers);
    assert.ok(!(refused instanceof WebSocket));
    assert.equal(refused.status, 403);
  }
  const rebound = { Host: `evil.example:${host.port}` };
  assert.equal((await ask(program, { path: `/?token=${token}`, headers: rebound })).status, 403);
});

test('row 64: a port in use gives way to the next, and the address says which', async (context) => {
  const taken = createServer().listen(0, '127.0.0.1');
  context.after(() => taken.close());
  await once(taken, 'listening');
  const { port } = taken.address() as AddressInfo;
  const program = await startProgram(context, port);
  assert.ok(program.host.port > port);
  const { client } = await openClient(program);
  assert.match((await client.call('app.snapshot', {})).version, /^\d/);
});

test('row 64: a window that stops reading gets no more frames than it acknowledged, and ends by its ping', async (context) => {
  const open = await openHost(context, { pingEveryMs: 50 });
  const socket = await openSocket(open);
  const client = createClient(appContract, portOf(socket));
  let frames = 0;
  const watching = client.call(
    'growth.watch',
    { growthId: 'g1' },
    {
      onProgress: () => {
        if (++frames === 3) socket.pause();
      },
    },
  );
  // A socket that is not read does not hear of its end either, so the server's side is what tells.
  while (open.service.cancelled === 0) await new Promise((done) => setImmediate(done));
  assert.equal(open.service.listeners(), 0);
  assert.ok(frames <= 5, `${frames} frames`);
  socket.resume();
  await assert.rejects(watching, refusedWith('disconnected', /lost/));
});

test('row 65: markup in a name is text, wherever the server says it', async (context) => {
  const open = await openHost(context);
  const markup = '<img src=x onerror=alert(1)>';
  const client = createClient(appContract, portOf(await openSocket(open)));
  await assert.rejects(client.call('models.rename', { id: 'm1', name: markup }), (error: Error) =>
    error.message.includes(markup),
  );
  const encoded = encodeURIComponent(markup);
  const answers = [
    await ask(open, { path: `/${encoded}`, headers: open.own }),
    await ask(open, { path: `/downloads/style/${encoded}`, headers: open.own }),
    await ask(open, { method: 'PUT', path: `/uploads/other/${encoded}`, headers: open.own }),
    await ask(open, { method: 'PUT', path: `/uploads/upload-1/..%2f${encoded}`, headers: open.own }),
    await ask(open, { path: `/?token=${encoded}`, headers: open.own }),
    await ask(open, { path: '/downloads/style/one', headers: open.own }),
  ];
  for (const { headers } of answers) {
    assert.match(
      headers['content-type'] ?? '',
      /^(text\/plain; charset=utf-8|application\/(json|octet-stream))$/,
    );
    assert.equal(headers['x-content-type-options'], 'nosniff');
    assert.match(String(headers['content-security-policy']), /^default-src 'none'; script-src 'self';/);
  }
  assert.match(answers[5].headers['content-disposition'] ?? '', /^attachment;/);
});

test('row 66: under a clock that jumps by days a job keeps its pace and its ETA, and the engine is not taken for dead', async (context) => {
  const clock = new URL('./clock-that-jumps.ts', import.meta.url).href;
  const options = process.env.NODE_OPTIONS;
  process.env.NODE_OPTIONS = `${options ?? ''} --import ${clock}`;
  const program = await startProgram(context).finally(() => {
    if (options === undefined) delete process.env.NODE_OPTIONS;
    else process.env.NODE_OPTIONS = options;
  });
  const { client } = await openClient(program);
  const restarts: number[] = [];
  client.on('engine.state', (state) => restarts.push(state.restarts));
  const seen: Job[] = [];
  const ended = new Promise<Job>((done) =>
    client.on('jobs.changed', (job) => {
      seen.push(job);
      if (!['queued', 'running'].includes(job.state)) done(job);
    }),
  );
  // The bundled models come in just after the first start.
  const modelsAreIn = new Promise<void>((done) =>
    client.on('library.changed', ({ models }) => (models > 0 ? done() : undefined)),
  );
  if ((await client.call('models.list', {})).length === 0) await modelsAreIn;
  const { jobId } = await client.call('samples.start', { sample: 'digits' });
  const last = await ended;
  assert.equal(last.id, jobId);
  assert.equal(last.state, 'done', last.message ?? program.output());
  assert.ok(last.styleCount > 0);
  for (const { etaSeconds } of seen) {
    assert.ok(etaSeconds === null || (etaSeconds >= 0 && etaSeconds < 3600), String(etaSeconds));
  }
  const wallTimes = [last.createdMs, last.startedMs ?? 0, last.endedMs ?? 0];
  assert.ok(
    wallTimes.some((ms) => Math.abs(ms - Date.now()) > 60_000),
    'its clock did jump',
  );
  assert.ok(restarts.every((count) => count === 0));
});
