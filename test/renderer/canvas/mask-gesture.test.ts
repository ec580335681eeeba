/** Tools from setting down to lifting: one step of undo each, shown on the way, given up without a trace. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { beginGesture, type MaskTool } from '../../../src-renderer/canvas/mask-gesture.ts';
import { Mask } from '../../../src-renderer/canvas/mask.ts';

const size = { width: 100, height: 80 };
const tools: readonly MaskTool[] = ['brush', 'eraser', 'rectangle', 'lasso'];
const way = [
  { x: 20, y: 20 },
  { x: 60, y: 22 },
  { x: 62, y: 60 },
  { x: 18, y: 58 },
];

function options(tool: MaskTool, takes = false) {
  return { tool, size: 10, hardness: 1, takes };
}

function draw(mask: Mask, tool: MaskTool, takes = false): void {
  const gesture = beginGesture(mask, options(tool, takes), way[0]);
  for (const point of way.slice(1)) gesture.extend([point]);
  gesture.end();
}

test('every tool is one step of undo', () => {
  for (const tool of tools) {
    const mask = new Mask(size);
    if (tool === 'eraser') mask.invert();
    const before = mask.values.slice();
    draw(mask, tool);
    assert.notDeepEqual(mask.values, before, tool);
    mask.undo();
    assert.deepEqual(mask.values, before, tool);
  }
});

test('given up on the way, no tool leaves a trace', () => {
  for (const tool of tools) {
    const mask = new Mask(size);
    if (tool === 'eraser') mask.invert();
    const before = mask.values.slice();
    const gesture = beginGesture(mask, options(tool), way[0]);
    gesture.extend(way.slice(1));
    gesture.cancel();
    assert.deepEqual(mask.values, before, tool);
  }
});

test('a rectangle and a lasso are shown before they are painted, and take away as well', () => {
  for (const tool of ['rectangle', 'lasso'] as const) {
    const mask = new Mask(size);
    mask.invert();
    const gesture = beginGesture(mask, options(tool, true), way[0]);
    assert.equal(gesture.extend(way.slice(1)), null);
    assert.equal(gesture.draft?.kind, tool);
    assert.equal(mask.painted, 8000);
    gesture.end();
    assert.ok(mask.painted < 8000, tool);
  }
});

test('a click paints a dot with the brush, and nothing with what needs an area', () => {
  for (const tool of ['brush', 'rectangle', 'lasso'] as const) {
    const mask = new Mask(size);
    beginGesture(mask, options(tool), way[0]).end();
    assert.equal(mask.painted > 0, tool === 'brush', tool);
    assert.equal(mask.canUndo, tool === 'brush', tool);
  }
});

test('the boxes that a stroke gives hold all that it painted, its beginning too', () => {
  const mask = new Mask(size);
  const gesture = beginGesture(mask, options('brush'), way[0]);
  const boxes = [gesture.extend([way[1]]), gesture.extend([way[2]]), gesture.end()];
  for (const [index, value] of mask.values.entries()) {
    if (value === 0) continue;
    const [x, y] = [index % size.width, Math.floor(index / size.width)];
    assert.ok(
      boxes.some((box) => box !== null && x >= box.left && x < box.right && y >= box.top && y < box.bottom),
      `${String(x)} ${String(y)}`,
    );
  }
});
