import assert from 'node:assert/strict';
import test from 'node:test';
import { chosenThing } from '#contract/desktop-contract.ts';
import { choose, openDialogOptions, type Choice, type Folders } from '#hosts/electron/desktop/choosing.ts';
import { saveDialogOptions } from '#hosts/electron/desktop/saved-downloads.ts';
import { dialog } from '../stand-in/dialog.ts';

const choice = (what: Choice['what'], start: string | null = null): Choice => ({
  ...{ what, title: 'Open a photo', choose: null, start },
});

function memory(): Folders {
  const known = new Map<string, string>();
  return { last: (what) => known.get(what), remember: (what, folder) => void known.set(what, folder) };
}

test('each kind of choice opens where it was last, and no other is led there', async () => {
  const folders = memory();
  const show = dialog.showOpenDialog.bind(dialog);
  dialog.choices.push(['/photos/summer/cat.jpg'], []);
  assert.deepEqual(await choose(choice('photo'), { show, folders }), ['/photos/summer/cat.jpg']);
  assert.deepEqual(await choose(choice('photo'), { show, folders }), [], 'cancelled');
  const [first, second] = dialog.asked.map(({ options }) => options as { defaultPath?: string });
  assert.deepEqual([first.defaultPath, second.defaultPath], [undefined, '/photos/summer']);
  assert.equal(folders.last('files'), undefined);
  dialog.choices.push(['/exports']);
  await choose(choice('save-folder'), { show, folders });
  assert.equal(folders.last('save-folder'), '/exports', 'a folder is remembered itself, not the one above');
});

test('folders are chosen as folders, several files where several are meant, and every file can be', () => {
  for (const what of chosenThing.options) {
    const { properties, filters } = openDialogOptions(choice(what, '/here'), '/there');
    assert.equal(properties?.includes('openDirectory'), what.endsWith('folder'), what);
    if (!what.endsWith('folder')) assert.deepEqual(filters?.at(-1)?.extensions, ['*'], what);
    assert.equal(properties?.includes('multiSelections'), what === 'files' || what === 'pictures', what);
  }
  assert.equal(openDialogOptions(choice('photo', '/here'), '/there').defaultPath, '/here');
});

test('what is saved goes under its own name, where something was saved last', () => {
  const { defaultPath, filters } = saveDialogOptions('cat.gif', '/pictures');
  assert.equal(defaultPath, '/pictures/cat.gif');
  assert.deepEqual(filters, [{ name: 'GIF animation', extensions: ['gif'] }]);
  assert.deepEqual(saveDialogOptions('odd', undefined), { title: 'Save', defaultPath: 'odd' });
});
