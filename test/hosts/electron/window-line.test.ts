import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import type { AppContract } from '#contract/app-contract.ts';
import { windowContract } from '#contract/desktop-contract.ts';
import { createClient, type Handlers } from '#contract/rpc.ts';
import { createStandIn, librarySummary } from '#test/hosts/web/stand-in-service.ts';
import './stand-in/hooks.ts';
import { ipcMain } from './stand-in/ipc-main.ts';
import { StandInPort } from './stand-in/message-channel.ts';

const { answerWindows, connectChannel, portChannel } = await import('#hosts/electron/window-line.ts');
const { linePort } = await import('#hosts/engine/line-port.ts');

const refusals: string[] = [];
const lines = new Map<string, (end: never) => void>();
const service = createStandIn();
const watched: unknown[] = [];
const handlers: Handlers<AppContract> = {
  ...service.handlers,
  'growth.watch': (_, { direct }) => {
    watched.push(direct);
    return {};
  },
};
answerWindows({
  service: { handlers, onEvent: service.onEvent },
  desktop: { handlers: {} as never, onEvent: () => () => undefined },
  engines: {
    addLine(name, deliver) {
      lines.set(name, deliver);
      return () => void lines.delete(name);
    },
  },
  onBug: (failure) => assert.fail(String(failure)),
  onRefusal: (sentence) => void refusals.push(sentence),
});

/** What a page's preload script does. @returns the page's end of the port, if it gets one */
function connect(url: string, parent: object | null = null): StandInPort | null {
  let end: StandInPort | null = null;
  const postMessage = (channel: string, _: unknown, [port]: StandInPort[]): void => {
    assert.equal(channel, portChannel);
    end = port;
  };
  ipcMain.emit(connectChannel, { senderFrame: { url, parent, postMessage } });
  return end;
}

test('the page gets a port that answers, tells events, and names its line', async () => {
  const end = connect('morphogen://app/index.html#/gallery')!;
  const client = createClient(windowContract, linePort(end as never));
  assert.deepEqual(await client.call('undo.undo', {}), librarySummary);
  await assert.rejects(client.call('models.rename', { id: 'one', name: 'x' }), /no model to be called x/);
  const heard = new Promise((done) => client.on('library.changed', done));
  service.emit('library.changed', librarySummary);
  assert.deepEqual(await heard, librarySummary);
  await client.call('growth.watch', { growthId: 'one' });
  const [line] = lines.keys();
  assert.deepEqual(watched, [{ line, call: 2 }]);
  client.close();
});

test('the end of an engine’s line comes over the port; when the page goes, all of it ends', async () => {
  const end = connect('morphogen://app/')!;
  const [name, deliver] = [...lines].at(-1)!;
  end.start();
  const [ours, engines] = StandInPort.pair();
  deliver(engines as never);
  const [{ data, ports }] = (await once(end, 'message')) as [{ data: unknown; ports: StandInPort[] }];
  assert.deepEqual(data, { type: 'line' });
  const heard = once(ports[0], 'message');
  ports[0].start();
  ours.postMessage('a frame');
  assert.equal(((await heard) as [{ data: unknown }])[0].data, 'a frame');

  const before = service.listeners();
  end.close();
  // Both ends hear of it one after the other.
  while (lines.has(name)) await new Promise((done) => setImmediate(done));
  assert.equal(service.listeners(), before - 1);
});

test('nobody else gets one, and that is told', () => {
  const own = 'morphogen://app/';
  const strangers: [string, object | null][] = [
    ['https://evil.example/', null],
    ['file:///etc/passwd', null],
    ['morphogen://other/', null],
    [own, { url: own }],
  ];
  for (const [url, parent] of strangers) {
    const told = refusals.length;
    assert.equal(connect(url, parent), null, url);
    assert.equal(refusals.length, told + 1);
  }
  ipcMain.emit(connectChannel, { senderFrame: null });
  assert.match(refusals.at(-1) ?? '', /not Morphogen’s/);
});
