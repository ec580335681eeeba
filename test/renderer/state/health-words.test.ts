import assert from 'node:assert/strict';
import { test } from 'node:test';
import { healingWords, stabilityWords } from '../../../src-renderer/state/health-words.ts';

const health = { wounded: 16.2, healed: 30.7, kept: 28.1, steps: 256 };

test('a style that heals and lasts, and one that does neither', () => {
  assert.equal(healingWords(health), 'Heals: 16 → 31 dB');
  assert.equal(healingWords({ ...health, healed: 19 }), 'Heals in part: 16 → 19 dB');
  assert.equal(healingWords({ ...health, healed: 12 }), 'Does not heal: 16 → 12 dB');
  assert.equal(stabilityWords(health), 'Stays: 28 dB at 256 steps');
  assert.equal(stabilityWords({ ...health, kept: 20 }), 'Drifts: 20 dB at 256 steps');
  assert.equal(stabilityWords({ ...health, kept: 9.4 }), 'Dissolves: 9 dB at 256 steps');
});
