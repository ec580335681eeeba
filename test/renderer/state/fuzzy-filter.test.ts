import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { fuzzyFilter, fuzzyScore } from '../../../src-renderer/state/fuzzy-filter.ts';

test('letters of a text in their order are always found, others never', () => {
  const lettersAndText = fc
    .string({ unit: fc.constantFrom(...'abcde '), minLength: 1, maxLength: 20 })
    .chain((text) => fc.record({ text: fc.constant(text), picked: fc.subarray([...text]) }));
  fc.assert(
    fc.property(lettersAndText, ({ text, picked }) => {
      assert.notEqual(fuzzyScore(picked.join(''), text), null);
      assert.equal(fuzzyScore(`${picked.join('')}z`, text), null);
    }),
  );
});

test('beginnings of words and runs come first; case and accents do not matter', () => {
  const titles = ['Redo', 'Dark theme', 'Delete', 'Settings', 'Keyboard shortcuts', 'Élan'];
  const find = (query: string): string | undefined => fuzzyFilter(titles, query, (title) => title)[0];
  assert.equal(find('dt'), 'Dark theme');
  assert.equal(find('ks'), 'Keyboard shortcuts');
  assert.equal(find('ele'), 'Delete');
  assert.equal(find('RED'), 'Redo');
  assert.equal(find('elan'), 'Élan');
  assert.equal(find('xyz'), undefined);
  assert.deepEqual(
    fuzzyFilter(titles, '  ', (title) => title),
    titles,
  );
});
