import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TrainingSource } from '#contract/shapes/training.ts';
import { emptyFolder, open, steadyClock } from './sample-library.ts';

const folder: TrainingSource = { kind: 'folder', path: '/pictures/of mine' };
const sample: TrainingSource = { kind: 'sample', name: 'emoji' };

test('what was found in a source is kept, also after a restart; the newest first', async () => {
  const data = await emptyFolder();
  const { store } = await open(data, { now: steadyClock() });
  const skips = [
    { path: 'b.png', reason: 'empty file' },
    { path: 'a.png', reason: 'damaged or cut short' },
  ];
  const counts = { pictures: 300, duplicates: 1 };
  store.recordDataset({ source: folder, name: 'of mine', ...counts, skipped: 2 }, skips);
  store.recordDataset({ source: sample, name: 'Emoji', ...counts, skipped: 0 }, []);
  store.close();
  const again = await open(data, { now: steadyClock() });
  const found = again.store.recentDatasets(5);
  assert.deepEqual(
    found.map(({ source, name, pictures, skipped }) => ({ source, name, pictures, skipped })),
    [
      { source: sample, name: 'Emoji', pictures: 300, skipped: 0 },
      { source: folder, name: 'of mine', pictures: 300, skipped: 2 },
    ],
  );
  assert.ok(found[0].scannedMs > found[1].scannedMs);
  assert.deepEqual(again.store.datasetSkips(folder), skips);
  assert.deepEqual(again.store.recentDatasets(1).length, 1);
});

test('a source that is looked at again is one, with what was found last', async () => {
  const { store } = await open(await emptyFolder(), { now: steadyClock() });
  store.recordDataset({ source: folder, name: 'x', pictures: 3, duplicates: 0, skipped: 1 }, [
    { path: 'a', reason: 'empty file' },
  ]);
  store.recordDataset({ source: sample, name: 'Emoji', pictures: 9, duplicates: 0, skipped: 0 }, []);
  // Spelt otherwise, the same.
  const same = { path: '/pictures/of mine', kind: 'folder' } as const;
  store.recordDataset({ source: same, name: 'x', pictures: 4, duplicates: 0, skipped: 0 }, []);
  assert.deepEqual(
    store.recentDatasets(5).map(({ name, pictures }) => [name, pictures]),
    [
      ['x', 4],
      ['Emoji', 9],
    ],
  );
  assert.deepEqual(store.datasetSkips(folder), []);
});
