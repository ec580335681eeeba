import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  emptyLibrary,
  list,
  names,
  newArtwork,
  newModel,
  newStyle,
  steadyClock,
  styleRefs,
} from './sample-library.ts';

const numbered = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

test('an item comes with all that the gallery shows', async () => {
  const { store } = await emptyLibrary({ now: () => 5000 });
  const [id] = store.addStyles([newStyle(1, { name: 'Café ☕', tags: ['warm', 'Brown'] })]);
  const { total, items } = list(store);
  assert.equal(total, 1);
  const { picture, ...rest } = items[0];
  assert.deepEqual(rest, {
    kind: 'style',
    id,
    name: 'Café ☕',
    grid: { height: 40, width: 40 },
    isFavourite: false,
    tags: ['Brown', 'warm'],
    createdMs: 5000,
  });
  assert.deepEqual([...store.picture(picture)!], [...newStyle(1).picture]);
  assert.equal(store.picture('0'.repeat(64)), null);
});

test('orders: newest, oldest, and names as people sort them', async () => {
  const { store } = await emptyLibrary({ now: steadyClock() });
  const given = ['img 10', 'Éclair', 'img 2', 'apple', 'Zebra', 'eclair 2'];
  given.forEach((name, i) => void store.addStyles([newStyle(i, { name })]));
  assert.deepEqual(names(list(store)), given);
  assert.deepEqual(names(list(store, { sort: 'newest' })), given.toReversed());
  assert.deepEqual(names(list(store, { sort: 'name' })), [
    'apple',
    'Éclair',
    'eclair 2',
    'img 2',
    'img 10',
    'Zebra',
  ]);
});

test('pages put together are the whole, in every order', async () => {
  const { store } = await emptyLibrary({ now: () => 1 });
  store.addStyles(numbered(53).map((i) => newStyle(i, { name: `same ${i % 5}` })));
  for (const sort of ['newest', 'oldest', 'name'] as const) {
    const whole = list(store, { sort }).items.map(({ id }) => id);
    assert.equal(new Set(whole).size, 53);
    const pages = [0, 10, 20, 30, 40, 50].flatMap((offset) => {
      const page = list(store, { sort, offset, limit: 10 });
      assert.equal(page.total, 53);
      return page.items.map(({ id }) => id);
    });
    assert.deepEqual(pages, whole);
    assert.deepEqual(list(store, { sort, offset: 60 }), { total: 53, items: [] });
  }
});

test('filters: kind, favourites, tags all together, model', async () => {
  const { store } = await emptyLibrary({ now: steadyClock() });
  const model = store.addModel(newModel(1));
  const ids = store.addStyles([
    newStyle(0, { tags: ['red'] }),
    newStyle(1, { tags: ['Red', 'round'], modelId: model }),
    newStyle(2, { tags: ['round'] }),
  ]);
  store.addArtwork(newArtwork(store, ids[0], { name: 'art' }));
  store.update(styleRefs(ids.slice(2)), { isFavourite: true });
  assert.deepEqual(names(list(store, { kinds: ['artwork'] })), ['art']);
  assert.deepEqual(names(list(store, { kinds: ['style'] })), ['style 0', 'style 1', 'style 2']);
  assert.deepEqual(names(list(store, { favouritesOnly: true })), ['style 2']);
  assert.deepEqual(names(list(store, { tags: ['RED'] })), ['style 0', 'style 1']);
  assert.deepEqual(names(list(store, { tags: ['red', 'round'] })), ['style 1']);
  assert.deepEqual(list(store, { tags: ['red', 'unheard of'] }), { total: 0, items: [] });
  assert.deepEqual(names(list(store, { modelId: model })), ['style 1']);
  assert.deepEqual(store.tags(), [
    { name: 'Red', count: 2 },
    { name: 'round', count: 2 },
  ]);
});

test('the search looks for the beginnings of words in names and tags', async () => {
  const { store } = await emptyLibrary({ now: steadyClock() });
  store.addStyles([
    newStyle(0, { name: 'Écureuil roux', tags: ['forest'] }),
    newStyle(1, { name: 'emoji_u1f98a', tags: ['fox', 'Forest floor'] }),
    newStyle(2, { name: '🦊 fox' }),
    newStyle(3, { name: '--- !!! ---' }),
    newStyle(4, { name: '狐の絵' }),
  ]);
  const found = (search: string): string[] => names(list(store, { search }));
  assert.deepEqual(found('ecu'), ['Écureuil roux']);
  assert.deepEqual(found('FOREST'), ['Écureuil roux', 'emoji_u1f98a']);
  assert.deepEqual(found('floor fo'), ['emoji_u1f98a']);
  assert.deepEqual(found('u1f9'), ['emoji_u1f98a']);
  assert.deepEqual(found('fox'), ['emoji_u1f98a', '🦊 fox']);
  assert.deepEqual(found('🦊'), ['🦊 fox']);
  assert.deepEqual(found('狐'), ['狐の絵']);
  assert.deepEqual(found('!!!'), ['--- !!! ---']);
  assert.deepEqual(found('reuil'), []);
  assert.deepEqual(found('  '), found(''));
});

test('the search follows renames, tags, and undo', async () => {
  const { store } = await emptyLibrary();
  const ids = store.addStyles([newStyle(0, { name: 'owl', tags: ['night'] })]);
  const found = (search: string): number => list(store, { search }).total;
  store.update(styleRefs(ids), { name: 'barn owl', addTags: ['white'], removeTags: ['night'] });
  assert.deepEqual(['barn', 'white', 'night'].map(found), [1, 1, 0]);
  store.undo();
  assert.deepEqual(['barn', 'white', 'night', 'owl'].map(found), [0, 0, 1, 1]);
  store.redo();
  assert.deepEqual(['barn', 'white', 'night'].map(found), [1, 1, 0]);
});

test('no text breaks the search', async () => {
  const { store } = await emptyLibrary();
  store.addStyles([newStyle(0, { name: 'plain' })]);
  const hostile = fc.constantFrom(
    '"',
    '*',
    'NEAR(',
    'AND',
    'NOT',
    'name:',
    '^',
    '{',
    '\0',
    "'",
    ';',
    '-',
    '(',
  );
  const text = fc
    .array(fc.oneof(hostile, fc.string({ unit: 'binary', maxLength: 8 })))
    .map((parts) => parts.join(''));
  fc.assert(
    fc.property(text, (search) => {
      const { total, items } = list(store, { search: search.slice(0, 200) });
      assert.equal(total, items.length);
    }),
  );
});

test('every beginning of every word of a name finds it', async () => {
  const { store } = await emptyLibrary();
  const word = fc.string({
    unit: fc.constantFrom(...'abcdefgåéñßøçждиλ0123456789'),
    minLength: 1,
    maxLength: 9,
  });
  let added = 0;
  fc.assert(
    fc.property(
      fc.array(word, { minLength: 1, maxLength: 4 }),
      fc.nat(),
      fc.nat(),
      (words, which, length) => {
        const [id] = store.addStyles([newStyle(added++, { name: words.join(' ') })]);
        const chosen = words[which % words.length];
        const start = chosen.slice(0, 1 + (length % chosen.length));
        const page = list(store, { search: start, limit: 500 });
        assert.ok(
          page.items.some((item) => item.id === id),
          `${start} finds ${words.join(' ')}`,
        );
      },
    ),
    { numRuns: 60 },
  );
});
