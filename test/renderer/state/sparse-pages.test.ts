import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SparsePages, type Page } from '../../../src-renderer/state/sparse-pages.ts';

interface Asked {
  readonly offset: number;
  readonly limit: number;
  answer(page: Page<string>): Promise<void>;
  fail(failure: Error): Promise<void>;
}

/** Pages of ten whose answers the test gives. */
function stage(): { pages: SparsePages<string>; asked: Asked[]; changes: () => number; failures: unknown[] } {
  const asked: Asked[] = [];
  const failures: unknown[] = [];
  let changes = 0;
  const pages = new SparsePages<string>({
    pageSize: 10,
    fetch: (offset, limit) =>
      new Promise((resolve, reject) => {
        const settled = (): Promise<void> => new Promise((done) => setImmediate(done));
        asked.push({
          offset,
          limit,
          answer: (page) => (resolve(page), settled()),
          fail: (failure) => (reject(failure), settled()),
        });
      }),
    onChange: () => (changes += 1),
    onFailure: (failure) => failures.push(failure),
  });
  return { pages, asked, changes: () => changes, failures };
}

function items(offset: number, count: number, version = ''): string[] {
  return Array.from({ length: count }, (_, index) => `${String(offset + index)}${version}`);
}

test('only the pages that are looked at are asked for, each once', async () => {
  const { pages, asked } = stage();
  void pages.ensure(0, 4);
  void pages.ensure(3, 9);
  assert.deepEqual(
    asked.map(({ offset }) => offset),
    [0],
  );
  await asked[0].answer({ total: 1000, items: items(0, 10) });
  void pages.ensure(0, 9);
  void pages.ensure(500, 515);
  assert.deepEqual(
    asked.map(({ offset }) => offset),
    [0, 500, 510],
  );
  await asked[1].answer({ total: 1000, items: items(500, 10) });
  assert.equal(pages.at(503), '503');
  assert.equal(pages.at(300), null);
  assert.equal(pages.total, 1000);
});

test('beyond the end nothing is asked', async () => {
  const { pages, asked } = stage();
  void pages.ensure(0, 9);
  await asked[0].answer({ total: 4, items: items(0, 4) });
  void pages.ensure(-20, 900);
  assert.equal(asked.length, 1);
});

test('what is held is shown until its newer version comes', async () => {
  const { pages, asked, changes } = stage();
  void pages.ensure(0, 9);
  await asked[0].answer({ total: 10, items: items(0, 10) });
  pages.invalidate();
  assert.equal(pages.at(0), '0');
  void pages.ensure(0, 9);
  await asked[1].answer({ total: 10, items: items(0, 10, ' new') });
  assert.equal(pages.at(0), '0 new');
  assert.equal(changes(), 2);
});

test('a library that was empty is asked again', async () => {
  const { pages, asked } = stage();
  void pages.ensure(0, 9);
  await asked[0].answer({ total: 0, items: [] });
  pages.invalidate();
  void pages.ensure(0, 9);
  assert.equal(asked.length, 2);
  await asked[1].answer({ total: 3, items: items(0, 3) });
  assert.equal(pages.at(2), '2');
});

test('an answer to a question that is no longer asked is dropped', async () => {
  const { pages, asked, changes, failures } = stage();
  void pages.ensure(0, 19);
  pages.reset();
  void pages.ensure(0, 9);
  await asked[0].answer({ total: 20, items: items(0, 10, ' old') });
  await asked[1].fail(new Error('old'));
  assert.equal(pages.at(0), null);
  assert.equal(changes(), 0);
  assert.deepEqual(failures, []);
  await asked[2].answer({ total: 1, items: ['new'] });
  assert.equal(pages.at(0), 'new');
});

test('pages that no longer exist are forgotten', async () => {
  const { pages, asked } = stage();
  void pages.ensure(0, 19);
  await asked[0].answer({ total: 20, items: items(0, 10) });
  await asked[1].answer({ total: 20, items: items(10, 10) });
  pages.invalidate();
  void pages.ensure(0, 9);
  await asked[2].answer({ total: 5, items: items(0, 5) });
  assert.equal(pages.at(15), null);
  assert.equal(
    pages.find((item) => item === '15'),
    -1,
  );
  assert.equal(
    pages.find((item) => item === '3'),
    3,
  );
});

test('a page that failed is told, and asked for again', async () => {
  const { pages, asked, failures } = stage();
  void pages.ensure(0, 9);
  await asked[0].fail(new Error('lost'));
  assert.equal(failures.length, 1);
  void pages.ensure(0, 9);
  assert.equal(asked.length, 2);
});
