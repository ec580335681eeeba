import assert from 'node:assert/strict';
import test from 'node:test';
import { readHand } from '../../../src-renderer/state/styles-in-hand.ts';

test('styles are read with the slot that they come from', () => {
  assert.deepEqual(readHand('{"styleIds":["a1","b-2"],"slot":null}'), {
    styleIds: ['a1', 'b-2'],
    slot: null,
  });
  assert.deepEqual(readHand('{"styleIds":["a1"],"slot":2,"more":1}'), { styleIds: ['a1'], slot: 2 });
});

test('what another program puts under the same name is nothing', () => {
  for (const text of [
    '',
    'null',
    '[]',
    '{"styleIds":[],"slot":null}',
    '{"styleIds":["a","b","c","d","e"],"slot":null}',
    '{"styleIds":["../x"],"slot":null}',
    '{"styleIds":[7],"slot":null}',
    '{"styleIds":"a1","slot":null}',
  ])
    assert.equal(readHand(text), null, text);
  assert.equal(readHand('{"styleIds":["a1"],"slot":0.5}')?.slot, null);
});
