import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isPressed, keyLabels, worksInText, type KeyPress } from '../../../src-renderer/state/keys.ts';

function press(key: string, held: Partial<KeyPress> = {}): KeyPress {
  return { key, code: '', ctrlKey: false, metaKey: false, shiftKey: false, altKey: false, ...held };
}

test('Mod is Ctrl, or ⌘ on a Mac, and nothing else', () => {
  assert.ok(isPressed('Mod+K', press('k', { ctrlKey: true }), false));
  assert.ok(isPressed('Mod+K', press('k', { metaKey: true }), true));
  assert.ok(!isPressed('Mod+K', press('k', { metaKey: true }), false));
  assert.ok(!isPressed('Mod+K', press('k', { ctrlKey: true }), true));
  assert.ok(!isPressed('Mod+K', press('k'), false));
  assert.ok(!isPressed('K', press('k', { ctrlKey: true }), false));
  assert.ok(!isPressed('Mod+K', press('k', { ctrlKey: true, altKey: true }), false));
});

test('Shift counts for letters and named keys, not for signs that lie under it on some keyboards', () => {
  assert.ok(isPressed('Mod+Shift+Z', press('Z', { ctrlKey: true, shiftKey: true }), false));
  assert.ok(!isPressed('Mod+Z', press('Z', { ctrlKey: true, shiftKey: true }), false));
  assert.ok(isPressed('?', press('?', { shiftKey: true }), false));
  assert.ok(isPressed('?', press('?'), false));
  assert.ok(isPressed('/', press('/', { shiftKey: true }), false));
  assert.ok(!isPressed('Delete', press('Delete', { shiftKey: true }), false));
  assert.ok(isPressed('Space', press(' '), false));
});

test('where a layout types no Latin letters, the place of the key counts', () => {
  assert.ok(isPressed('Mod+Z', press('я', { ctrlKey: true, code: 'KeyZ' }), false));
  assert.ok(isPressed('F', press('а', { code: 'KeyF' }), false));
  // On a German keyboard the key in the place of Z types Y: what it types counts.
  assert.ok(!isPressed('Mod+Z', press('y', { ctrlKey: true, code: 'KeyZ' }), false));
  assert.ok(isPressed('Mod+Z', press('z', { ctrlKey: true, code: 'KeyY' }), false));
});

test('only keys with Mod work while text is typed', () => {
  assert.ok(worksInText('Mod+K'));
  for (const keys of ['/', '?', 'F', 'Delete', 'Shift+F']) assert.ok(!worksInText(keys), keys);
});

test('keys are labelled as they are printed', () => {
  assert.deepEqual(keyLabels('Mod+Shift+Z', false), ['Ctrl', 'Shift', 'Z']);
  assert.deepEqual(keyLabels('Mod+Shift+Z', true), ['⌘', '⇧', 'Z']);
  assert.deepEqual(keyLabels('ArrowLeft', false), ['←']);
});
