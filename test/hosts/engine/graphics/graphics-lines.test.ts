import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Port } from '#contract/port.ts';
import { decodeMessage, encodeMessage } from '#contract/wire.ts';
import { lendingPort, portWithLines, type ByteLine } from '#hosts/engine/graphics/graphics-lines.ts';
import { createPortPair } from '#test/contract/port-pair.ts';

interface PageEnd extends ByteLine {
  readonly received: unknown[];
  closedFor: string | null;
  say(bytes: Uint8Array): void;
  leave(): void;
}

/** A page's socket, as the application has it. */
function pageEnd(): PageEnd {
  const bytes: ((message: Uint8Array) => void)[] = [];
  const closes: ((reason: string) => void)[] = [];
  const end: PageEnd = {
    ...{ received: [], closedFor: null },
    send: (message) => void end.received.push(decodeMessage(message)),
    onBytes: (listener) => void bytes.push(listener),
    onClose: (listener) => void closes.push(listener),
    close(reason) {
      end.closedFor ??= reason;
    },
    say: (message) => bytes.forEach((listener) => listener(message)),
    leave: () => closes.forEach((listener) => listener('the window was closed')),
  };
  return end;
}

interface Stage {
  readonly lend: (line: ByteLine) => void;
  /** Of the application and of the process: what the rpc sees. */
  readonly application: { readonly port: Port; readonly messages: unknown[] };
  readonly engine: { readonly port: Port; readonly messages: unknown[] };
  readonly lines: { readonly port: Port; readonly messages: unknown[]; closedFor: string | null }[];
}

function stage(): Stage {
  const { left, right } = createPortPair();
  const { port, lend } = lendingPort(left);
  const lines: Stage['lines'] = [];
  const inEngine = portWithLines(right, (line) => {
    const one: Stage['lines'][number] = { port: line, messages: [], closedFor: null };
    line.onMessage((message) => one.messages.push(message));
    line.onClose((reason) => (one.closedFor = reason));
    lines.push(one);
  });
  const [application, engine] = [
    { port, messages: [] as unknown[] },
    { port: inEngine, messages: [] as unknown[] },
  ];
  port.onMessage((message) => application.messages.push(message));
  inEngine.onMessage((message) => engine.messages.push(message));
  return { lend, application, engine, lines };
}

async function react(): Promise<void> {
  for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve));
}

test('lines and the rpc share a channel, and neither sees the other', async () => {
  const { lend, application, engine, lines } = stage();
  const [one, two] = [pageEnd(), pageEnd()];
  lend(one);
  lend(two);
  application.port.post({ type: 'call', id: 1 });
  one.say(encodeMessage({ state: Float32Array.of(1.5, -0, NaN) }));
  two.say(encodeMessage('two'));
  await react();
  assert.deepEqual(engine.messages, [{ type: 'call', id: 1 }]);
  assert.deepEqual(
    lines.map(({ messages }) => messages),
    [[{ state: Float32Array.of(1.5, -0, NaN) }], ['two']],
  );
  engine.port.post({ type: 'result', id: 1 });
  lines[1].port.post({ asked: Uint8Array.of(1, 2) });
  await react();
  assert.deepEqual(application.messages, [{ type: 'result', id: 1 }]);
  assert.deepEqual([one.received, two.received], [[], [{ asked: Uint8Array.of(1, 2) }]]);
});

test('a page that leaves closes its line in the process, and no other', async () => {
  const { lend, lines } = stage();
  const [one, two] = [pageEnd(), pageEnd()];
  lend(one);
  lend(two);
  await react();
  one.leave();
  await react();
  assert.deepEqual(
    lines.map(({ closedFor }) => closedFor),
    ['the window was closed', null],
  );
  let told = '';
  lines[0].port.onClose((reason) => (told = reason));
  assert.equal(told, 'the window was closed');
  lines[0].port.post('late');
  one.say(encodeMessage('late'));
  await react();
  assert.deepEqual([one.received, lines[0].messages], [[], []]);
});

test('the process may close a line, and closes one that says what is no message', async () => {
  const { lend, lines } = stage();
  const [one, two] = [pageEnd(), pageEnd()];
  lend(one);
  lend(two);
  await react();
  lines[0].port.close();
  two.say(Uint8Array.of(9, 9, 9, 9, 9));
  await react();
  assert.match(one.closedFor ?? '', /no use for it/);
  assert.match(two.closedFor ?? '', /not one of Morphogen's/);
  assert.ok(lines.every(({ closedFor }) => closedFor !== null));
});

test('when the process ends its lines do, and so does one that comes too late', async () => {
  const { lend, engine, lines } = stage();
  const [one, two] = [pageEnd(), pageEnd()];
  lend(one);
  await react();
  engine.port.close();
  assert.deepEqual([one.closedFor, lines[0].closedFor], ['closed', 'closed']);
  lend(two);
  assert.equal(two.closedFor, 'closed');
});
