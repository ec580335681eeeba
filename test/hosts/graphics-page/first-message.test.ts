import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Port } from '#contract/port.ts';
import { onFirstMessage } from '#hosts/graphics-page/first-message.ts';
import { createPortPair } from '#test/contract/port-pair.ts';

test('nobody is called before the first message; who is called gets all of them, in their order', async () => {
  const { left, right } = createPortPair();
  const called: Port[] = [];
  const arrived = Promise.withResolvers<undefined>();
  onFirstMessage(right, (port) => {
    called.push(port);
    arrived.resolve(undefined);
  });
  assert.equal(called.length, 0);
  left.post('first');
  left.post('second');
  await arrived.promise;
  const heard: unknown[] = [];
  const all = Promise.withResolvers<undefined>();
  called[0].onMessage((message) => {
    heard.push(message);
    if (heard.length === 3) all.resolve(undefined);
  });
  left.post('third');
  await all.promise;
  assert.deepEqual(heard, ['first', 'second', 'third']);
  assert.equal(called.length, 1);
});

test('what is answered goes out, and the end of the port is heard', async () => {
  const { left, right } = createPortPair();
  const answered = new Promise((resolve) => left.onMessage(resolve));
  const ended = Promise.withResolvers<string>();
  onFirstMessage(right, (port) => {
    port.onClose(ended.resolve);
    port.onMessage((message) => port.post(`re: ${String(message)}`));
  });
  left.post('hello');
  assert.equal(await answered, 're: hello');
  left.close();
  assert.equal(typeof (await ended.promise), 'string');
});
