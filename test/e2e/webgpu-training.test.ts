/**
 * A training on the graphics processor of the browser: it runs there, learns, and says so; when its window is closed in
 * the middle of another run, that goes on from its checkpoint on the processor's cores.
 */
import assert from 'node:assert/strict';
import fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Locator, Page } from 'playwright-core';
import { readModelFile } from '#engine/files/model-file.ts';
import { weightShapes } from '#engine/network/weights.ts';
import { openLibrary } from '#storage/library/open.ts';
import { takeStep } from './step.ts';
import { addTinyModel, copyPictures, PICTURES, startTinyTraining } from './tiny-training.ts';
import { openWebgpuBrowser, startWebgpuServer } from './webgpu-window.ts';
import { openBrowser, openWindow } from './window.ts';

const ITERATIONS = 24;

test('a training in the window, and without it', async (t) => {
  const folder = await fs.mkdtemp(join(tmpdir(), 'morphogen-webgpu-training-'));
  const pictures = join(folder, 'faces');
  const data = join(folder, 'data');
  await copyPictures(pictures);

  const server = await startWebgpuServer(data, addTinyModel);
  const [browser, plainBrowser] = await Promise.all([openWebgpuBrowser(), openBrowser()]);
  t.after(async () => {
    await browser.close();
    await plainBrowser.close();
    await server.stop();
    await fs.rm(folder, { recursive: true, force: true });
  });
  let window = await openWindow(browser, server.address);
  let { page } = window;
  const step = (what: string, act: () => Promise<void>): Promise<void> =>
    takeStep(what, { page, output: () => server.output() }, act);

  await step('it runs in the window, says so, and makes its styles', async () => {
    await startTinyTraining(page, pictures, ITERATIONS);
    await status(page, /Training on webgpu in the window: .*swiftshader.*, software/i).waitFor();
    await page.getByText(`${PICTURES} styles`, { exact: true }).waitFor({ timeout: 120_000 });
    window.check();
  });

  let pausedAt = 0;
  await step('another one is paused there, which saves it, and goes on there', async () => {
    await startTinyTraining(page, pictures, 1_000_000);
    await status(page, /^([3-9]|\d\d+) of 1,000,000 iterations/).waitFor();
    await page.getByRole('button', { name: 'Pause' }).first().click();
    await page.getByRole('main').getByRole('button', { name: 'Resume' }).first().waitFor();
    const paused = await status(page, /^Paused at/).innerText();
    pausedAt = Number(/^Paused at (\d+) of/.exec(paused)?.[1]);
    await page.getByRole('main').getByRole('button', { name: 'Resume' }).first().click();
    await status(page, /Training on webgpu in the window/).waitFor();
    window.check();
  });

  await step('its window is closed: it goes on from there without, and says so', async () => {
    const address = page.url();
    await window.close();
    window = await openWindow(plainBrowser, server.address);
    ({ page } = window);
    await page.goto(address);
    const notice = new RegExp(`went away.* Training goes on from iteration ${pausedAt}, on wasm`);
    await page.getByRole('main').getByText(notice).waitFor();
    await status(page, /iterations · .* · Training$/).waitFor();
    while ((await iterationOf(page)) <= pausedAt) await page.waitForTimeout(50);
    window.check();
  });

  await step('a window that can compute comes: it goes on there', async () => {
    const other = await openWindow(browser, server.address);
    await status(page, /Training on webgpu in the window/).waitFor();
    await page
      .getByRole('main')
      .getByText(/lends its graphics processor now\. Training goes on/)
      .waitFor();
    await page.getByRole('button', { name: 'Stop and keep' }).first().click();
    await page
      .getByRole('main')
      .getByText(/^Stopped at/)
      .first()
      .waitFor();
    other.check();
    await other.close();
  });

  await server.stop();
  const library = await openLibrary(data, { version: 'test' });
  try {
    const { store } = library;
    const [first, second] = store.jobs().sort((one, other) => one.createdMs - other.createdMs);
    const losses = store.curve(first.id, 100).curve.map(({ loss }) => loss);
    const quarter = Math.ceil(losses.length / 4);
    const before = mean(losses.slice(0, quarter));
    const after = mean(losses.slice(-quarter));
    assert.ok(after < 0.75 * before, `the loss was ${before} and is ${after}`);
    for (const { modelId } of [first, second]) {
      const path = library.files.path(store.model(modelId!).hash);
      const { card } = readModelFile(await fs.readFile(path), { name: path, expected: weightShapes });
      assert.match(card.notes, /webgpu in the window: .*swiftshader, software\.$/);
    }
  } finally {
    library.close();
  }
});

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function status(page: Page, text: RegExp): Locator {
  return page.getByRole('main').getByRole('status').filter({ hasText: text });
}

/** The number among the facts of a training's page. */
async function iterationOf(page: Page): Promise<number> {
  const fact = page
    .getByRole('main')
    .getByRole('definition')
    .filter({ hasText: /^[\d,]+ of [\d,]+$/ });
  return Number(/^[\d,]+/.exec(await fact.innerText())?.[0].replaceAll(',', ''));
}
