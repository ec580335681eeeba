/** Strokes: no gaps however fast the pointer was, no cell touched that the brush was not over, batches of a bounded size. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  beginStroke,
  brushSizes,
  circleMark,
  markAt,
  nextBrushSize,
  type Mark,
} from '../../../src-renderer/canvas/stroke.ts';

const picture = { width: 64, height: 64 };
const inside = fc.record({
  x: fc.double({ min: 0, max: 63.99, noNaN: true }),
  y: fc.double({ min: 0, max: 63.99, noNaN: true }),
});

function marksOf(size: number, points: readonly { x: number; y: number }[]): Mark[] {
  const stroke = beginStroke(7, 'erase', size, picture);
  for (const point of points) stroke.extend(point);
  const marks: Mark[] = [];
  for (let part = stroke.take(); part !== null; part = stroke.take()) {
    assert.equal(part.stroke, 7);
    assert.ok(part.marks.length <= 1000);
    marks.push(...part.marks);
  }
  return marks;
}

/** The contract's rule: a cell is touched if its middle is at most `radius` away. */
function touched(marks: readonly Mark[]): Set<string> {
  const cells = new Set<string>();
  for (let y = 0; y < picture.height; y++)
    for (let x = 0; x < picture.width; x++)
      if (
        marks.some(
          (mark) =>
            Math.hypot(x + 0.5 - mark.x, y + 0.5 - mark.y) <= (mark.kind === 'erase' ? mark.radius : 0),
        )
      )
        cells.add(`${x} ${y}`);
  return cells;
}

test('every cell on the line between two far events is erased', () => {
  fc.assert(
    fc.property(inside, inside, fc.integer({ min: 2, max: 20 }), (from, to, size) => {
      const cells = touched(marksOf(size, [from, to]));
      for (let t = 0; t <= 1; t += 0.01) {
        const x = from.x + (to.x - from.x) * t;
        const y = from.y + (to.y - from.y) * t;
        assert.ok(cells.has(`${Math.floor(x)} ${Math.floor(y)}`), `${x} ${y}`);
      }
    }),
    { numRuns: 40 },
  );
});

test('the smallest brush leaves a line whose cells touch one another', () => {
  fc.assert(
    fc.property(inside, inside, (from, to) => {
      const marks = marksOf(1, [from, to]);
      for (const [index, mark] of marks.entries()) {
        if (index === 0) continue;
        const before = marks[index - 1];
        assert.ok(Math.abs(mark.x - before.x) <= 1 && Math.abs(mark.y - before.y) <= 1);
      }
      assert.deepEqual(touched(marks).size, new Set(marks.map(({ x, y }) => `${x} ${y}`)).size);
    }),
  );
});

test('no cell farther than the brush from the line is erased', () => {
  const cells = touched(
    marksOf(6, [
      { x: 10.5, y: 20.5 },
      { x: 50.5, y: 20.5 },
    ]),
  );
  for (const cell of cells) {
    const [x, y] = cell.split(' ').map(Number);
    assert.ok(Math.abs(y - 20) <= 3 && x >= 7 && x <= 53, cell);
  }
  assert.ok(cells.has('30 22') && cells.has('7 20') && cells.has('53 20'));
});

test('a tap is one mark, and a pointer that stays adds none', () => {
  const marks = marksOf(4, [
    { x: 5, y: 5 },
    { x: 5, y: 5 },
    { x: 5.01, y: 5 },
  ]);
  assert.deepEqual(marks, [{ kind: 'erase', x: 5, y: 5, radius: 2 }]);
});

test('a long stroke of many marks comes in parts, in order, none lost', () => {
  const points = Array.from({ length: 200 }, (_, index) => ({
    x: index % 2 === 0 ? 1.5 : 62.5,
    y: index / 4,
  }));
  const marks = marksOf(1, points);
  assert.ok(marks.length > 2000);
  assert.deepEqual(marks.at(-1), { kind: 'erase', x: 62.5, y: 49.5, radius: 0.5 });
});

test('seeds are whole cells of the picture', () => {
  assert.deepEqual(markAt('seed', { x: 3.9, y: 0.2 }, 9, picture), { kind: 'seed', x: 3, y: 0 });
  assert.equal(markAt('seed', { x: 64, y: 1 }, 9, picture), null);
  assert.equal(markAt('erase', { x: 80, y: 1 }, 9, picture), null);
  assert.notEqual(markAt('erase', { x: 66, y: 1 }, 9, picture), null, 'its rim reaches in');
});

test('a circle erases what lies in it', () => {
  const mark = circleMark({ x: 10.5, y: 10.5 }, { x: 13.5, y: 14.5 });
  assert.deepEqual(mark, { kind: 'erase', x: 10.5, y: 10.5, radius: 5 });
});

test('brush sizes go up and down through the same steps, within their bounds', () => {
  const up: number[] = [brushSizes.smallest];
  while (up.at(-1)! < brushSizes.largest) up.push(nextBrushSize(up.at(-1)!, 1));
  const down: number[] = [brushSizes.largest];
  while (down.at(-1)! > brushSizes.smallest) down.push(nextBrushSize(down.at(-1)!, -1));
  assert.deepEqual(down.reverse(), up);
  assert.equal(nextBrushSize(brushSizes.largest, 1), brushSizes.largest);
  assert.equal(nextBrushSize(brushSizes.smallest, -1), brushSizes.smallest);
});
