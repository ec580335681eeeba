import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { GalleryItem } from '#contract/shapes/library.ts';
import { suggestPairs } from '../../../src-renderer/state/mix-suggestions.ts';

const style = (id: string, isFavourite = false): GalleryItem => ({
  ...{ kind: 'style', id, name: id, picture: id.repeat(64), isFavourite, tags: [], createdMs: 0 },
  grid: { height: 40, width: 40 },
});
/** Those of one letter's case fit each other. */
const fits = (a: GalleryItem, b: GalleryItem): Promise<boolean> =>
  Promise.resolve(/[a-z]/.test(a.id) === /[a-z]/.test(b.id));

test('pairs that fit, favourites first, each style once', async () => {
  const pairs = await suggestPairs(
    [style('a'), style('B'), style('c'), style('D', true), style('e')],
    fits,
    2,
  );
  assert.deepEqual(
    pairs.map((pair) => pair.map(({ id }) => id)),
    [
      ['D', 'B'],
      ['a', 'c'],
    ],
  );
});

test('no pair where none fits, or all look the same', async () => {
  assert.deepEqual(await suggestPairs([style('a'), style('B')], fits, 2), []);
  assert.deepEqual(await suggestPairs([style('a'), { ...style('a'), id: 'z' }], fits, 2), []);
  assert.deepEqual(await suggestPairs([], fits, 2), []);
});
