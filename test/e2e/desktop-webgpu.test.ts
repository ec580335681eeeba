/**
 * The desktop where only its browser has a graphics processor: what grows and what trains computes in the page that nobody
 * sees. When that page crashes, both go on, and it comes back; when the program is quit, what trains there is saved first.
 */
import assert from 'node:assert/strict';
import fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import type { Locator, Page } from 'playwright-core';
import { readCheckpoint } from '#engine/training/checkpoint.ts';
import { loadCheckpoint } from '#storage/checkpoint-slots.ts';
import { openLibrary } from '#storage/library/open.ts';
import { startDesktop, type Desktop } from './desktop.ts';
import { takeStep } from './step.ts';
import { addTinyModel, copyPictures, startTinyTraining } from './tiny-training.ts';
import { watchForProblems } from './window.ts';

const software = {
  MORPHOGEN_STAND_IN_SWITCHES: '--enable-unsafe-webgpu --use-webgpu-adapter=swiftshader',
  // Inside Electron, Node has no WebGPU.
  VK_DRIVER_FILES: '/nonexistent.json',
};

test('growing and training in the page that nobody sees', async (t) => {
  const folder = await fs.mkdtemp(join(tmpdir(), 'morphogen-desktop-webgpu-'));
  const [data, pictures] = [join(folder, 'data'), join(folder, 'faces')];
  await copyPictures(pictures);
  const library = await openLibrary(data, { version: 'test' });
  library.store.changeSettings({ backend: 'webgpu' });
  await addTinyModel(library);
  library.close();

  const desktop = await startDesktop(data, { env: software });
  t.after(async () => {
    await desktop.kill();
    await fs.rm(folder, { recursive: true, force: true });
  });
  const { page } = desktop;
  const problems = watchForProblems(page);
  const step = (what: string, act: () => Promise<void>): Promise<void> => takeStep(what, desktop, act);
  const engine = page.getByRole('navigation').getByRole('status');

  await step('the hidden page computes, and the window says so', async () => {
    await engine.getByText('WebGPU in the window').waitFor();
    await engine.getByText(/swiftshader.*, software$/i).waitFor();
    assert.deepEqual(await windows(desktop), [
      ['morphogen://app/', true],
      ['morphogen://app/gpu-engine.html', false],
    ]);
  });

  await step('a style grows there', async () => {
    await page.getByRole('button', { name: 'Grow the Parrot' }).click();
    await grownTo(page, 20);
  });

  await step(
    'the page crashes: the growth goes on, with a word about it, and the page comes back',
    async () => {
      const back = desktop.evaluate(crashHiddenPage);
      await page.getByText(/The window’s graphics processor went away/).waitFor();
      await grownTo(page, (await shownStep(page)) + 10);
      await back;
      await engine.getByText('WebGPU in the window').waitFor();
      assert.match(desktop.output(), /page that computes on the graphics processor ended: it crashed/);
    },
  );

  await step('so it is when the browser’s process for graphics ends, which the page survives', async () => {
    const back = desktop.evaluate(`async ({ app }) => new Promise((done) =>
      app.once('web-contents-created', (_, contents) => contents.once('did-finish-load', () => done(null))))`);
    const browser = await page.context().browser()!.newBrowserCDPSession();
    const { processInfo } = await browser.send('SystemInfo.getProcessInfo');
    process.kill(processInfo.find(({ type }) => type === 'GPU')!.id, 'SIGKILL');
    await back;
    await engine.getByText('WebGPU in the window').waitFor();
    await grownTo(page, (await shownStep(page)) + 10);
    assert.match(desktop.output(), /drives the graphics processor ended \(killed\)/);
  });

  await step('who chooses another backend closes it, and opens it again', async () => {
    await desktop.evaluate(`({ BrowserWindow }) => {
      globalThis.closed = new Promise((done) => BrowserWindow.getAllWindows().find((one) => !one.isVisible()).once('closed', done));
    }`);
    await page.getByRole('link', { name: 'Settings', exact: true }).click();
    await page.getByLabel('Backend').selectOption('wasm');
    await engine.getByText('WebAssembly').waitFor();
    await desktop.evaluate('() => globalThis.closed.then(() => undefined)');
    assert.deepEqual(await windows(desktop), [['morphogen://app/#/settings', true]]);
    await page.getByLabel('Backend').selectOption('webgpu');
    await engine.getByText('WebGPU in the window').waitFor();
  });

  const status = (text: RegExp): Locator =>
    page.getByRole('main').getByRole('status').filter({ hasText: text });
  await step('a training runs there, and goes on when the page crashes', async () => {
    await startTinyTraining(page, pictures, 1_000_000);
    await status(/^([3-9]|\d\d+) of 1,000,000 iterations .*Training on webgpu in the window/).waitFor({
      timeout: 180_000,
    });
    const back = desktop.evaluate(crashHiddenPage);
    await page
      .getByRole('main')
      .getByText(/went away.* Training goes on from/)
      .waitFor();
    await back;
    await status(/Training on webgpu in the window/).waitFor();
  });

  await step('the program ends with the window that people see, and what trained is saved', async () => {
    const before = await savedIterations(data);
    await shownIterations(page, before + 2);
    assert.deepEqual(problems, []);
    await desktop.evaluate(
      '({ BrowserWindow }) => BrowserWindow.getAllWindows().find((one) => one.isVisible()).close()',
    );
    assert.equal(await desktop.ended(), 0);
    const after = await savedIterations(data);
    assert.ok(after >= before + 2, `${before} iterations were saved, then ${after}`);
    assert.doesNotMatch(desktop.output(), /bug/i);
  });
});

/** Of the one training, in its newest checkpoint; 0 where there is none. */
async function savedIterations(data: string): Promise<number> {
  const [job] = await fs.readdir(join(data, 'jobs'));
  const folder = join(data, 'jobs', job, 'checkpoints');
  const loaded = await loadCheckpoint(folder, (bytes, name) => readCheckpoint(bytes, { name }));
  return loaded?.value.snapshot.iteration ?? 0;
}

function windows(desktop: Desktop): Promise<unknown> {
  return desktop.evaluate(
    '({ BrowserWindow }) => BrowserWindow.getAllWindows().map((one) => [one.webContents.getURL(), one.isVisible()])',
  );
}

/** Runs in the program; fulfilled when another hidden page is there. */
const crashHiddenPage = `async ({ app, BrowserWindow }) => {
  const hidden = BrowserWindow.getAllWindows().find((one) => !one.isVisible());
  const next = new Promise((done) => app.once('web-contents-created', (_, contents) => contents.once('did-finish-load', done)));
  hidden.webContents.forcefullyCrashRenderer();
  await next;
}`;

async function shownIterations(page: Page, iterations: number): Promise<void> {
  const line = page.getByRole('main').getByRole('status').filter({ hasText: 'of 1,000,000 iterations' });
  const shown = async (): Promise<number> =>
    Number(/^[\d,]+/.exec(await line.innerText())?.[0].replaceAll(',', ''));
  while ((await shown()) < iterations) await page.evaluate('new Promise(requestAnimationFrame)');
}

async function shownStep(page: Page): Promise<number> {
  return Number(await page.getByRole('slider', { name: 'Step' }).inputValue());
}

async function grownTo(page: Page, step: number): Promise<void> {
  await page.getByRole('slider', { name: 'Step' }).waitFor();
  while ((await shownStep(page)) < step) await page.evaluate('new Promise(requestAnimationFrame)');
}
