import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  describeMix,
  modeWords,
  proposedStyleName,
  shareWords,
  turnWords,
} from '../../../src-renderer/state/mix-words.ts';

test('every mode has a name and one line', () => {
  for (const { title, line } of Object.values(modeWords)) {
    assert.match(title, /^[A-Z][a-z]+$/);
    assert.match(line, /^[^.]+\.$/);
  }
});

test('shares and turns in words', () => {
  assert.equal(shareWords([10, 5], 0), '67 %');
  assert.equal(turnWords([10, 5], 0), '2 of 3 turns');
  assert.equal(turnWords([5], 0), '1 of 1 turn');
});

test('a mix in words', () => {
  assert.equal(describeMix({ kind: 'turns', ratio: [2, 1] }), 'in turns 2:1');
  assert.equal(describeMix({ kind: 'turns', ratio: [] }), 'in turns');
  assert.equal(describeMix({ kind: 'random', weights: [3, 1] }), 'at random 75 % and 25 %');
  assert.equal(
    describeMix({ kind: 'latent', weights: [0.5, 0.5], path: 'spherical' }),
    'by latents 50 % and 50 % on the sphere',
  );
  assert.equal(
    describeMix({ kind: 'areas', map: { height: 1, width: 1, cells: '0', softness: 0 } }),
    'in painted areas',
  );
});

test('a child is named after those that have a share in it', () => {
  assert.equal(proposedStyleName(['Ant', 'Bee', 'Cat'], [5, 0, 1]), 'Ant × Cat');
  assert.equal(proposedStyleName(['Ant', 'Bee'], [0, 0]), 'Ant × Bee');
  assert.equal(proposedStyleName(['x'.repeat(300), 'y'], [1, 1]).length, 200);
});
