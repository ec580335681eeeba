import assert from 'node:assert/strict';
import { test } from 'node:test';
import { id as idShape } from '#contract/shapes/values.ts';
import { freshId, nameKey, tagKey } from '#storage/library/keys.ts';
import { searchTerms } from '#storage/library/search-text.ts';

test('ids fit the contract and differ', () => {
  const ids = Array.from({ length: 1000 }, freshId);
  for (const id of ids) assert.equal(idShape.parse(id), id);
  assert.equal(new Set(ids).size, ids.length);
});

test('names are sorted without case and accents, numbers by their value', () => {
  const sorted = ['a', 'B', 'ç', 'D', 'é 007', 'E 8', 'e 70', 'e 70x', 'f'];
  for (const shuffled of [sorted.toReversed(), sorted.toSorted()]) {
    assert.deepEqual(
      shuffled.sort((a, b) => (nameKey(a) < nameKey(b) ? -1 : 1)),
      sorted,
    );
  }
});

test('tags are the same in either case and in either form of Unicode', () => {
  assert.equal(tagKey('ÉTÉ'), tagKey('e\u0301te\u0301'));
  assert.notEqual(tagKey('été'), tagKey('ete'));
});

test('words become phrases that a beginning suffices for', () => {
  assert.deepEqual(searchTerms('  fox "the\0 AND*  -- '), {
    match: '"fox"* """the"* "AND*"*',
    literal: ['--'],
  });
  assert.deepEqual(searchTerms(''), { match: null, literal: [] });
});
