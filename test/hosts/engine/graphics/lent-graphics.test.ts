import assert from 'node:assert/strict';
import { afterEach, beforeEach, mock, test } from 'node:test';
import type { Port } from '#contract/port.ts';
import { AppError } from '#domain/errors.ts';
import { connectGraphics, type GraphicsInfo } from '#hosts/engine/graphics/graphics.ts';
import { createLentGraphics, type LentGraphics } from '#hosts/engine/graphics/lent-graphics.ts';
import type { Verdict } from '#hosts/engine/webgpu/tried-processors.ts';
import { createPortPair } from '#test/contract/port-pair.ts';
import { createPlayedPage, type PlayedPage } from './played-page.ts';

beforeEach(() => mock.timers.enable({ apis: ['setTimeout'] }));
afterEach(() => mock.timers.reset());

interface Stage {
  readonly lent: LentGraphics;
  readonly verdicts: Map<string, Verdict>;
  readonly notices: string[];
  changes: number;
  /** A page comes. */
  add(info?: Partial<GraphicsInfo>): { readonly page: PlayedPage; readonly port: Port };
}

function stage(): Stage {
  const verdicts = new Map<string, Verdict>();
  const on: Stage = {
    ...{ verdicts, notices: [], changes: 0 },
    lent: createLentGraphics({
      tried: {
        known: (rightAlone) =>
          [...verdicts].filter(([, verdict]) => !rightAlone || verdict === null).map(([key]) => key),
        verdict: (key) => verdicts.get(key),
        remember: async (key, wrong) => void verdicts.set(key, wrong),
      },
      onChange: () => {
        on.changes++;
      },
      onNotice: (sentence) => void on.notices.push(sentence),
    }),
    add(info) {
      const page = createPlayedPage(info);
      const { left, right } = createPortPair();
      page.serve(right);
      on.lent.add(left);
      return { page, port: right };
    },
  };
  return on;
}

/** Messages and what follows from them. */
async function react(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
}

test('a page is not asked before its processor is wanted, and then tried once for all times', async () => {
  const on = stage();
  const { page } = on.add({ name: 'A', key: 'a' });
  await react();
  assert.deepEqual([page.asked, on.lent.current()], [[], null]);
  on.lent.use(false);
  assert.equal((await on.lent.settled())?.info.name, 'A');
  assert.deepEqual([...on.verdicts], [['a', null]]);
  assert.equal(on.changes, 1);
  page.notice('Less memory.');
  await react();
  assert.deepEqual(on.notices, ['Less memory.']);

  const later = stage();
  later.verdicts.set('a', null);
  later.lent.use(false);
  assert.equal(await later.lent.settled(), null);
  later.add({ key: 'a' });
  assert.equal((await later.lent.settled())?.info.wasTried, false);
});

test('what will not do is not used, and why is told', async () => {
  const on = stage();
  on.lent.use(false);
  on.add({ isSoftware: true });
  assert.equal(await on.lent.settled(), null);
  assert.equal(on.lent.refusal(), 'Only software.');
  on.add({ key: 'odd', wrong: 'Odd computes wrong numbers.' });
  assert.equal(await on.lent.settled(), null);
  assert.equal(on.lent.refusal(), 'Odd computes wrong numbers.');
  assert.equal(on.verdicts.get('odd'), 'Odd computes wrong numbers.');
  // Known to be so, it is not tried again, and not used either.
  on.add({ key: 'odd', wrong: null });
  assert.equal(await on.lent.settled(), null);
  const { page } = on.add({ name: 'B', key: 'b' });
  assert.equal((await on.lent.settled())?.info.name, 'B');
  assert.equal(on.lent.refusal(), null);
  assert.equal(page.asked.length, 1);
});

test('asked for by name, software will do, and what was wrong is tried again', async () => {
  const on = stage();
  on.verdicts.set('soft', 'Soft was wrong.');
  on.lent.use(true);
  on.add({ isSoftware: true, key: 'soft' });
  assert.equal((await on.lent.settled())?.info.isSoftware, true);
  assert.equal(on.verdicts.get('soft'), null);
});

test('when a page goes, another one takes its place; the newest first', async () => {
  const on = stage();
  const [{ port: first }, , { port: third }] = [
    on.add({ name: 'A' }),
    on.add({ name: 'B' }),
    on.add({ name: 'C' }),
  ];
  on.lent.use(false);
  const graphics = await on.lent.settled();
  assert.equal(graphics?.info.name, 'C');
  third.close();
  assert.equal(graphics.lost.aborted, true);
  await assert.rejects(graphics.call('growth.close', { growthId: 'one' }), {
    code: 'disconnected',
    message: /processor went away: its window was closed/,
  });
  assert.equal((await on.lent.settled())?.info.name, 'B');
  first.close();
  await react();
  assert.equal(on.lent.current()?.info.name, 'B');
});

test('a processor that is lost is asked for again after a moment, but not for ever', async () => {
  const on = stage();
  on.lent.use(false);
  const { page } = on.add();
  for (let loss = 1; loss <= 3; loss++) {
    assert.ok(await on.lent.settled());
    page.lose('The driver was reset.');
    await react();
    assert.equal(on.lent.current(), null);
    assert.match(on.lent.refusal() ?? '', /went away: The driver was reset/);
    mock.timers.tick(2000);
  }
  assert.equal(await on.lent.settled(), null);
  assert.equal(page.asked.filter((method) => method === 'graphics.open').length, 3);
});

test('a page that fails to open is left alone, and one that comes later is not', async () => {
  const on = stage();
  on.lent.use(false);
  const { page } = on.add();
  page.before = () => {
    throw new AppError('out-of-memory', 'There is no memory for it.');
  };
  assert.equal(await on.lent.settled(), null);
  assert.equal(on.lent.refusal(), 'There is no memory for it.');
  on.add();
  assert.ok(await on.lent.settled());
});

test('a page that answers nothing any more is taken for dead, and calls end', async () => {
  const page = createPlayedPage();
  const { left, right } = createPortPair();
  page.serve(right);
  const graphics = await connectGraphics(left, 10_000).open({ softwareToo: false, known: [] });
  let hangs = true;
  page.before = () => (hangs ? new Promise(() => undefined) : undefined);
  const silent = graphics.call('growth.close', { growthId: 'one' });
  await react();
  mock.timers.tick(9000);
  hangs = false;
  // Anything that it says is a sign of life.
  await graphics.call('growth.close', { growthId: 'two' });
  hangs = true;
  mock.timers.tick(10_000);
  await react();
  assert.equal(page.asked.at(-1), 'graphics.ping');
  mock.timers.tick(9000);
  assert.equal(graphics.lost.aborted, false);
  mock.timers.tick(1000);
  assert.equal(graphics.lost.aborted, true);
  const failure = { code: 'disconnected', message: /did not answer for 20 seconds/ };
  await assert.rejects(silent, failure);
  await assert.rejects(graphics.call('growth.close', { growthId: 'three' }), failure);
});

test('a page that computes for long is waited for as long as it says that it is there, but not for ever', async () => {
  const page = createPlayedPage();
  const { left, right } = createPortPair();
  page.serve(right);
  const graphics = await connectGraphics(left, 10_000).open({ softwareToo: false, known: [] });
  page.before = (method) => (method === 'graphics.ping' ? undefined : new Promise(() => undefined));
  const long = graphics.call('growth.close', { growthId: 'one' });
  for (let pings = 1; pings <= 10; pings++) {
    mock.timers.tick(10_000);
    await react();
    assert.equal(page.asked.filter((method) => method === 'graphics.ping').length, pings);
    assert.equal(graphics.lost.aborted, false);
  }
  mock.timers.tick(10_000);
  await assert.rejects(long, { code: 'disconnected', message: /computed nothing for 110 seconds/ });
});

test('a page that nothing is asked of may be silent', async () => {
  const { left, right } = createPortPair();
  createPlayedPage().serve(right);
  const graphics = await connectGraphics(left, 10_000).open({ softwareToo: false, known: [] });
  mock.timers.tick(1e6);
  assert.equal(graphics.lost.aborted, false);
});

test('a page that is loaded again is waited for, for a moment', async () => {
  const on = stage();
  assert.equal(await on.lent.soon(), null, 'none is wanted');
  on.lent.use(false);
  const first = on.lent.soon();
  const { port } = on.add({ name: 'A' });
  assert.equal((await first)?.info.name, 'A');
  port.close();
  const again = on.lent.soon();
  await react();
  on.add({ name: 'B' });
  assert.equal((await again)?.info.name, 'B');
  assert.equal((await on.lent.soon())?.info.name, 'B');
});

test('a page that does not come back, or cannot, is not waited for for long', async () => {
  const on = stage();
  on.lent.use(false);
  const never = on.lent.soon();
  mock.timers.tick(2000);
  assert.equal(await never, null);
  assert.equal(await on.lent.soon(), null);
  const { port } = on.add();
  await on.lent.settled();
  port.close();
  const gone = on.lent.soon();
  mock.timers.tick(2000);
  assert.equal(await gone, null);
  assert.equal(await on.lent.soon(), null);
  on.add({ isSoftware: true });
  assert.equal(await on.lent.soon(), null, 'it was asked, and will not do');
  const { page } = on.add();
  page.before = () => new Promise(() => undefined);
  const silent = on.lent.soon();
  mock.timers.tick(2000);
  assert.equal(await silent, null);
});

test('why there is no page is told until one comes, or nobody misses it', async () => {
  const on = stage();
  on.lent.lack('The page ended.');
  on.lent.lack('The page ended.');
  assert.deepEqual([on.lent.refusal(), on.changes], ['The page ended.', 1]);
  on.lent.lack(null);
  assert.deepEqual([on.lent.refusal(), on.changes], [null, 2]);
  on.lent.lack('The page ended.');
  on.lent.use(false);
  on.add({ name: 'A', key: 'a' });
  assert.equal(on.lent.refusal(), null);
  await on.lent.settled();
  assert.equal(on.lent.refusal(), null);
});
