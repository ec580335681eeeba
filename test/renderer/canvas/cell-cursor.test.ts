/** The keyboard's way to every cell. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { centreOf, insidePicture, middleCell, moveCursor } from '../../../src-renderer/canvas/cell-cursor.ts';

const picture = { width: 28, height: 12 };

test('arrow keys move by one cell, with Shift by ten, and stop at the edges', () => {
  const start = middleCell(picture);
  assert.deepEqual(start, { x: 14, y: 6 });
  const move = (key: string, shiftKey = false): unknown => moveCursor(start, { key, shiftKey }, picture);
  assert.deepEqual(move('ArrowLeft'), { x: 13, y: 6 });
  assert.deepEqual(move('ArrowRight', true), { x: 24, y: 6 });
  assert.deepEqual(move('ArrowUp', true), { x: 14, y: 0 });
  assert.deepEqual(move('ArrowDown', true), { x: 14, y: 11 });
  assert.equal(move('Enter'), null);
});

test('a cursor is brought back when the picture becomes smaller', () => {
  assert.deepEqual(insidePicture({ x: 100, y: -3 }, picture), { x: 27, y: 0 });
  assert.deepEqual(centreOf({ x: 3, y: 0 }), { x: 3.5, y: 0.5 });
});
