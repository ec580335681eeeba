import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  byteWords,
  countWords,
  dataWords,
  durationWords,
  plural,
} from '../../../src-renderer/state/words.ts';

test('durations', () => {
  const cases: [number, string][] = [
    [0.2, 'under 1 s'],
    [45.4, '45 s'],
    [89, '89 s'],
    [91, '2 min'],
    [3600, '60 min'],
    [5400, '1 h 30 min'],
    [7200, '2 h'],
    [12_000, '3 h 20 min'],
    [3 * 86_400, '3 days'],
  ];
  for (const [seconds, words] of cases) assert.equal(durationWords(seconds), words);
});

test('bytes', () => {
  const cases: [number, string][] = [
    [0, '0 bytes'],
    [999, '999 bytes'],
    [1000, '1.0 kB'],
    [21_700, '21.7 kB'],
    [999_960, '1.0 MB'],
    [123_456_789, '123 MB'],
    [5.7e12, '5.7 TB'],
  ];
  for (const [bytes, words] of cases) assert.equal(byteWords(bytes), words);
});

test('what a model learned from', () => {
  assert.equal(dataWords('mnist, 60000 pictures'), 'mnist, 60,000 pictures');
  assert.equal(dataWords('parrot.png, 1 pictures'), 'parrot.png, 1 picture');
  assert.equal(dataWords('12 pictures of cats'), '12 pictures of cats');
});

test('counts', () => {
  assert.equal(countWords(10_000), '10,000');
  assert.equal(plural(1, 'style'), '1 style');
  assert.equal(plural(0, 'style'), '0 styles');
  assert.equal(plural(2, 'picture or model', 'pictures or models'), '2 pictures or models');
});
