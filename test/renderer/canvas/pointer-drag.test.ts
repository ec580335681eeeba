/** What pointers mean: drawing, moving, two fingers, and that a stroke is begun and ended once. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createPointerDrag } from '../../../src-renderer/canvas/pointer-drag.ts';

function recorded({ isPanning = false } = {}) {
  const told: string[] = [];
  const round = ({ x, y }: { x: number; y: number }): string => `${Math.round(x)},${Math.round(y)}`;
  const drag = createPointerDrag({
    isPanning: () => isPanning,
    onStart: (at) => told.push(`start ${round(at)}`),
    onDrag: (points) => told.push(`drag ${points.map(round).join(' ')}`),
    onEnd: () => told.push('end'),
    onCancel: () => told.push('cancel'),
    onHover: (at) => told.push(at === null ? 'hover off' : `hover ${round(at)}`),
    onPan: (by) => told.push(`pan ${round(by)}`),
    onZoom: (factor, at) => told.push(`zoom ${factor.toFixed(2)} at ${round(at)}`),
  });
  return { drag, told };
}

const at = (x: number, y: number): { x: number; y: number } => ({ x, y });

test('a mouse draws from where it is pressed, through all positions between, to where it is let go', () => {
  const { drag, told } = recorded();
  drag.move(1, false, [at(5, 5)]);
  drag.down({ pointer: 1, isFinger: false, button: 0, at: at(10, 10) });
  drag.move(1, false, [at(12, 10), at(20, 11)]);
  drag.up(1);
  drag.up(1);
  assert.deepEqual(told, ['hover 5,5', 'start 10,10', 'hover 20,11', 'drag 12,10 20,11', 'end']);
});

test('the middle button moves the view, and so does the main one where that is what it does', () => {
  for (const [button, isPanning] of [
    [1, false],
    [0, true],
  ] as const) {
    const { drag, told } = recorded({ isPanning });
    drag.down({ pointer: 1, isFinger: false, button, at: at(10, 10) });
    drag.move(1, false, [at(14, 8)]);
    drag.move(1, false, [at(15, 8)]);
    drag.up(1);
    assert.deepEqual(told, ['pan 4,-2', 'pan 1,0']);
  }
});

test('a finger that taps draws one mark; one that moves draws from where it came down', () => {
  const tap = recorded();
  tap.drag.down({ pointer: 3, isFinger: true, button: 0, at: at(10, 10) });
  tap.drag.move(3, true, [at(12, 11)]);
  tap.drag.up(3);
  assert.deepEqual(tap.told, ['start 10,10', 'end']);

  const stroke = recorded();
  stroke.drag.down({ pointer: 3, isFinger: true, button: 0, at: at(10, 10) });
  stroke.drag.move(3, true, [at(20, 10)]);
  stroke.drag.up(3);
  assert.deepEqual(stroke.told, ['start 10,10', 'drag 20,10', 'end']);
});

test('two fingers zoom and move, and leave no mark; the last one left draws nothing', () => {
  const { drag, told } = recorded();
  drag.down({ pointer: 1, isFinger: true, button: 0, at: at(100, 100) });
  drag.down({ pointer: 2, isFinger: true, button: 0, at: at(200, 100) });
  drag.move(2, true, [at(300, 100)]);
  drag.up(1);
  drag.move(2, true, [at(400, 300)]);
  drag.up(2);
  assert.deepEqual(told, ['pan 50,0', 'zoom 2.00 at 200,100']);
  drag.down({ pointer: 4, isFinger: true, button: 0, at: at(1, 1) });
  drag.up(4);
  assert.deepEqual(told.slice(2), ['start 1,1', 'end'], 'the next finger draws again');
});

test('a second finger takes a stroke back into moving', () => {
  const { drag, told } = recorded();
  drag.down({ pointer: 1, isFinger: true, button: 0, at: at(0, 0) });
  drag.move(1, true, [at(30, 0)]);
  drag.down({ pointer: 2, isFinger: true, button: 0, at: at(100, 0) });
  assert.deepEqual(told, ['start 0,0', 'drag 30,0', 'cancel']);
});

test('whatever pointers do, a stroke begins before it ends, and ends once', () => {
  const step = fc.record({
    kind: fc.constantFrom('down', 'move', 'up', 'cancel'),
    pointer: fc.integer({ min: 1, max: 3 }),
    isFinger: fc.boolean(),
    button: fc.constantFrom(0, 1),
    at: fc.record({ x: fc.nat(50), y: fc.nat(50) }),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const { drag, told } = recorded();
      for (const { kind, pointer, isFinger, button, at: where } of steps) {
        if (kind === 'down') drag.down({ pointer, isFinger, button, at: where });
        else if (kind === 'move') drag.move(pointer, isFinger, [where]);
        else if (kind === 'up') drag.up(pointer);
        else drag.cancel(pointer);
      }
      let isDrawing = false;
      for (const [word] of told.map((line) => line.split(' '))) {
        if (word === 'start') assert.equal(isDrawing, false);
        if (word === 'drag' || word === 'end' || word === 'cancel') assert.equal(isDrawing, true);
        if (word === 'start') isDrawing = true;
        if (word === 'end' || word === 'cancel') isDrawing = false;
      }
    }),
  );
});
