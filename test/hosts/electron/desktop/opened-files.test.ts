import assert from 'node:assert/strict';
import test from 'node:test';
import { createOpenedFiles, filePaths, handedOver } from '#hosts/electron/desktop/opened-files.ts';

test('files wait until a window takes them, each once; later ones are told', () => {
  const opened = createOpenedFiles();
  opened.add(['/a.png', '/b.gif', '/a.png']);
  let told = 0;
  opened.onAdded(() => (told += 1));
  assert.deepEqual(opened.take(), ['/a.png', '/b.gif']);
  assert.deepEqual(opened.take(), []);
  opened.add([]);
  assert.equal(told, 0);
  opened.add(['/c.safetensors']);
  assert.equal(told, 1);
  assert.deepEqual(opened.take(), ['/c.safetensors']);
});

test('what is named on the command line is absolute; switches and addresses are no files', () => {
  const given = [
    'cat.png',
    '/dogs/dog.gif',
    'file:///with%20space.png',
    '--no-sandbox',
    'https://x.org/a.png',
    '',
  ];
  assert.deepEqual(filePaths(given, '/home/me'), ['/home/me/cat.png', '/dogs/dog.gif', '/with space.png']);
  assert.deepEqual(filePaths(['file://elsewhere/%ZZ'], '/'), []);
});

test('of what a second start sends, only absolute paths are taken', () => {
  assert.deepEqual(handedOver({ files: ['/a.png', 'b.png', 7, null] }), ['/a.png']);
  for (const nonsense of [null, undefined, 'x', [], { files: '/a.png' }])
    assert.deepEqual(handedOver(nonsense), []);
});
