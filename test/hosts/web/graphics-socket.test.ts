/** The WebSockets by which a page lends its graphics processor: who is let in, what passes, and how they end. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { WebSocket } from 'ws';
import { graphicsContract } from '#contract/graphics-contract.ts';
import { createClient, serve, type Handlers } from '#contract/rpc.ts';
import { decodeMessage, encodeMessage } from '#contract/wire.ts';
import type { ByteLine } from '#hosts/service/window-service.ts';
import { closeOf, openHost, portOf, until, upgrade, type OpenHost } from './browser.ts';

async function lend(open: OpenHost, kind: 'live' | 'heavy'): Promise<{ socket: WebSocket; line: ByteLine }> {
  const { length } = open.service.lent;
  const socket = await upgrade(open, open.own, `/graphics/${kind}`);
  assert.ok(socket instanceof WebSocket);
  await until(() => open.service.lent.length > length);
  const lent = open.service.lent[length];
  assert.equal(lent.kind, kind);
  return { socket, line: lent.line };
}

test('a page that was let in lends its processor to either process; no other one does', async (context) => {
  const open = await openHost(context);
  for (const kind of ['live', 'heavy'] as const) {
    const path = `/graphics/${kind}`;
    for (const name of ['Cookie', 'Origin', 'Host'] as const) {
      const stranger = { ...open.own, [name]: 'http://evil.example' };
      const refusal = await upgrade(open, stranger, path);
      assert.ok(!(refusal instanceof WebSocket), `${path} without ${name}`);
      assert.equal(refusal.status, 403);
    }
    assert.equal(open.service.lent.length, kind === 'live' ? 0 : 1);
    await lend(open, kind);
  }
  for (const path of ['/graphics', '/graphics/other', '/graphics/live/', '/graphics/live?x=1']) {
    const refusal = await upgrade(open, open.own, path);
    assert.deepEqual(!(refusal instanceof WebSocket) && refusal.status, 404, path);
  }
});

test('calls of the process reach the page, and a large state comes back', async (context) => {
  const open = await openHost(context);
  const { socket, line } = await lend(open, 'live');
  const state = new Float32Array(1024 * 1024 * 8).fill(0.25);
  const handlers: Partial<Handlers<typeof graphicsContract>> = {
    'growth.state': ({ growthId }) => {
      assert.equal(growthId, 'one');
      return { state };
    },
  };
  serve(graphicsContract, portOf(socket), handlers as Handlers<typeof graphicsContract>);
  const client = createClient(graphicsContract, {
    post: (message) => line.send(encodeMessage(message)),
    onMessage: (listener) => line.onBytes((bytes) => listener(decodeMessage(bytes))),
    onClose: (listener) => line.onClose(listener),
    close: () => line.close('done'),
  });
  const answer = await client.call('growth.state', { growthId: 'one' });
  assert.equal(answer.state.length, state.length);
  assert.ok(answer.state.every((value) => value === 0.25));
});

test('a page that closes, or says what is no message, ends its line; the process ends it, too', async (context) => {
  const open = await openHost(context);
  const closed = async ({ line }: { line: ByteLine }): Promise<string> =>
    new Promise((resolve) => line.onClose(resolve));
  const gone = await lend(open, 'live');
  gone.socket.close();
  assert.equal(await closed(gone), 'the window was closed');
  assert.equal(await closed(gone), 'the window was closed', 'also later');
  gone.line.send(Uint8Array.of(1));

  const wordy = await lend(open, 'live');
  wordy.line.onBytes(() => assert.fail('text is no message'));
  const code = closeOf(wordy.socket);
  wordy.socket.send('text');
  assert.equal(await code, 1003);
  await closed(wordy);
  assert.match(open.log.join('\n'), /Only binary messages/);

  const ended = await lend(open, 'heavy');
  const reason = once(ended.socket, 'close');
  ended.line.close('it ended');
  const [closeCode, words] = (await reason) as [number, Buffer];
  assert.deepEqual([closeCode, words.toString()], [1001, 'it ended']);
});

test('a page that answers no ping is dead, and closing the host ends the others', async (context) => {
  const open = await openHost(context, { pingEveryMs: 20 });
  assert.equal(await deadPage(open), 1006);
  const { socket } = await lend(open, 'live');
  const code = closeOf(socket);
  await open.host.close();
  assert.equal(await code, 1001);
});

async function deadPage(open: OpenHost): Promise<number> {
  const socket = await upgrade(open, open.own, '/graphics/live', { autoPong: false });
  assert.ok(socket instanceof WebSocket);
  return closeOf(socket);
}
