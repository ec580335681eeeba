/** The mask's edits: whatever is done can be taken back and made again to the byte, in memory that has an end. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { brushShape, rectangleShape } from '../../../src-renderer/canvas/mask-shapes.ts';
import { Mask } from '../../../src-renderer/canvas/mask.ts';
import type { Point } from '../../../src-renderer/canvas/view.ts';

const size = { width: 150, height: 100 };
const point = fc.record({ x: fc.integer({ min: -10, max: 160 }), y: fc.integer({ min: -10, max: 110 }) });
const mode = fc.constantFrom('add' as const, 'take' as const);
interface PaintEdit {
  readonly kind: 'brush' | 'rectangle';
  readonly from: Point;
  readonly to: Point;
  readonly mode: 'add' | 'take';
}
interface WholeEdit {
  readonly kind: 'invert' | 'clear';
}
type TestEdit = PaintEdit | WholeEdit;
const edit: fc.Arbitrary<TestEdit> = fc.oneof(
  fc.record({ kind: fc.constantFrom('brush' as const, 'rectangle' as const), from: point, to: point, mode }),
  fc.record({ kind: fc.constantFrom('invert' as const, 'clear' as const) }),
);

function make(mask: Mask, change: TestEdit): void {
  if (!('from' in change)) {
    if (change.kind === 'invert') mask.invert();
    else mask.clear();
  } else if (change.kind === 'rectangle')
    mask.paint(rectangleShape(change.from, change.to, size), change.mode);
  else {
    const middle = { x: 75, y: 50 };
    mask.begin();
    mask.paint(brushShape(change.from, middle, 20, 0.5, size), change.mode);
    mask.paint(brushShape(middle, change.to, 20, 0.5, size), change.mode);
    mask.end();
  }
}

function paintedIn(mask: Mask): number {
  return mask.values.filter((value) => value > 0).length;
}

test('any edits, undone and made again, give the same bytes at every step', () => {
  fc.assert(
    fc.property(fc.array(edit, { maxLength: 12 }), (edits) => {
      const mask = new Mask(size);
      const kept = [mask.values.slice()];
      for (const change of edits) {
        const before = mask.values.slice();
        make(mask, change);
        assert.equal(mask.painted, paintedIn(mask));
        // What changes nothing is no step.
        if (!Buffer.from(before).equals(mask.values)) kept.push(mask.values.slice());
      }
      for (let step = kept.length - 2; step >= 0; step--) {
        assert.ok(mask.undo() !== null);
        assert.deepEqual(mask.values, kept[step]);
        assert.equal(mask.painted, paintedIn(mask));
      }
      assert.equal(mask.undo(), null);
      for (const values of kept.slice(1)) {
        assert.ok(mask.redo() !== null);
        assert.deepEqual(mask.values, values);
        assert.equal(mask.painted, paintedIn(mask));
      }
      assert.equal(mask.redo(), null);
    }),
    { numRuns: 60 },
  );
});

test('what an undo changed lies in the box that it gives', () => {
  const mask = new Mask(size);
  mask.paint(rectangleShape({ x: 70, y: 10 }, { x: 80, y: 20 }, size), 'add');
  const before = mask.values.slice();
  const box = mask.undo();
  assert.ok(box !== null);
  for (const [index, value] of before.entries()) {
    if (value === mask.values[index]) continue;
    const [x, y] = [index % size.width, Math.floor(index / size.width)];
    assert.ok(x >= box.left && x < box.right && y >= box.top && y < box.bottom);
  }
});

test('a cancelled stroke leaves nothing behind, in the mask or in the history', () => {
  const mask = new Mask(size);
  mask.paint(rectangleShape({ x: 0, y: 0 }, { x: 30, y: 30 }, size), 'add');
  const before = mask.values.slice();
  mask.begin();
  mask.paint(brushShape({ x: 5, y: 5 }, { x: 120, y: 90 }, 30, 1, size), 'add');
  assert.ok(mask.cancel() !== null);
  assert.deepEqual(mask.values, before);
  mask.undo();
  assert.equal(mask.painted, 0);
  assert.equal(mask.canUndo, false);
});

test('a new edit forgets what was undone', () => {
  const mask = new Mask(size);
  mask.invert();
  mask.undo();
  assert.equal(mask.canRedo, true);
  mask.paint(rectangleShape({ x: 0, y: 0 }, { x: 3, y: 3 }, size), 'add');
  assert.equal(mask.canRedo, false);
});

test('hundreds of strokes stay within the memory given; the newest can always be undone', () => {
  const budgetBytes = 40_000;
  const mask = new Mask(size, { budgetBytes });
  for (let index = 0; index < 300; index++) {
    const from = { x: (index * 37) % 150, y: (index * 53) % 100 };
    mask.paint(brushShape(from, { x: 75, y: 50 }, 9, 0.3, size), index % 3 === 2 ? 'take' : 'add');
    assert.ok(mask.historyBytes <= budgetBytes || !mask.canUndo);
  }
  assert.ok(mask.canUndo);
  const tiny = new Mask(size, { budgetBytes: 1 });
  tiny.paint(brushShape({ x: 3, y: 3 }, { x: 140, y: 90 }, 9, 0.3, size), 'add');
  tiny.undo();
  assert.equal(tiny.painted, 0);
});

test('even areas take next to no memory: a large photo inverted twice', () => {
  const mask = new Mask({ width: 2048, height: 1536 });
  mask.invert();
  mask.invert();
  assert.ok(mask.historyBytes < 64 * 1024);
});

test('a loaded mask is one step, and one of another size is refused', () => {
  const mask = new Mask(size);
  const source = new Uint8Array(size.width * size.height).map((_, index) => index % 251);
  mask.load(source);
  assert.deepEqual(mask.values, source);
  mask.undo();
  assert.equal(mask.painted, 0);
  assert.throws(() => mask.load(new Uint8Array(3)), RangeError);
});
