import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EngineExit } from '#hosts/engine/supervision/engine-child.ts';
import { deathOf, sentenceOf } from '#hosts/engine/supervision/death.ts';

const exit: EngineExit = { code: null, signal: null, lastWords: '', hadOomKills: false };

test('memory is told where Node says so, or where the system killed for it', () => {
  const fatal =
    'FATAL ERROR: Ineffective mark-compacts near heap limit Allocation failed - JavaScript heap out of memory';
  for (const how of [
    { ...exit, signal: 'SIGABRT', lastWords: fatal },
    { ...exit, code: 134, lastWords: fatal },
    { ...exit, signal: 'SIGKILL', hadOomKills: true },
  ]) {
    const death = deathOf(how, null);
    assert.equal(death.code, 'out-of-memory');
    assert.match(sentenceOf(death), /^The engine ran out of memory and ended: choose a smaller grid/);
  }
});

test('everything else is told with how it ended', () => {
  const words = (how: Partial<EngineExit>, stalledMs: number | null = null) =>
    sentenceOf(deathOf({ ...exit, ...how }, stalledMs));
  assert.equal(
    words({ signal: 'SIGKILL' }),
    'The engine ended unexpectedly (by SIGKILL), so this was not done: try again.',
  );
  assert.match(words({ code: 1 }), /\(with code 1\)/);
  // It left in order, whatever it had said before.
  assert.match(words({ code: 0, lastWords: 'out of memory' }), /\(with code 0\)/);
  // Someone else ran out of memory, and this one was ended otherwise.
  assert.match(words({ signal: 'SIGSEGV', hadOomKills: true }), /\(by SIGSEGV\)/);
  // Ended for its silence, not for what the system did then.
  assert.match(
    words({ signal: 'SIGKILL', hadOomKills: true }, 31_000),
    /did not answer for 31 seconds and was ended/,
  );
});
