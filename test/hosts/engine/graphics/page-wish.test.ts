import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pageWish, type PageChoice } from '#hosts/engine/graphics/page-wish.ts';

const wasm = { backend: 'wasm', isSoftware: false } as const;
const dawn = { backend: 'webgpu', isSoftware: false } as const;
const software = { backend: 'webgpu', isSoftware: true } as const;

type Case = readonly [PageChoice, Parameters<typeof pageWish>[1], boolean | null];

const cases: readonly Case[] = [
  // What people watch: the page first, but no software before anything real.
  [{ backend: 'auto' }, wasm, false],
  [{ backend: 'auto' }, dawn, false],
  [{ backend: 'webgpu' }, wasm, true],
  [{ backend: 'webgpu' }, dawn, false],
  [{ backend: 'webgpu' }, software, true],
  // Jobs: the process's own first.
  [{ backend: 'auto', isBackground: true }, wasm, false],
  [{ backend: 'auto', isBackground: true }, dawn, null],
  [{ backend: 'webgpu', isBackground: true }, wasm, true],
  [{ backend: 'webgpu', isBackground: true }, dawn, null],
  [{ backend: 'webgpu', isBackground: true }, software, false],
  // Somebody wants something else.
  [{ backend: 'auto', threads: 2 }, wasm, null],
  [{ backend: 'wasm' }, wasm, null],
  [{ backend: 'reference' }, { backend: 'reference', isSoftware: false }, null],
];

for (const [choice, own, softwareToo] of cases) {
  const said = `${JSON.stringify(choice)} beside ${own.backend}${own.isSoftware ? ', software' : ''}`;
  test(`${said}: ${softwareToo === null ? 'no page' : `a page${softwareToo ? ', software too' : ''}`}`, () => {
    assert.deepEqual(pageWish(choice, own), softwareToo === null ? null : { softwareToo });
  });
}
