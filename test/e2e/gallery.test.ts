/**
 * The gallery in a real browser: growing under the pointer, the keyboard's way through the grid, names, tags, deleting
 * and its way back, files that are brought in and refused, and a page whose program ended.
 */
import assert from 'node:assert/strict';
import fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import { testEachProgram } from './programs.ts';

const samples = fileURLToPath(new URL('../../assets/samples/', import.meta.url));

testEachProgram('gallery', async (t, program) => {
  const data = await fs.mkdtemp(join(tmpdir(), 'morphogen-gallery-'));
  t.after(async () => {
    await program.close();
    await fs.rm(data, { recursive: true, force: true });
  });
  const window = await program.open(data);
  const { page } = window;
  const cells = page.getByRole('gridcell');

  await t.test('a picture grows while the pointer is on it, and no longer', async () => {
    await cells.first().hover();
    await cells.first().locator('canvas').waitFor();
    await page.mouse.move(700, 700);
    await cells.first().locator('canvas').waitFor({ state: 'detached' });
  });

  await t.test('one click makes styles of the sample digits', async () => {
    await page.getByRole('button', { name: 'Make styles of sample digits' }).click();
    await page.getByText(/styles, done$/).waitFor();
    await counted(page, /^\d{3} pictures$/);
  });

  await t.test(
    'arrows, Home, End and Page Down move; what has the keyboard is selected and in sight',
    async () => {
      await cells.first().focus();
      await page.keyboard.press('ArrowRight');
      await focusedPlace(page, '1');
      await page.keyboard.press('End');
      const last = await count(page);
      await focusedPlace(page, String(last - 1));
      await page.keyboard.press('Home');
      await focusedPlace(page, '0');
      await page.keyboard.press('Shift+ArrowRight');
      await page.keyboard.press('Shift+ArrowRight');
      await counted(page, /^3 of/);
      await page.keyboard.press('Space');
      await counted(page, /^2 of/);
      await page.keyboard.press('Escape');
      await counted(page, /pictures$/);
    },
  );

  await t.test('a name and tags are kept, searched and filtered by', async () => {
    await page.keyboard.press('Home');
    await page.getByRole('textbox', { name: 'Name' }).fill('Seven of mine');
    await page.keyboard.press('Enter');
    await cells.filter({ hasText: 'Seven of mine' }).waitFor();
    await page.getByRole('combobox', { name: 'Add a tag' }).fill('lucky, number');
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Remove the tag lucky' }).waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('searchbox', { name: 'Search names and tags' }).fill('luck');
    await counted(page, /^1 picture$/);
    await page.keyboard.press('Escape');
    await page.getByRole('combobox', { name: 'Tag', exact: true }).selectOption('number');
    await counted(page, /^1 picture$/);
    await page.getByRole('button', { name: 'Remove the tag number' }).click();
    await counted(page, /^\d{3} pictures$/);
  });

  await t.test('all are deleted at once, and come back at once', async () => {
    const before = await count(page);
    await cells.first().focus();
    await page.keyboard.press('Control+a');
    await counted(page, new RegExp(`^${String(before)} of ${String(before)} selected$`));
    await page.keyboard.press('Delete');
    await page.getByText(`Deleted ${String(before)} styles`).waitFor();
    await counted(page, /^0 pictures$/);
    await page.keyboard.press('Control+z');
    await counted(page, new RegExp(`^${String(before)} pictures$`));
  });

  await t.test('files are looked at first: what cannot be used is told, and nothing changes', async () => {
    const before = await count(page);
    const hostile = join(data, 'not-a-picture.png');
    await fs.writeFile(hostile, '<svg onload="alert(1)">');
    await window.choose([hostile], () => page.getByRole('button', { name: 'Bring in…' }).click());
    // There is nothing else in the card, so its reasons are open.
    await page.getByText('1 file cannot be used').waitFor();
    await page.getByRole('listitem').filter({ hasText: 'not-a-picture.png' }).waitFor();
    await page.getByRole('button', { name: 'Cancel this import' }).click();
    assert.equal(await count(page), before);
  });

  await t.test('a picture becomes a style, and a folder is offered for training', async () => {
    const before = await count(page);
    const parrot = join(samples, 'emoji', 'emoji_u1f99c.png');
    await window.choose([parrot], () => page.getByRole('button', { name: 'Bring in…' }).click());
    await page.getByRole('button', { name: 'Encode 1 picture' }).click();
    await counted(page, new RegExp(`^${String(before + 1)} pictures$`));
    const uploads = join(data, 'uploads');
    const sent = (await fs.readdir(uploads)).length;
    await window.drop(join(samples, 'emoji'));
    await page.getByRole('button', { name: 'Train a model on it' }).click();
    await page.getByText(/pictures can be used/).waitFor();
    // A desktop knows where it lies, and sends nothing.
    assert.equal((await fs.readdir(uploads)).length, program.name === 'web' ? sent + 1 : sent);
  });

  window.check();

  // A desktop's window ends with it.
  if (program.name === 'web')
    await t.test('when the program ends, the window says so', async () => {
      await window.stop();
      await page.getByText('Morphogen does not answer.').waitFor();
    });
});

/** How many the gallery says that there are. */
async function count(page: Page): Promise<number> {
  return Number((await status(page).innerText()).replaceAll(/\D/g, ''));
}

async function counted(page: Page, words: RegExp): Promise<void> {
  await status(page).filter({ hasText: words }).waitFor();
}

function status(page: Page) {
  return page
    .getByRole('main')
    .getByRole('status')
    .filter({ hasText: /picture|selected/ });
}

async function focusedPlace(page: Page, place: string): Promise<void> {
  await page.locator(`[role=gridcell][data-place="${place}"][aria-selected=true]:focus`).waitFor();
}
