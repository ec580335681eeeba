/**
 * A photo repaired in a real browser: opened, painted by pointer and by keyboard, its mask saved and loaded, repaired,
 * compared, saved, gone on with. The file that is saved is decoded and compared with the photo pixel by pixel.
 */
import assert from 'node:assert/strict';
import fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Locator, Page } from 'playwright-core';
import sharp from 'sharp';
import { testEachProgram } from './programs.ts';

const emoji = fileURLToPath(new URL('../../assets/samples/emoji/emoji_u1f33b.png', import.meta.url));

testEachProgram('repair', async (t, program) => {
  const data = await fs.mkdtemp(join(tmpdir(), 'morphogen-repair-'));
  const photo = join(data, 'garden.jpg');
  await makePhoto(photo);
  t.after(async () => {
    await program.close();
    await fs.rm(data, { recursive: true, force: true });
  });
  const window = await program.open(join(data, 'library'));
  const { page } = window;
  const canvas = page.getByRole('application');
  const panel = page.getByRole('complementary', { name: 'Repair' });
  const work = page.getByRole('region', { name: 'Photo' });
  const repairButton = panel.getByRole('button', { name: /^Repair/ });

  await t.test('a new user tries it on the sample, whose damage is painted already', async () => {
    await page.keyboard.press('Control+4');
    await page.getByRole('button', { name: 'Try it on a sample' }).click();
    await panel.getByText(/% of the photo painted$/).waitFor();
    assert.equal(await repairButton.isEnabled(), true);
    assert.equal(await page.getByRole('heading', { level: 1 }).innerText(), 'sunflower.png');
  });

  await t.test('what is no picture is refused in a sentence, and the photo stays', async () => {
    await page
      .locator('input[type=file]')
      .first()
      .setInputFiles({ name: 'letter.png', mimeType: 'image/png', buffer: Buffer.from('Dear all') });
    await panel.getByRole('alert').waitFor();
    assert.equal(await page.getByRole('heading', { level: 1 }).innerText(), 'sunflower.png');
  });

  await t.test('a JPEG is opened in its place, with nothing painted', async () => {
    await page.locator('input[type=file]').first().setInputFiles(photo);
    await page.getByText('2,400 × 1,600 · JPEG').waitFor();
    await panel.getByText(/^Paint over what is damaged/).waitFor();
    assert.equal(await repairButton.isEnabled(), false);
  });

  await t.test('strokes are undone and made again one by one, by key and by button', async () => {
    await stroke(page, canvas, [0.3, 0.4], [0.4, 0.4]);
    const one = await painted(panel);
    await stroke(page, canvas, [0.6, 0.6], [0.7, 0.5]);
    const two = await painted(panel);
    assert.ok(two > one && one > 0);
    await page.keyboard.press('Control+z');
    await panel.getByText(`${one} % of the photo painted`).waitFor();
    await page.getByRole('button', { name: 'Redo the painting' }).click();
    await panel.getByText(`${two} % of the photo painted`).waitFor();
    await page.keyboard.press('Delete');
    await panel.getByText(/^Paint over what is damaged/).waitFor();
    await page.keyboard.press('i');
    await panel.getByText('100 % of the photo painted').waitFor();
    for (let step = 0; step < 4; step++) await page.keyboard.press('Control+z');
    await panel.getByText(/^Paint over what is damaged/).waitFor();
  });

  await t.test('the keyboard alone draws a rectangle, and takes a stroke away with the eraser', async () => {
    await canvas.focus();
    await page.keyboard.press('r');
    await page.keyboard.press('Enter');
    for (let step = 0; step < 6; step++) await page.keyboard.press('Shift+ArrowRight');
    for (let step = 0; step < 5; step++) await page.keyboard.press('Shift+ArrowDown');
    await page.keyboard.press('Enter');
    const whole = await painted(panel);
    await page.keyboard.press('e');
    await page.keyboard.press('Enter');
    await page.keyboard.press('Shift+ArrowLeft');
    await page.keyboard.press('Enter');
    assert.ok((await painted(panel)) < whole);
    await page.keyboard.press('Control+z');
    await panel.getByText(`${whole} % of the photo painted`).waitFor();
    // Given up on the way.
    await page.keyboard.press('b');
    await page.keyboard.press('Enter');
    await page.keyboard.press('ArrowUp');
    await page.keyboard.press('Escape');
    assert.equal(await painted(panel), whole);
  });

  await t.test('the mask is saved as PNG, and loaded again', async () => {
    const before = await painted(panel);
    const waiting = page.waitForEvent('download');
    await page.getByRole('button', { name: /^More/ }).click();
    await page.getByRole('menuitem', { name: 'Save the mask as PNG' }).click();
    const file = await waiting;
    assert.equal(file.suggestedFilename(), 'garden mask.png');
    const mask = join(data, 'mask.png');
    await file.saveAs(mask);
    const { dominant, channels } = await sharp(mask).stats();
    assert.deepEqual([channels[0].max, dominant.r < 16], [255, true]);
    await page.keyboard.press('Delete');
    await page.locator('input[type=file]').nth(1).setInputFiles(mask);
    await panel.getByText(`${before} % of the photo painted`).waitFor();
  });

  await t.test('a mask of another shape is refused', async () => {
    const other = await sharp({ create: { width: 90, height: 90, channels: 3, background: '#ffffff' } })
      .png()
      .toBuffer();
    await page
      .locator('input[type=file]')
      .nth(1)
      .setInputFiles({ name: 'square.png', mimeType: 'image/png', buffer: other });
    await page.getByText(/“square.png” is 90 × 90, another shape/).waitFor();
  });

  await t.test('learning is cancelled, and nothing has changed', async () => {
    await panel.getByRole('radio', { name: /^Learn this photo/ }).check();
    await canvas.focus();
    await page.keyboard.press('Control+Enter');
    await panel.getByRole('button', { name: 'Enough learned' }).waitFor();
    await panel.getByRole('button', { name: 'Cancel' }).click();
    await repairButton.waitFor();
    assert.equal(await panel.getByRole('heading', { name: 'Result' }).count(), 0);
  });

  await t.test('a model repairs it; saved as PNG, no pixel outside the mask has changed', async () => {
    await panel.getByRole('radio', { name: /^A model/ }).check();
    await page.keyboard.press('Control+Enter');
    await panel.getByRole('heading', { name: 'Result' }).waitFor({ timeout: 60_000 });
    const told = await panel.getByText(/pixels left exactly as they were/).innerText();
    const [identical, repaired] = (told.match(/[\d,]{4,}/g) ?? []).map((text) =>
      Number(text.replaceAll(',', '')),
    );
    assert.equal(identical + repaired, 2400 * 1600);

    await panel.getByRole('combobox', { name: 'Format' }).selectOption('png');
    const waiting = page.waitForEvent('download');
    await page.keyboard.press('Control+s');
    const file = await waiting;
    assert.equal(file.suggestedFilename(), 'garden repaired.png');
    const saved = join(data, 'repaired.png');
    await file.saveAs(saved);
    const [before, after] = await Promise.all([pixelsOf(photo), pixelsOf(saved)]);
    let changed = 0;
    for (let pixel = 0; pixel < before.length; pixel += 3)
      if (before.compare(after, pixel, pixel + 3, pixel, pixel + 3) !== 0) changed++;
    assert.ok(changed > 0.5 * repaired && changed <= repaired, `${changed} of ${repaired}`);
    window.check();
  });

  await t.test('before and after: a slider for the divider, a key that is held', async () => {
    await page.keyboard.press('d');
    const divider = page.getByRole('slider', { name: 'Before and after' });
    const middle = Number(await divider.inputValue());
    await divider.press('Shift+ArrowRight');
    assert.ok(Number(await divider.inputValue()) > middle);
    await panel.getByText('After', { exact: true }).click();
    const after = await drawnBy(page);
    await canvas.focus();
    await page.keyboard.down('c');
    await work.getByText('Before', { exact: true }).waitFor();
    assert.notEqual(await drawnBy(page), after);
    await page.keyboard.up('c');
    await work.getByText('After', { exact: true }).waitFor();
    assert.equal(await drawnBy(page), after);
  });

  await t.test('loaded anew, the window finds the photo, its mask and its result', async () => {
    await page.reload();
    await page.getByRole('heading', { level: 1, name: 'garden.jpg' }).waitFor();
    await panel.getByRole('heading', { name: 'Result' }).waitFor();
    // It is the mask's.
    await panel.getByText(/^Paint more, or change how it is repaired/).waitFor();
  });

  await t.test('learning goes on while the page is loaded anew, and ends with what it has', async () => {
    await panel.getByRole('radio', { name: /^Learn this photo/ }).check();
    await canvas.focus();
    await page.keyboard.press('Control+Enter');
    await panel.getByText(/^Learning this photo/).waitFor({ timeout: 60_000 });
    await page.reload();
    await panel.getByText(/^Learning this photo/).waitFor({ timeout: 60_000 });
    await panel.getByRole('button', { name: 'Enough learned' }).click();
    await repairButton.waitFor({ timeout: 60_000 });
    await panel.getByText(/^Learning ended after .* as you asked/).waitFor();
  });

  await t.test('the result becomes the photo, and the mask begins anew', async () => {
    await panel.getByRole('button', { name: 'Go on with the result' }).click();
    await page.getByRole('heading', { level: 1, name: 'garden repaired.png' }).waitFor();
    await panel.getByText(/^Paint over what is damaged/).waitFor();
    assert.equal(await page.getByRole('button', { name: 'Undo the painting' }).isEnabled(), false);
  });

  await t.test(
    'a picture that is dropped on the screen is opened, not brought into the gallery',
    async () => {
      const bytes = (await fs.readFile(emoji)).toString('base64');
      await page.evaluate(`{
      const bytes = Uint8Array.from(atob('${bytes}'), (letter) => letter.charCodeAt(0));
      const dataTransfer = new DataTransfer();
      dataTransfer.items.add(new File([bytes], 'dropped &lt;b&gt;.png', { type: 'image/png' }));
      const drop = new DragEvent('drop', { dataTransfer, bubbles: true, cancelable: true });
      document.querySelector('canvas').dispatchEvent(drop);
    }`);
      // Row 65: markup in a name is text.
      await page.getByRole('heading', { level: 1, name: 'dropped &lt;b&gt;.png' }).waitFor();
      assert.equal(await page.getByRole('region', { name: 'Import' }).count(), 0);
    },
  );

  await t.test(
    'a picture that is pasted is the next photo, and stays while other screens are shown',
    async () => {
      const bytes = (await fs.readFile(emoji)).toString('base64');
      await page.evaluate(`{
      const bytes = Uint8Array.from(atob('${bytes}'), (letter) => letter.charCodeAt(0));
      const clipboardData = new DataTransfer();
      clipboardData.items.add(new File([bytes], 'pasted.png', { type: 'image/png' }));
      document.body.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true }));
    }`);
      await page.getByRole('heading', { level: 1, name: 'pasted.png' }).waitFor();
      await stroke(page, canvas, [0.4, 0.5], [0.6, 0.5]);
      const before = await painted(panel);
      await page.keyboard.press('Control+1');
      await page.getByRole('grid').waitFor();
      await page.goBack();
      await page.getByRole('heading', { level: 1, name: 'pasted.png' }).waitFor();
      assert.equal(await painted(panel), before);
      window.check();
    },
  );
});

/** A landscape with a flower, larger than its preview. */
async function makePhoto(path: string): Promise<void> {
  const sky = `<svg xmlns="http://www.w3.org/2000/svg" width="2400" height="1600"><defs>
    <linearGradient id="sky" x2="0.3" y2="1"><stop stop-color="#6fa8d6"/><stop offset="1" stop-color="#6b8f4e"/>
    </linearGradient></defs><rect width="2400" height="1600" fill="url(#sky)"/></svg>`;
  const flower = await sharp(emoji).resize(1000, 1000).toBuffer();
  await sharp(Buffer.from(sky))
    .composite([{ input: flower, left: 700, top: 300 }])
    .removeAlpha()
    .jpeg({ quality: 90 })
    .toFile(path);
}

/** [H, W, 3] */
function pixelsOf(path: string): Promise<Buffer> {
  return sharp(path).removeAlpha().raw().toBuffer();
}

/** With the mouse, between two places given as shares of the canvas. */
async function stroke(page: Page, canvas: Locator, from: number[], to: number[]): Promise<void> {
  const box = await canvas.boundingBox();
  assert.ok(box !== null);
  await page.mouse.move(box.x + box.width * from[0], box.y + box.height * from[1]);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * to[0], box.y + box.height * to[1], { steps: 6 });
  await page.mouse.up();
}

/** Percent, as the panel tells it. */
async function painted(panel: Locator): Promise<number> {
  const words = await panel.getByText(/% of the photo painted$/).innerText();
  return Number.parseFloat(words);
}

/** What the canvas shows now, as text. */
function drawnBy(page: Page): Promise<string> {
  return page.evaluate<string>(
    'new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(document.querySelector("canvas").toDataURL()))))',
  );
}
