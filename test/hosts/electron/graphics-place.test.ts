import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { GraphicsLender } from '#hosts/electron/engine-processes.ts';
import { createGraphicsPlace, PAUSES_MS, WELL_MS } from '#hosts/electron/graphics-place.ts';

interface PlayedWindow extends GraphicsLender {
  isOpen: boolean;
  readonly lose: (why: string) => void;
  close(): void;
}

/** Time passes by `pass`. */
function stage() {
  const windows: PlayedWindow[] = [];
  const said: string[] = [];
  const lacks: (string | null)[] = [];
  const lenders = new Set<GraphicsLender>();
  const timers = new Set<{ readonly atMs: number; readonly action: () => void }>();
  let nowMs = 0;
  let failure: Error | null = null;
  let isSaved = (): void => undefined;
  let saves = 0;
  const place = createGraphicsPlace({
    open(onGone) {
      if (failure !== null) return Promise.reject(failure);
      const window: PlayedWindow = {
        isOpen: true,
        take: () => undefined,
        drop: () => undefined,
        close: () => (window.isOpen = false),
        lose(why) {
          window.isOpen = false;
          onGone(why);
        },
      };
      windows.push(window);
      return Promise.resolve(window);
    },
    engines: {
      lendGraphics(lender) {
        lenders.add(lender);
        return () => void lenders.delete(lender);
      },
      lackGraphics: (why) => void lacks.push(why),
    },
    save() {
      saves++;
      return new Promise((done) => (isSaved = () => done()));
    },
    clock: {
      nowMs: () => nowMs,
      after(ms, action) {
        const timer = { atMs: nowMs + ms, action };
        timers.add(timer);
        return () => void timers.delete(timer);
      },
    },
    log: (sentence) => said.push(sentence),
  });
  const settled = (): Promise<void> => new Promise((done) => setImmediate(done));
  return {
    ...{ place, windows, said, lacks, lenders, settled },
    open: () => windows.filter(({ isOpen }) => isOpen).length,
    saves: () => saves,
    isSaved: () => isSaved(),
    failWith: (next: Error | null) => (failure = next),
    async pass(ms: number) {
      nowMs += ms;
      for (const timer of [...timers]) {
        if (timer.atMs > nowMs) continue;
        timers.delete(timer);
        timer.action();
      }
      await settled();
    },
  };
}

test('it is there as long as the settings let a graphics processor be used', async () => {
  const { place, open, lenders, windows, settled, said } = stage();
  place.follow({ backend: 'wasm', threads: null });
  await settled();
  assert.equal(windows.length, 0);
  place.follow({ backend: 'auto', threads: null });
  place.follow({ backend: 'webgpu', threads: null });
  await settled();
  assert.deepEqual([windows.length, open()], [1, 1]);
  assert.deepEqual([...lenders], windows);
  for (const backend of ['tensorflow', 'reference', 'composed', 'wasm'] as const) {
    place.follow({ backend, threads: null });
    assert.deepEqual([open(), lenders.size], [0, 0], backend);
    place.follow({ backend: 'auto', threads: null });
    await settled();
    assert.deepEqual([open(), lenders.size], [1, 1]);
  }
  place.follow({ backend: 'auto', threads: 2 });
  assert.equal(open(), 0, 'threads were asked for');
  place.follow({ backend: 'webgpu', threads: 2 });
  await settled();
  assert.equal(open(), 1);
  assert.deepEqual(said, []);
});

test('one that goes away is opened again after longer and longer pauses, and then no more', async () => {
  const { place, open, lenders, windows, settled, said, lacks, pass } = stage();
  place.follow({ backend: 'auto', threads: null });
  await settled();
  for (const [index, pauseMs] of PAUSES_MS.entries()) {
    windows.at(-1)!.lose('it crashed');
    assert.deepEqual([open(), lenders.size], [0, 0]);
    assert.match(
      said[index],
      new RegExp(`ended: it crashed\\. It is opened again in ${pauseMs / 1000} s\\.$`),
    );
    await pass(pauseMs - 1);
    assert.equal(open(), 0);
    await pass(1);
    assert.deepEqual([open(), lenders.size], [1, 1]);
  }
  windows.at(-1)!.lose('it ran out of memory');
  assert.match(
    said.at(-1)!,
    /it ran out of memory, 4 times in a row\. It is not opened again before the backend/,
  );
  await pass(WELL_MS);
  assert.equal(open(), 0);
  assert.deepEqual(lacks, said, 'the engines tell the user');
  place.follow({ backend: 'wasm', threads: null });
  assert.equal(lacks.at(-1), null);
  place.follow({ backend: 'auto', threads: null });
  await settled();
  assert.equal(open(), 1, 'chosen anew, it is tried anew');
});

test('having run well, it may go away as often as at first', async () => {
  const { place, open, windows, settled, pass } = stage();
  place.follow({ backend: 'auto', threads: null });
  await settled();
  for (const _ of [...PAUSES_MS, 1, 2, 3]) {
    windows.at(-1)!.lose('it crashed');
    await pass(PAUSES_MS[0]);
    assert.equal(open(), 1);
    await pass(WELL_MS);
  }
});

test('one that cannot be opened counts as lost; what was closed meanwhile does not come', async () => {
  const { place, open, settled, said, pass, failWith } = stage();
  failWith(new Error('ERR_FAILED loading the page'));
  place.follow({ backend: 'auto', threads: null });
  await settled();
  assert.match(said[0], /ended: ERR_FAILED loading the page\. It is opened again in 1 s/);
  failWith(null);
  place.follow({ backend: 'wasm', threads: null });
  await pass(WELL_MS);
  assert.equal(open(), 0, 'nobody wants it any more');
  place.follow({ backend: 'auto', threads: null });
  place.follow({ backend: 'wasm', threads: null });
  await settled();
  assert.equal(open(), 0, 'it was on its way');
});

test('at the end of the program it stays until everything is saved, once', async () => {
  const { place, open, windows, settled, saves, isSaved, pass } = stage();
  place.follow({ backend: 'auto', threads: null });
  await settled();
  place.end();
  place.end();
  assert.deepEqual([saves(), open()], [1, 1], 'what trains on it is kept first');
  isSaved();
  await settled();
  assert.equal(open(), 0);
  place.follow({ backend: 'wasm', threads: null });
  place.follow({ backend: 'auto', threads: null });
  await pass(WELL_MS);
  assert.equal(windows.length, 1, 'nothing comes after the end');
});

test('one that goes away while the program ends does not come back; without one, the end is nothing to it', async () => {
  const lost = stage();
  lost.place.follow({ backend: 'auto', threads: null });
  await lost.settled();
  lost.place.end();
  lost.windows[0].lose('it crashed');
  await lost.pass(WELL_MS);
  assert.deepEqual([lost.windows.length, lost.said], [1, []]);
  const none = stage();
  none.place.follow({ backend: 'wasm', threads: null });
  none.place.end();
  assert.equal(none.saves(), 0);
});
