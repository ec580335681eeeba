/**
 * Every screen in both themes, wide and small, judged by axe: contrast, names, roles, order of headings. With the
 * library that comes with the program, and what grows from it.
 */
import assert from 'node:assert/strict';
import fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import type { Page } from 'playwright-core';
import { violations } from './axe.ts';
import { startServer } from './server.ts';
import { openBrowser, openWindow, type WindowOptions } from './window.ts';

const looks: readonly WindowOptions[] = [
  { theme: 'light' },
  { theme: 'dark' },
  { theme: 'light', size: { width: 800, height: 600 } },
  { theme: 'dark', size: { width: 800, height: 600 } },
];

/** How to get to what is judged, from the one before. */
const views: readonly { name: string; open: (page: Page) => Promise<void> }[] = [
  {
    name: 'first start',
    open: (page) => page.getByRole('heading', { name: 'Grow a picture from a single cell' }).waitFor(),
  },
  {
    name: 'details of a style',
    open: async (page) => {
      await page.getByRole('gridcell').first().click();
      await page.getByRole('complementary').getByRole('heading', { name: 'Style' }).waitFor();
    },
  },
  {
    name: 'export dialog',
    open: async (page) => {
      await page.getByRole('button', { name: 'Export…' }).click();
      await page.getByRole('img', { name: 'What is exported' }).waitFor();
    },
  },
  {
    name: 'models',
    open: async (page) => {
      await page.keyboard.press('Escape');
      await page.getByRole('link', { name: 'Models' }).click();
      await page.getByRole('heading', { name: 'Digits' }).waitFor();
    },
  },
  {
    name: 'menu of a model',
    open: async (page) => {
      await page.getByRole('button', { name: 'More for Digits' }).click();
      await page.getByRole('menuitem', { name: 'Delete' }).waitFor();
    },
  },
  {
    name: 'train',
    open: async (page) => {
      await page.keyboard.press('Escape');
      await page.getByRole('link', { name: 'Train', exact: true }).click();
      await page.getByRole('button', { name: 'Start training' }).waitFor();
    },
  },
  {
    name: 'settings',
    open: async (page) => {
      await page.getByRole('link', { name: 'Settings', exact: true }).click();
      await page.getByRole('heading', { name: 'Keyboard shortcuts' }).waitFor();
    },
  },
  {
    name: 'activity',
    open: async (page) => {
      await page.keyboard.press('Control+j');
      await page.getByRole('complementary', { name: 'Activity' }).waitFor();
    },
  },
  {
    name: 'commands',
    open: async (page) => {
      await page.keyboard.press('Control+k');
      await page.getByRole('combobox', { name: 'Find a command' }).waitFor();
    },
  },
  {
    name: 'choosing what to grow',
    open: async (page) => {
      await page.keyboard.press('Escape');
      await page.getByRole('link', { name: 'Grow', exact: true }).click();
      await page.getByRole('heading', { name: 'Grow a style' }).waitFor();
    },
  },
  {
    name: 'a growth',
    open: async (page) => {
      await page.getByRole('main').getByText('Parrot').first().click();
      await page.getByRole('slider', { name: 'Step' }).waitFor();
    },
  },
  {
    name: 'no photo to repair yet',
    open: async (page) => {
      await page.getByRole('link', { name: 'Repair', exact: true }).click();
      await page.getByRole('button', { name: 'Try it on a sample' }).waitFor();
    },
  },
  {
    name: 'a photo that is painted',
    open: async (page) => {
      await page.getByRole('button', { name: 'Try it on a sample' }).click();
      await page.getByText(/% of the photo painted$/).waitFor();
    },
  },
  {
    name: 'a repaired photo, before and after',
    open: async (page) => {
      await page.getByRole('radio', { name: /^A model/ }).check();
      await page.getByRole('button', { name: 'Repair', exact: true }).click();
      await page.getByRole('heading', { name: 'Result' }).waitFor();
      await page.getByText('Both', { exact: true }).click();
      await page.getByRole('slider', { name: 'Before and after' }).waitFor();
    },
  },
  {
    name: 'nothing to mix yet',
    open: async (page) => {
      // The activity covers what comes, in a small window.
      await page.keyboard.press('Control+j');
      await page.getByRole('link', { name: 'Mixer', exact: true }).click();
      await page.getByRole('heading', { name: 'Two styles make a mix' }).waitFor();
    },
  },
  {
    name: 'choosing another style to mix',
    open: async (page) => {
      await page.getByRole('link', { name: 'Gallery', exact: true }).click();
      await page.getByRole('gridcell').first().click();
      await page.getByRole('complementary').getByRole('button', { name: 'Mix', exact: true }).click();
      await page.getByRole('button', { name: 'Add a second style' }).click();
      await page.getByRole('region', { name: 'A style for slot 2' }).getByText('Parrot').waitFor();
    },
  },
  {
    name: 'a mix by areas, the modes side by side',
    open: async (page) => {
      await page.getByRole('region', { name: 'A style for slot 2' }).getByText('Parrot').click();
      await page.getByRole('radio', { name: /^Areas/ }).check();
      await page.getByRole('button', { name: 'Side by side' }).click();
      await page.getByRole('list', { name: 'The other modes' }).locator('canvas').first().waitFor();
    },
  },
  {
    name: 'a mix in turns',
    open: async (page) => {
      await page.getByRole('radio', { name: /^Turns/ }).check();
      await page.getByText('The order of the turns').waitFor({ state: 'attached' });
      await page.getByRole('button', { name: 'Side by side' }).click();
    },
  },
  {
    name: 'a family',
    open: async (page) => {
      await page.getByRole('button', { name: 'Family of Parrot' }).first().click();
      await page
        .getByRole('dialog', { name: 'Family' })
        .getByRole('button', { name: /this one/ })
        .waitFor();
    },
  },
];

test('axe finds nothing on any screen, in either theme, wide or small', async (t) => {
  const data = await fs.mkdtemp(join(tmpdir(), 'morphogen-axe-'));
  const server = await startServer(data);
  const browser = await openBrowser();
  t.after(async () => {
    await browser.close();
    await server.kill();
    await fs.rm(data, { recursive: true, force: true });
  });
  for (const look of looks) {
    const window = await openWindow(browser, server.address, look);
    for (const { name, open } of views) {
      const where = `${name}, ${look.theme ?? ''}, ${String(look.size?.width ?? 1280)} wide`;
      await open(window.page).catch((cause: unknown) => {
        throw new Error(`${where}: it did not open`, { cause });
      });
      assert.deepEqual(await violations(window.page), [], where);
    }
    window.check();
    await window.close();
  }
});
