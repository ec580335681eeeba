/**
 * The whole way of an artist, in the real program with a real browser: a folder with twelve bad files among 300
 * pictures, a training that is paused and whose program is killed, the styles, a growth that is wounded and saved, and
 * the same bytes when it is grown again after everything was started anew.
 */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Locator, Page } from 'playwright-core';
import { GOOD, makePictureFolder } from './picture-folder.ts';
import { testEachProgram } from './programs.ts';
import { takeStep } from './step.ts';

const ITERATIONS = 30;

testEachProgram('import, train, pause, kill, resume, grow, wound, save, replay', async (t, program) => {
  const folder = await fs.mkdtemp(join(tmpdir(), 'morphogen-story-'));
  const pictures = join(folder, 'emoji of mine');
  const data = join(folder, 'data');
  await fs.mkdir(pictures);
  const bad = await makePictureFolder(pictures);
  t.after(async () => {
    await program.close();
    await fs.rm(folder, { recursive: true, force: true });
  });
  const step = (what: string, act: () => Promise<void>): Promise<void> =>
    takeStep(what, { page, output: () => window.output() }, act);

  let window = await program.open(data);
  let { page } = window;

  await step('the folder is scanned: 300 can be used, twelve are told with their reasons', async () => {
    await page.getByRole('link', { name: 'Train', exact: true }).click();
    await page.getByPlaceholder(/type the path/).fill(pictures);
    await page.getByRole('button', { name: 'Use it' }).click();
    await seen(page, `${GOOD} pictures can be used`);
    await page.getByText(`${bad.length} files skipped`).click();
    const listed = await page.getByRole('region', { name: 'The pictures' }).innerText();
    for (const name of bad) assert.ok(listed.includes(name), `${name} is not listed in:\n${listed}`);
    assert.match(listed, /empty file/);
  });

  await step('training starts, shows where it is, and pauses', async () => {
    await page.getByText('More', { exact: true }).click();
    await page.getByLabel('Iterations').fill(String(ITERATIONS));
    await page.getByRole('button', { name: 'Start training' }).click();
    await page.waitForURL(/#\/train\/.+/);
    await jobStatus(page, /^[2-9] of 30 iterations/).waitFor();
    await page.getByRole('button', { name: 'Pause' }).first().click();
    await page.getByRole('main').getByRole('button', { name: 'Resume' }).first().waitFor();
    window.check();
  });

  const paused = await iterationOf(page);
  assert.ok(paused >= 2 && paused < ITERATIONS, `paused at ${paused}`);

  await step('killed, started again, it goes on where it was and finishes', async () => {
    await window.kill();
    window = await program.open(data);
    ({ page } = window);
    await page.getByRole('link', { name: 'Train', exact: true }).click();
    await page
      .getByRole('main')
      .getByRole('button', { name: /Train on emoji of mine/ })
      .or(page.getByRole('main').getByRole('link', { name: /Train on emoji of mine/ }))
      .first()
      .click();
    await page.getByRole('main').getByRole('button', { name: 'Resume' }).first().waitFor();
    assert.equal(await iterationOf(page), paused);
    await page.getByRole('main').getByRole('button', { name: 'Resume' }).first().click();
    await page.getByText(`${GOOD} styles`, { exact: true }).waitFor({ timeout: 120_000 });
    assert.equal(await iterationOf(page), ITERATIONS);
    window.check();
  });

  await step('every picture is a style in the gallery, found by its name', async () => {
    await page.getByRole('link', { name: 'Gallery', exact: true }).click();
    // And the parrot, which comes with the program.
    await seen(page, `${GOOD + 1} pictures`);
    await page.getByRole('searchbox', { name: 'Search names and tags' }).fill('u1f99c');
    await seen(page, '1 picture');
  });

  let kept = '';
  await step('one grows, is wounded with the brush, and is saved', async () => {
    await page.getByRole('gridcell').first().click();
    await page.getByRole('complementary').getByRole('button', { name: 'Grow', exact: true }).click();
    const canvas = page.getByRole('application');
    await canvas.waitFor();
    await page.getByRole('slider', { name: 'Step' }).waitFor();
    while (Number(await page.getByRole('slider', { name: 'Step' }).inputValue()) <= 40)
      await page.waitForTimeout(50);
    await page.getByRole('button', { name: /^Pause/ }).click();
    const before = await drawnBy(page);
    const box = (await canvas.boundingBox())!;
    await page.mouse.move(box.x + box.width * 0.5, box.y + box.height * 0.4);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width * 0.55, box.y + box.height * 0.6, { steps: 8 });
    await page.mouse.up();
    await page.getByRole('button', { name: 'Undo the last stroke' }).and(page.locator(':enabled')).waitFor();
    await page.mouse.move(0, 0);
    assert.notEqual(await drawnBy(page), before, 'the wound is not seen');
    for (let step = 0; step < 12; step++)
      await page.getByRole('button', { name: /^One step forward/ }).click();
    await page.getByRole('button', { name: 'Save as artwork' }).click();
    await page.getByRole('textbox', { name: /Name/ }).fill('Wounded bird');
    await page.keyboard.press('Enter');
    await page.getByText('Saved “Wounded bird”').waitFor();
    kept = await savedPicture(page);
    window.check();
  });

  await step('after a reload, and after a new start, it replays to the same bytes', async () => {
    await page.reload();
    assert.equal(await savedPicture(page), kept);
    assert.equal(await window.stop(), 0, window.output());
    window = await program.open(data);
    ({ page } = window);
    assert.equal(await savedPicture(page), kept);
    await page.getByRole('gridcell', { name: /Wounded bird/ }).click();
    await page.getByRole('complementary').getByRole('button', { name: 'Grow', exact: true }).click();
    await page.waitForURL(/#\/grow\/artwork\/.+/);
    await page.getByRole('button', { name: 'Check the replay' }).click();
    await page.getByText('Grown again: the same to the last byte').waitFor();
    window.check();
  });
});

async function seen(page: Page, text: string): Promise<void> {
  await page.getByRole('main').getByText(text, { exact: true }).first().waitFor();
}

function jobStatus(page: Page, text: RegExp): Locator {
  return page.getByRole('main').getByRole('status').filter({ hasText: text });
}

/** The number among the facts of a training's page. */
async function iterationOf(page: Page): Promise<number> {
  const fact = page
    .getByRole('main')
    .getByRole('definition')
    .filter({ hasText: /^\d+ of 30$/ });
  return Number(/^\d+/.exec(await fact.innerText())?.[0]);
}

/** What the canvas shows now, as text. */
function drawnBy(page: Page): Promise<string> {
  return page.evaluate<string>('document.querySelector("canvas").toDataURL()');
}

/** sha256 of the saved artwork's picture, as the window gets it. */
async function savedPicture(page: Page): Promise<string> {
  await page.getByRole('link', { name: 'Gallery', exact: true }).click();
  await page.getByRole('searchbox', { name: 'Search names and tags' }).fill('Wounded');
  const image = page.getByRole('gridcell', { name: /Wounded bird/ }).locator('img');
  await seen(page, '1 picture');
  await image.waitFor();
  const source = await image.getAttribute('src');
  const bytes = await page.evaluate<number[]>(
    `fetch(${JSON.stringify(source)}).then(async (answer) => [...new Uint8Array(await answer.arrayBuffer())])`,
  );
  return createHash('sha256').update(Uint8Array.from(bytes)).digest('hex');
}
