/**
 * Mixing in the real program with a real browser: from no styles to a pair, shares by mouse and keyboard with one step of
 * undo each, a third style, painted areas, a child that is bred again with its family, and an artwork of a mix that
 * changed on the way, which grows again to the same bytes.
 */
import assert from 'node:assert/strict';
import fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Locator, Page } from 'playwright-core';
import sharp from 'sharp';
import { testEachProgram } from './programs.ts';
import { takeStep } from './step.ts';

testEachProgram('two styles, three, areas, a child, an artwork', async (t, program) => {
  const folder = await fs.mkdtemp(join(tmpdir(), 'morphogen-mixer-'));
  t.after(async () => {
    await program.close();
    await fs.rm(folder, { recursive: true, force: true });
  });
  const window = await program.open(folder);
  const { page } = window;
  const slots = page.getByRole('list', { name: 'Styles in the mix' }).getByRole('listitem');

  const step = (what: string, act: () => Promise<void>): Promise<void> =>
    takeStep(what, { page, output: window.output }, act);

  await step('from an empty library to a pair that grows', async () => {
    await page.getByRole('link', { name: 'Mixer', exact: true }).click();
    await page.getByRole('button', { name: 'Make styles of the sample digits' }).click();
    await page
      .getByRole('button', { name: /^Mix #\d+ and #\d+$/ })
      .first()
      .click({ timeout: 120_000 });
    await page.waitForURL(/#\/mixer\/[^,]+,[^,]+$/);
    await slots.getByText('1 of 2 turns').nth(1).waitFor();
    await stepAbove(page, 20);
    assert.equal(await slots.count(), 2);
  });

  await step(
    'a drag of the slider is one step of undo, and a double click makes it usual again',
    async () => {
      const slider = page.getByRole('slider', { name: /^Share of/ }).first();
      const box = (await slider.boundingBox())!;
      const y = box.y + box.height / 2;
      await page.mouse.move(box.x + box.width / 2, y);
      await page.mouse.down();
      for (let place = 6; place <= 10; place++) await page.mouse.move(box.x + (box.width * place) / 10, y);
      await page.mouse.up();
      await slots.first().getByText('2 of 3 turns').waitFor();
      await page
        .getByText('The order of the turns:')
        .locator('..')
        .filter({ hasText: /1\s*1\s*2/ })
        .waitFor();
      await page.getByRole('button', { name: 'Undo the last stroke' }).click();
      await slots.first().getByText('1 of 2 turns').waitFor();
      await page.getByRole('button', { name: 'Redo the stroke' }).click();
      await slots.first().getByText('2 of 3 turns').waitFor();
      await slider.dblclick();
      await slots.first().getByText('1 of 2 turns').waitFor();
      await slider.press('End');
      await slots.first().getByText('2 of 3 turns').waitFor();
      await slider.press('Home');
      await slots.first().getByText('1 of 2 turns').waitFor();
      window.check();
    },
  );

  await step('a third style by the keyboard, and the order by a drag', async () => {
    await page.getByRole('application').focus();
    await page.keyboard.press('a');
    const shelf = page.getByRole('region', { name: 'A style for slot 3' });
    await shelf.getByRole('searchbox').fill('#7');
    await shelf.getByRole('button', { name: '#7', exact: true }).waitFor();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await slots.nth(2).getByText('1 of 3 turns').waitFor();
    const [first, second] = await Promise.all([nameIn(slots.nth(0)), nameIn(slots.nth(1))]);
    await slots
      .nth(0)
      .getByRole('button', { name: /^Slot 1/ })
      .dragTo(slots.nth(1));
    await slots.nth(0).getByText(second, { exact: true }).waitFor();
    assert.equal(await nameIn(slots.nth(1)), first);
    window.check();
  });

  await step('areas are painted and filled, and undone', async () => {
    await page.getByRole('radio', { name: /^Areas/ }).check();
    await slots.nth(0).getByText('has 36 % of the canvas').waitFor();
    await page.getByRole('radio', { name: 'Paint', exact: false }).first().waitFor({ state: 'attached' });
    const canvas = page.getByRole('application');
    const box = (await canvas.boundingBox())!;
    await page.mouse.move(box.x + box.width * 0.45, box.y + box.height * 0.3);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width * 0.5, box.y + box.height * 0.7, { steps: 8 });
    await page.mouse.up();
    await slots.nth(0).getByText('has 36 % of the canvas').waitFor({ state: 'hidden' });
    await page.getByRole('button', { name: 'Undo the last stroke' }).click();
    await slots.nth(0).getByText('has 36 % of the canvas').waitFor();
    await page.getByRole('button', { name: 'Fill all' }).click();
    await slots.nth(0).getByText('has 100 % of the canvas').waitFor();
    window.check();
  });

  await step('an average becomes a style, goes into a slot, and its family is shown', async () => {
    await page.getByRole('radio', { name: /^Average/ }).check();
    await page.getByRole('button', { name: 'Save as style' }).click();
    await page.getByRole('textbox', { name: 'Name of the style' }).fill('Kid');
    await page.getByRole('button', { name: 'Breed' }).click();
    await slots.nth(3).getByText('Kid').waitFor();
    await page.getByRole('button', { name: 'Family of Kid' }).click();
    const family = page.getByRole('dialog', { name: 'Family' });
    await family.getByRole('button', { name: 'Kid, style, this one' }).waitFor();
    assert.equal(await family.getByRole('button', { name: /, style, parent$/ }).count(), 3);
    await page.keyboard.press('Escape');
    window.check();
  });

  await step('the modes grow side by side, and a click brings one to the canvas', async () => {
    await page.getByRole('button', { name: 'Side by side' }).click();
    const others = page.getByRole('list', { name: 'The other modes' });
    await others.locator('canvas').nth(2).waitFor();
    await others.getByRole('button', { name: 'Random' }).click();
    await page
      .getByRole('radio', { name: /^Random/ })
      .and(page.locator(':checked'))
      .waitFor();
    await page.getByRole('button', { name: 'Side by side' }).click();
    window.check();
  });

  await step('an artwork of a mix that changed on the way grows again to the same bytes', async () => {
    await page
      .getByRole('slider', { name: /^Share of/ })
      .first()
      .press('ArrowRight');
    await page.getByRole('button', { name: 'Save as artwork' }).click();
    await page.getByRole('textbox', { name: 'Name of the artwork' }).fill('Mixed');
    await page.keyboard.press('Enter');
    await page.getByText('Saved “Mixed”').waitFor();
    await page.getByRole('link', { name: 'Gallery', exact: true }).click();
    await page.getByRole('searchbox', { name: 'Search names and tags' }).fill('Mixed');
    await page.getByRole('main').getByText('1 picture', { exact: true }).waitFor();
    await page.getByRole('gridcell', { name: /Mixed/ }).click();
    await page.getByRole('complementary').getByRole('button', { name: 'Grow', exact: true }).click();
    await page.waitForURL(/#\/grow\/artwork\/.+/);
    await page
      .getByText(/ · at random 25 % and 25 % and 25 % and 25 % · /)
      .or(page.getByText(/averaged/))
      .first()
      .waitFor();
    await page.getByRole('button', { name: 'Check the replay' }).click();
    await page.getByText('Grown again: the same to the last byte').waitFor();
    await page.getByRole('button', { name: 'Mix anew' }).click();
    await page.waitForURL(/#\/mixer\/([^,]+,){3}[^,]+$/);
    window.check();
  });
  await step('styles of the gallery are dragged into the mixer, or added by a key', async () => {
    const mixer = page.getByRole('link', { name: 'Mixer', exact: true });
    const cells = page.getByRole('gridcell');
    await mixer.click();
    await page.waitForURL(/#\/mixer$/);
    await page.getByRole('link', { name: 'Gallery', exact: true }).click();
    await page.getByRole('button', { name: 'Clear the search' }).click();
    await cells.nth(3).waitFor();
    await cells.nth(1).dragTo(mixer);
    await page.waitForURL(/#\/mixer\/[^,]+$/);
    await page.getByRole('link', { name: 'Gallery', exact: true }).click();
    // Held over the entry, the mixer opens, and a slot can be reached.
    const from = (await cells.nth(2).boundingBox())!;
    await page.mouse.move(from.x + 30, from.y + 30);
    await page.mouse.down();
    await page.mouse.move(from.x + 60, from.y + 60, { steps: 3 });
    const over = (await mixer.boundingBox())!;
    await page.mouse.move(over.x + 30, over.y + 10, { steps: 3 });
    await page.waitForURL(/#\/mixer\/[^,]+$/);
    const add = (await page.getByRole('button', { name: 'Add a second style' }).boundingBox())!;
    await page.mouse.move(add.x + 30, add.y + 10, { steps: 3 });
    await page.mouse.up();
    await page.waitForURL(/#\/mixer\/[^,]+,[^,]+$/);
    await page.getByRole('link', { name: 'Gallery', exact: true }).click();
    await cells.nth(3).click();
    await page.keyboard.press('Shift+A');
    await page.waitForURL(/#\/mixer\/[^,]+,[^,]+,[^,]+$/);
    assert.equal(await slots.count(), 3);
    window.check();
  });

  await step('a morph through the three is exported as a film', async () => {
    await page.getByRole('radio', { name: /^Latent/ }).check();
    await page.getByRole('button', { name: 'Morph…' }).click();
    const morph = page.getByRole('dialog', { name: 'From style to style' });
    await morph.getByLabel('Length of the film').selectOption('24 pictures');
    await morph.getByRole('button', { name: 'Export…' }).click();
    const dialog = page.getByRole('dialog', { name: /^Export “#\d+ to #\d+ to #\d+”$/ });
    await dialog.getByLabel('Kind of file').selectOption('WebP animation');
    await dialog.getByText(/^24 frames, 308 × 308 pixels, /).waitFor();
    const downloading = page.waitForEvent('download');
    await dialog.getByRole('button', { name: 'Download' }).click();
    const { pages, loop } = await sharp(await (await downloading).path(), { pages: -1 }).metadata();
    assert.deepEqual([pages, loop], [24, 0]);
    window.check();
  });
});

async function stepAbove(page: Page, step: number): Promise<void> {
  const slider = page.getByRole('slider', { name: 'Step' });
  while (Number(await slider.inputValue()) <= step) await page.waitForTimeout(50);
}

function nameIn(slot: Locator): Promise<string> {
  return slot.locator('.name').innerText();
}
