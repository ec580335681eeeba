import assert from 'node:assert/strict';
import { test } from 'node:test';
import { splicedPort } from '../../../src-renderer/lib/spliced-port.ts';

test('replies come by the main port, progress by the line, and what acknowledges it goes back the same way', async () => {
  const main = new MessageChannel();
  const port = splicedPort(asInPage(main.port1));
  const heard = queue<unknown>();
  port.onMessage((message) => heard.push(message));
  const sent = listenTo(main.port2);

  const first = new MessageChannel();
  main.port2.postMessage({ type: 'line' }, [first.port1]);
  const engine = listenTo(first.port2);
  port.post({ type: 'call', id: 4, method: 'growth.watch' });
  assert.deepEqual(await sent.next(), { type: 'call', id: 4, method: 'growth.watch' });
  first.port2.postMessage({ type: 'progress', id: 4, value: Uint8Array.of(1, 2) });
  assert.deepEqual(await heard.next(), { type: 'progress', id: 4, value: Uint8Array.of(1, 2) });
  port.post({ type: 'acknowledge', id: 4 });
  assert.deepEqual(await engine.next(), { type: 'acknowledge', id: 4 });

  // Progress of another call comes the long way, and is acknowledged there.
  main.port2.postMessage({ type: 'progress', id: 5, value: 1 });
  assert.deepEqual(await heard.next(), { type: 'progress', id: 5, value: 1 });
  port.post({ type: 'acknowledge', id: 5 });
  assert.deepEqual(await sent.next(), { type: 'acknowledge', id: 5 });
  main.port2.postMessage({ type: 'result', id: 4, value: {} });
  assert.deepEqual(await heard.next(), { type: 'result', id: 4, value: {} });

  // The engine was begun again, and has a new line.
  const second = new MessageChannel();
  main.port2.postMessage({ type: 'line' }, [second.port1]);
  second.port2.postMessage({ type: 'progress', id: 6, value: 2 });
  assert.deepEqual(await heard.next(), { type: 'progress', id: 6, value: 2 });
  const newEngine = listenTo(second.port2);
  port.post({ type: 'acknowledge', id: 6 });
  assert.deepEqual(await newEngine.next(), { type: 'acknowledge', id: 6 });
  port.close();
});

test('it is closed with the main port, once, for those who listen before and after', async () => {
  const { port1, port2 } = new MessageChannel();
  const port = splicedPort(asInPage(port1));
  port.onMessage(() => undefined);
  const reasons = queue<string>();
  port.onClose((reason) => reasons.push(reason));
  port2.close();
  assert.equal(await reasons.next(), 'the application ended');
  port.onClose((reason) => reasons.push(`${reason}, again`));
  assert.equal(await reasons.next(), 'the application ended, again');
  // Lost, and no reason to throw.
  port.post({ type: 'cancel', id: 1 });
  port.close();
});

/** Node's ports have all that the page's have; its types do not say so. */
function asInPage(port: object): Parameters<typeof splicedPort>[0] {
  return port as Parameters<typeof splicedPort>[0];
}

function listenTo(port: object) {
  const messages = queue<unknown>();
  asInPage(port).onmessage = ({ data }: { data: unknown }) => messages.push(data);
  return messages;
}

/** What was pushed, one after another, waited for. */
function queue<T>() {
  const values: T[] = [];
  const waiting: ((value: T) => void)[] = [];
  return {
    push(value: T): void {
      const take = waiting.shift();
      if (take === undefined) values.push(value);
      else take(value);
    },
    next(): Promise<T> {
      const value = values.shift();
      return value === undefined ? new Promise((done) => waiting.push(done)) : Promise.resolve(value);
    },
  };
}
