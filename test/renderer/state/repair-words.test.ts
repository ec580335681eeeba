/** Repair in words: shares that are never told as none or all, formats that say what they lose, names of files. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  formatChoices,
  maskFileName,
  modelHint,
  paintedWords,
  photoWords,
  repairedName,
  resultWords,
  savedWords,
  shareWords,
  suitsPhotos,
} from '../../../src-renderer/state/repair-words.ts';

const photo = { width: 4000, height: 3000, format: 'jpeg', bitDepth: 8 } as const;

test('a photo is told by its size and format', () => {
  assert.equal(photoWords(photo), '4,000 × 3,000 · JPEG');
  assert.equal(photoWords({ ...photo, format: 'tiff', bitDepth: 16 }), '4,000 × 3,000 · TIFF · 16 bit');
});

test('a little is never told as nothing, and nearly all never as all', () => {
  assert.equal(shareWords(0.00001), 'under 0.1 %');
  assert.equal(shareWords(0.004), '0.4 %');
  assert.equal(shareWords(0.12), '12 %');
  assert.equal(shareWords(0.99999), 'over 99.9 %');
  assert.equal(shareWords(1), '100 %');
  assert.equal(paintedWords(0, 100), 'Nothing painted yet');
  assert.equal(paintedWords(1, 100), '1 % of the photo painted');
});

test('the result counts what was left as it was', () => {
  const result = {
    preview: new Uint8Array(),
    region: { x: 0, y: 0, width: 10, height: 10 },
    pixels: 12_000_000,
    repaired: 40_000,
    identical: 11_960_000,
    seconds: 1.6,
    patches: 1,
    notices: [],
  };
  assert.equal(
    resultWords(result),
    'Repaired in 2 s: 40,000 pixels changed, 11,960,000 left exactly as they were.',
  );
});

test('a PNG has one way to be saved, other photos have PNG as the exact one', () => {
  assert.deepEqual(
    formatChoices({ ...photo, format: 'png' }).map(({ value }) => value),
    ['original'],
  );
  assert.deepEqual(
    formatChoices(photo).map(({ value }) => value),
    ['original', 'png'],
  );
});

test('saving says whether every pixel outside the mask is as it was', () => {
  const saved = { path: null, fileName: 'a.jpg', bytes: 2_400_000, isExact: false };
  assert.match(savedWords(saved), /^Saved “a.jpg” \(2.4 MB\)\. Its format is lossy/);
  assert.match(
    savedWords({ ...saved, path: '/here/a.png', isExact: true }),
    /^Saved \/here\/a\.png .*as it was\.$/,
  );
});

test('a model of digits is told to be none for photos', () => {
  const digits = { name: 'Digits', preset: 'digits', grid: { width: 28, height: 28 }, data: 'MNIST' };
  assert.equal(suitsPhotos(digits), false);
  assert.match(modelHint(digits), /MNIST.*28 × 28.*learning this photo/);
  const mine = { ...digits, preset: 'sketch', data: '' };
  assert.equal(suitsPhotos(mine), true);
  assert.match(modelHint(mine), /pictures of its own/);
});

test('names of files are made from the photo’s, and do not grow without end', () => {
  assert.equal(maskFileName('My photo.old.jpg'), 'My photo.old mask.png');
  assert.equal(repairedName('photo.jpg'), 'photo repaired.png');
  assert.equal(repairedName(repairedName('photo.jpg')), 'photo repaired.png');
  assert.equal(maskFileName('.png'), 'photo mask.png');
});
