import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { LibraryStore } from '#contract/library-store.ts';
import type { ItemPatch, ItemRef } from '#contract/shapes/library.ts';
import { AppError } from '#domain/errors.ts';
import { UNDO_LIMIT } from '#storage/library/undo.ts';
import {
  emptyFolder,
  emptyLibrary,
  list,
  names,
  newArtwork,
  newModel,
  newStyle,
  open,
  styleRefs,
} from './sample-library.ts';

/** All that undo is about. */
function seen(store: LibraryStore): unknown {
  return { gallery: list(store, { sort: 'name' }), models: store.models(), tags: store.tags() };
}

test('labels say what would be undone, in the order of the log', async () => {
  const { store } = await emptyLibrary();
  const ids = store.addStyles([newStyle(1, { name: 'parrot' }), newStyle(2), newStyle(3)]);
  const art: ItemRef = { kind: 'artwork', id: store.addArtwork(newArtwork(store, ids[0])) };
  const model = store.addModel(newModel(1));
  const one = styleRefs(ids.slice(0, 1));
  const labels: (string | null)[] = [store.summary().undo];
  const note = (action: () => void): void => {
    action();
    labels.push(store.summary().undo);
  };
  note(() => store.update(one, { isFavourite: true }));
  note(() => store.update(one, { isFavourite: false }));
  note(() => store.update(styleRefs(ids), { addTags: ['a', 'b'] }));
  note(() => store.update([...one, art], { name: 'kea' }));
  note(() => store.update(one, { name: 'kaka', isFavourite: true }));
  note(() => store.delete(styleRefs(ids)));
  note(() => store.renameModel(model, 'birds'));
  note(() => store.deleteModel(model));
  assert.deepEqual(labels, [
    null,
    'Add “parrot” to favourites',
    'Remove “parrot” from favourites',
    'Tag 3 styles',
    'Rename 2 items',
    'Change “kea”',
    'Delete 3 styles',
    'Rename “model 1”',
    'Delete “birds”',
  ]);
  store.undo();
  store.undo();
  assert.deepEqual([store.summary().undo, store.summary().redo], ['Delete 3 styles', 'Rename “model 1”']);
  store.redo();
  assert.deepEqual([store.summary().undo, store.summary().redo], ['Rename “model 1”', 'Delete “birds”']);
  store.update([art], { isFavourite: true });
  assert.equal(store.summary().redo, null, 'a new change forgets what could be redone');
});

test('what changes nothing is nothing to undo', async () => {
  const { store } = await emptyLibrary();
  const ids = styleRefs(store.addStyles([newStyle(1, { tags: ['a'] })]));
  store.update(ids, { name: 'style 1', isFavourite: false, addTags: ['A'], removeTags: ['z'] });
  assert.equal(store.summary().undo, null);
  store.undo();
  store.redo();
  assert.equal(list(store).total, 1);
});

test('undo and redo survive a restart', async () => {
  const folder = await emptyFolder();
  const first = await open(folder);
  const ids = first.store.addStyles([newStyle(1), newStyle(2)]);
  first.store.update(styleRefs(ids), { addTags: ['kept'] });
  first.store.delete(styleRefs(ids));
  first.store.close();
  const { store } = await open(folder);
  assert.equal(list(store).total, 0);
  store.undo();
  assert.deepEqual(names(list(store, { search: 'kept' })), ['style 1', 'style 2']);
  store.undo();
  assert.deepEqual(store.tags(), []);
  store.redo();
  store.redo();
  assert.equal(list(store).total, 0);
});

test('a thing that is gone is named; part of a selection may be', async () => {
  const { store } = await emptyLibrary();
  const ids = store.addStyles([newStyle(1), newStyle(2)]);
  store.delete(styleRefs([ids[0]]));
  store.update(styleRefs(ids), { isFavourite: true });
  assert.equal(store.summary().undo, 'Add “style 2” to favourites');
  const gone = { code: 'not-found' };
  assert.throws(() => store.update(styleRefs([ids[0]]), { isFavourite: true }), gone);
  assert.throws(() => store.delete(styleRefs([ids[0]])), gone);
  assert.throws(() => store.detail({ kind: 'style', id: ids[0] }), AppError);
});

test('the log is bounded: the oldest entries are forgotten', async () => {
  const { store } = await emptyLibrary();
  const ids = styleRefs(store.addStyles([newStyle(0)]));
  for (let i = 1; i <= UNDO_LIMIT + 5; i++) store.update(ids, { name: `name ${i}` });
  let undone = 0;
  for (; store.summary().undo !== null; undone++) store.undo();
  assert.equal(undone, UNDO_LIMIT);
  assert.deepEqual(names(list(store)), ['name 5']);
});

test('undoing everything goes back the same way, and redoing it forward', async () => {
  const { store } = await emptyLibrary({ now: () => 1 });
  const styles = styleRefs(store.addStyles([0, 1, 2, 3].map((i) => newStyle(i, { tags: [`t${i % 2}`] }))));
  const all: ItemRef[] = [
    ...styles,
    { kind: 'artwork', id: store.addArtwork(newArtwork(store, styles[0].id)) },
  ];
  const models = [newModel(1), newModel(2)].map((model) => store.addModel(model));

  const tag = fc.constantFrom('t0', 't1', 'T1', 'new', 'été');
  const patch: fc.Arbitrary<ItemPatch> = fc.record(
    {
      name: fc.constantFrom('a', 'b', 'a name'),
      isFavourite: fc.boolean(),
      addTags: fc.array(tag, { maxLength: 3 }),
      removeTags: fc.array(tag, { maxLength: 3 }),
    },
    { requiredKeys: [] },
  );
  const some = fc.subarray(all, { minLength: 1 });
  const change: fc.Arbitrary<() => void> = fc.oneof(
    fc.tuple(some, patch).map(
      ([items, wanted]) =>
        () =>
          store.update(items, wanted),
    ),
    some.map((items) => () => store.delete(items)),
    fc.tuple(fc.constantFrom(...models), fc.constantFrom('m', 'n')).map(
      ([id, name]) =>
        () =>
          store.renameModel(id, name),
    ),
    fc.constantFrom(...models).map((id) => () => store.deleteModel(id)),
  );
  fc.assert(
    fc.property(fc.array(change, { minLength: 1, maxLength: 8 }), (changes) => {
      const states = [seen(store)];
      for (const act of changes) {
        const before = store.summary().undo;
        const log = states.length;
        try {
          act();
        } catch (error) {
          // All of the selection, or the model, is deleted already.
          assert.ok(error instanceof AppError && error.code === 'not-found');
        }
        const now = seen(store);
        if (JSON.stringify(now) !== JSON.stringify(states[log - 1])) states.push(now);
        else assert.equal(store.summary().undo, before);
      }
      for (const state of states.toReversed().slice(1)) {
        store.undo();
        assert.deepEqual(seen(store), state);
      }
      for (const state of states.slice(1)) {
        store.redo();
        assert.deepEqual(seen(store), state);
      }
      for (let i = 1; i < states.length; i++) store.undo();
      assert.deepEqual(seen(store), states[0]);
    }),
    { numRuns: 60 },
  );
});
