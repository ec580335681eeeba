/** The kernels that show a state, without a graphics processor; what they compute is tested in test/hosts/graphics-page. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { presets } from '#domain/model-presets.ts';
import { frameCode } from '#engine/kernels/webgpu/code/frame-code.ts';
import { showCode } from '#engine/kernels/webgpu/code/show-code.ts';

const { automaton, grid } = presets.digits;

test('the picture is left out where only the count is wanted', () => {
  const names = (pixels: boolean): string[] =>
    frameCode({ automaton, grid, pixels }).bindings.map(({ name }) => name);
  assert.deepEqual(names(true), ['state', 'alive', 'pixels']);
  assert.deepEqual(names(false), ['state', 'alive']);
  assert.doesNotMatch(frameCode({ automaton, grid, pixels: false }).source, /pixel/);
});

test('a state is read four channels at once where their number allows it', () => {
  const typeOf = (channels: number): string | undefined =>
    frameCode({ automaton: { ...automaton, channels }, grid, pixels: true }).bindings[0]?.type;
  assert.equal(typeOf(16), 'vec4<f32>');
  assert.equal(typeOf(18), 'f32');
});

test('grid, threshold and alive channel stand in the source: no two shapes share a pipeline', () => {
  const shapes = [
    { automaton, grid },
    { automaton, grid: { height: grid.height + 1, width: grid.width } },
    { automaton: { ...automaton, aliveThreshold: 0.2 }, grid },
    { automaton: { ...automaton, aliveChannel: 1 }, grid },
  ];
  assert.equal(new Set(shapes.map((shape) => frameCode({ ...shape, pixels: true }).source)).size, 4);
  assert.notEqual(showCode(shapes[0]).source, showCode(shapes[1]).source);
});
