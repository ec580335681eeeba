/**
 * The desktop where only its browser has a graphics processor: what grows computes in the page that nobody sees. When that
 * page crashes, it goes on, and the page comes back.
 */
import assert from 'node:assert/strict';
import fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import type { Page } from 'playwright-core';
import { openLibrary } from '#storage/library/open.ts';
import { startDesktop, type Desktop } from './desktop.ts';
import { takeStep } from './step.ts';
import { watchForProblems } from './window.ts';

const software = {
  MORPHOGEN_STAND_IN_SWITCHES: '--enable-unsafe-webgpu --use-webgpu-adapter=swiftshader',
  // Inside Electron, Node has no WebGPU.
  VK_DRIVER_FILES: '/nonexistent.json',
};

test('growing in the page that nobody sees', async (t) => {
  const folder = await fs.mkdtemp(join(tmpdir(), 'morphogen-desktop-webgpu-'));
  const library = await openLibrary(folder, { version: 'test' });
  library.store.changeSettings({ backend: 'webgpu' });
  library.close();

  const desktop = await startDesktop(folder, { env: software });
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

  await step('the program ends with the window that people see', async () => {
    assert.deepEqual(problems, []);
    await desktop.evaluate('({ BrowserWindow }) => BrowserWindow.getAllWindows()[0].close()');
    assert.equal(await desktop.ended(), 0);
  });
});

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

async function shownStep(page: Page): Promise<number> {
  return Number(await page.getByRole('slider', { name: 'Step' }).inputValue());
}

async function grownTo(page: Page, step: number): Promise<void> {
  await page.getByRole('slider', { name: 'Step' }).waitFor();
  while ((await shownStep(page)) < step) await page.evaluate('new Promise(requestAnimationFrame)');
}
