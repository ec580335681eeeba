/**
 * What the window is like to use on this machine: start, a gallery of 10,000, growths, the brush, mixes, a training beside
 * it, memory over time; and what a live picture costs the page, as pixels from the engine or drawn on its own graphics
 * processor (`live`; by SwiftShader, so steps and pictures a second are those of a processor that is none). Frames are
 * counted in the page itself, by requestAnimationFrame. Not run by the tests.
 *
 *   npm run bench:window -- [start gallery growth live brush mixer training memory] [--minutes N]
 */
import { execFileSync } from 'node:child_process';
import fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Browser, CDPSession, Page } from 'playwright-core';
import { startServer, type Server } from '../e2e/server.ts';
import { openWebgpuBrowser, startWebgpuServer } from '../e2e/webgpu-window.ts';
import { openBrowser, openWindow } from '../e2e/window.ts';
import { addFour, fillWithStyles } from './window-libraries.ts';
import {
  countFrames,
  countPictures,
  brushToScreen,
  watchMessages,
  sliderToScreen,
  countShown,
} from './window-probes.ts';

interface Stage {
  readonly browser: Browser;
  readonly server: Server;
  readonly page: Page;
}

const measurements: Readonly<Record<string, (options: { minutes: number }) => Promise<void>>> = {
  async start() {
    for (const items of [0, 10_000]) {
      const data = await fs.mkdtemp(join(tmpdir(), 'morphogen-bench-'));
      await fillWithStyles(data, items);
      // The second start is measured: the first one makes the library, and the system's cache is cold.
      for (const isMeasured of [false, true]) {
        const browser = await openBrowser();
        const startMs = performance.now();
        const server = await startServer(data, ['--port', '0']);
        const servingMs = performance.now() - startMs;
        const { page } = await openWindow(browser, server.address);
        await page.getByRole('gridcell').first().click();
        await page.getByRole('complementary').getByRole('button', { name: 'Grow', exact: true }).waitFor();
        const ms = performance.now() - startMs;
        if (isMeasured)
          say(
            `start, ${items} items: serving after ${fixed(servingMs)} ms, a picture clicked and its details shown after ${fixed(ms)} ms`,
          );
        await browser.close();
        await server.stop();
      }
      await fs.rm(data, { recursive: true, force: true });
    }
  },

  async gallery() {
    await withStage(10_000, async ({ page }) => {
      await page.getByRole('gridcell').first().waitFor();
      await page.mouse.move(700, 500);
      for (const [what, delta] of [
        ['slow', 120],
        ['fast', 1500],
      ] as const) {
        const counting = page.evaluate<number[]>(countFrames(8000));
        for (let i = 0; i < 70; i++) {
          await page.mouse.wheel(0, i < 50 ? delta : -delta);
          await page.waitForTimeout(100);
        }
        sayFrames(`gallery of 10,000, ${what} scrolling`, await counting);
      }
    });
  },

  async growth() {
    await withStage(0, async ({ browser, server, page }) => {
      await growParrot(page);
      say(
        `growth of 40×40 at 60 steps/s: ${fixed(await page.evaluate<number>(countPictures(6000)))} pictures/s`,
      );
      const four = [];
      for (let i = 0; i < 3; i++) {
        const { page: other } = await openWindow(browser, server.address);
        await growParrot(other);
        four.push(other);
      }
      const rates = await Promise.all(
        [page, ...four].map((one) => one.evaluate<number>(countPictures(6000))),
      );
      say(`four windows at once: ${rates.map(fixed).join(', ')} pictures/s`);
      for (const other of four) await other.close();
      await chooseSide(page, 128);
      await page.waitForTimeout(4000);
      say(`growth of 128×128: ${fixed(await page.evaluate<number>(countPictures(6000)))} pictures/s`);
    });
  },

  async live() {
    for (const way of ['pixels', 'drawn'] as const) {
      const data = await fs.mkdtemp(join(tmpdir(), 'morphogen-bench-'));
      // The same browser for both: what it draws windows with is the same.
      const browser = await openWebgpuBrowser();
      const server = await (way === 'drawn' ? startWebgpuServer(data) : startServer(data, ['--port', '0']));
      const { page } = await openWindow(browser, server.address, { script: countShown });
      if (way === 'drawn') await page.locator('nav').getByText('WebGPU in the window').waitFor();
      await growParrot(page);
      for (const side of [8, 40, 128, 256]) {
        await chooseSide(page, side);
        await page.waitForTimeout(5000);
        const { perSecond, mainMs, bytes } = await costOfPictures(page, 6000);
        say(
          `live ${side}×${side}, ${way}: ${fixed(perSecond)} pictures/s; each takes ${mainMs.toFixed(2)} ms of the page's main thread and ${fixed(bytes / 1000)} kB through its sockets`,
        );
      }
      await browser.close();
      await server.stop();
      await fs.rm(data, { recursive: true, force: true });
    }
  },

  async brush() {
    await withStage(0, async ({ page }) => {
      await growParrot(page);
      await page.waitForTimeout(2000);
      await page.getByRole('button', { name: /^Pause/ }).click();
      const box = (await page.getByRole('application').boundingBox())!;
      const found = [];
      for (let i = 0; i < 12; i++) {
        const counting = page.evaluate<{ frames: number; ms: number }>(brushToScreen);
        await page.mouse.move(box.x + box.width * (0.42 + 0.01 * i), box.y + box.height * 0.5);
        await page.mouse.down();
        await page.mouse.up();
        found.push(await counting);
        await page.keyboard.press('Control+z');
        await page.waitForTimeout(150);
      }
      const frames = found.map((one) => one.frames);
      say(`brush to screen: ${frames.join(' ')} frames; ${found.map(({ ms }) => fixed(ms)).join(' ')} ms`);
    });
  },

  async mixer() {
    let ids: readonly string[] = [];
    const mixing = async ({ page, server }: Stage): Promise<void> => {
      await page.addInitScript(watchMessages);
      await page.goto(server.address);
      await page.goto(`${server.address.replace(/[?#].*/, '')}#/mixer/${ids.join(',')}`);
      await page
        .getByRole('slider', { name: /^Share of/ })
        .nth(3)
        .waitFor();
      for (const mode of ['Turns', 'Random', 'Average', 'Areas']) {
        await page.getByRole('radio', { name: new RegExp(`^${mode}`) }).check();
        await page.waitForTimeout(1500);
        const pictures = await page.evaluate<number>(countPictures(5000));
        sayFrames(
          `mix of four 40×40, ${mode}, ${fixed(pictures)} pictures/s`,
          await page.evaluate<number[]>(countFrames(4000)),
        );
      }
      for (const mode of ['Turns', 'Random', 'Average']) {
        await page.getByRole('radio', { name: new RegExp(`^${mode}`) }).check();
        await page.waitForTimeout(1000);
        const found = [];
        for (let i = 0; i < 40; i++) {
          const value = i % 2 === 0 ? 9 : 4;
          const share = Math.round((value / (value + 15)) * 1000) / 1000;
          const mixed = mode === 'Turns' ? `"ratio":[${value},5,5,5]` : `"weights":[${share},`;
          found.push(await page.evaluate<{ frames: number; ms: number }>(sliderToScreen(value, mixed)));
          await page.waitForTimeout(100);
        }
        const counts = new Map<number, number>();
        for (const { frames } of found) counts.set(frames, (counts.get(frames) ?? 0) + 1);
        const sorted = [...counts].sort(([a], [b]) => a - b);
        const ms = found.map((one) => one.ms).sort((a, b) => a - b);
        say(
          `slider to screen, ${mode}: ${sorted.map(([frames, times]) => `${times}× ${frames}`).join(', ')} frames; the new mix came after ${fixed(ms[20])} ms, at most ${fixed(ms.at(-1) ?? 0)} ms`,
        );
      }
      await page.getByRole('button', { name: 'Side by side' }).click();
      await page.waitForTimeout(2500);
      say(
        `four modes side by side: ${fixed(await page.evaluate<number>(countPictures(5000)))} pictures/s on the canvas`,
      );
    };
    await withStage(0, mixing, async (data) => void (ids = await addFour(data)));
  },

  async training() {
    await withStage(10_000, async ({ page, browser, server }) => {
      const { page: other } = await openWindow(browser, server.address);
      await other.getByRole('link', { name: 'Train', exact: true }).click();
      await other
        .getByRole('button', { name: 'emoji' })
        .or(other.getByRole('link', { name: 'emoji' }))
        .first()
        .click();
      await other.getByRole('button', { name: 'Start training' }).click({ timeout: 60_000 });
      await other
        .getByRole('main')
        .getByRole('definition')
        .filter({ hasText: /^[1-9]\d* of / })
        .waitFor({ timeout: 60_000 });
      sayFrames('the page of a training that runs', await other.evaluate<number[]>(countFrames(6000)));
      await page.mouse.move(700, 500);
      const counting = page.evaluate<number[]>(countFrames(6000));
      for (let i = 0; i < 50; i++) {
        await page.mouse.wheel(0, 240);
        await page.waitForTimeout(100);
      }
      sayFrames('gallery of 10,000 beside a training', await counting);
      await growParrot(page);
      say(
        `growth of 40×40 beside a training: ${fixed(await page.evaluate<number>(countPictures(6000)))} pictures/s`,
      );
    });
  },

  async memory({ minutes }) {
    await withStage(0, async ({ page, server }) => {
      await growParrot(page);
      await page.waitForTimeout(20_000);
      const screens = ['Gallery', 'Train', 'Settings', 'Grow'];
      const report = async (what: string): Promise<void> => {
        const client = await page.context().newCDPSession(page);
        await client.send('HeapProfiler.collectGarbage');
        const { usedSize } = (await client.send('Runtime.getHeapUsage')) as { usedSize: number };
        await client.detach();
        say(`${what}: page's heap ${fixed(usedSize / 1e6)} MB; processes ${residents(server.pid)}`);
      };
      await report('memory before');
      const rounds = 25;
      for (let i = 0; i < rounds; i++) {
        await page.waitForTimeout((minutes * 60_000) / rounds);
        for (const name of screens) {
          await page.getByRole('link', { name, exact: true }).click();
          await page.waitForTimeout(150);
        }
        await growParrot(page);
        if (i % 5 === 4)
          await report(`after ${fixed(((i + 1) * minutes) / rounds)} minutes and ${(i + 1) * 4} screens`);
      }
    });
  },
};

const { values, positionals } = parseArgs({
  options: { minutes: { type: 'string', default: '60' } },
  allowPositionals: true,
});
for (const name of positionals.length > 0 ? positionals : Object.keys(measurements)) {
  const measurement = measurements[name];
  if (measurement === undefined)
    throw new Error(`There is no ${name}: ${Object.keys(measurements).join(', ')}.`);
  await measurement({ minutes: Number(values.minutes) });
}

/** A window on a library with so many styles besides the parrot. */
async function withStage(
  items: number,
  work: (stage: Stage) => Promise<void>,
  prepare?: (data: string) => Promise<void>,
): Promise<void> {
  const data = await fs.mkdtemp(join(tmpdir(), 'morphogen-bench-'));
  await fillWithStyles(data, items);
  await prepare?.(data);
  const browser = await openBrowser();
  const server = await startServer(data, ['--port', '0']);
  try {
    const { page } = await openWindow(browser, server.address);
    await work({ browser, server, page });
  } finally {
    await browser.close();
    await server.stop();
    await fs.rm(data, { recursive: true, force: true });
  }
}

async function growParrot(page: Page): Promise<void> {
  await page.getByRole('link', { name: 'Grow', exact: true }).click();
  const canvas = page.getByRole('application');
  const parrot = page.getByRole('main').getByRole('button', { name: 'Parrot', exact: true });
  const search = page.getByRole('searchbox', { name: 'Search styles' });
  await canvas.or(search).first().waitFor();
  if (!(await canvas.isVisible())) {
    await search.fill('parrot');
    await parrot.first().click();
  }
  await canvas.waitFor();
  await page.waitForTimeout(1500);
}

async function chooseSide(page: Page, side: number): Promise<void> {
  await page.getByRole('combobox', { name: 'Grid' }).selectOption({ label: 'Other…' });
  await page.getByRole('spinbutton', { name: /Cells on each side/ }).fill(String(side));
  await page.keyboard.press('Enter');
}

/** Of the growth that plays: pictures that came, and what each takes of the page, beyond what it does while nothing plays. */
async function costOfPictures(
  page: Page,
  ms: number,
): Promise<{ readonly perSecond: number; readonly mainMs: number; readonly bytes: number }> {
  const client = await page.context().newCDPSession(page);
  await client.send('Performance.enable', { timeDomain: 'threadTicks' });
  const pictures = (): Promise<number> => page.evaluate('pictures');
  const taken = async (): Promise<{ seconds: number; mainMs: number; came: number }> => {
    const [before, shown, startMs] = [await taskMs(client), await pictures(), performance.now()];
    await page.waitForTimeout(ms);
    const [after, came] = [await taskMs(client), (await pictures()) - shown];
    return { seconds: (performance.now() - startMs) / 1000, mainMs: after - before, came };
  };
  const { seconds, mainMs, came } = await taken();
  await page.getByRole('button', { name: /^Pause/ }).click();
  await page.waitForTimeout(1000);
  const idle = await taken();
  await page.getByRole('button', { name: /^Play/ }).click();
  // By itself, as looking at messages takes the page's time.
  let bytes = 0;
  client.on(
    'Network.webSocketFrameReceived',
    ({ response }) => (bytes += (response.payloadData.length * 3) / 4),
  );
  await client.send('Network.enable');
  const before = await pictures();
  await page.waitForTimeout(ms / 2);
  const looked = (await pictures()) - before;
  await client.detach();
  const own = mainMs - (idle.mainMs * seconds) / idle.seconds;
  return { perSecond: came / seconds, mainMs: own / came, bytes: bytes / looked };
}

async function taskMs(client: CDPSession): Promise<number> {
  const { metrics } = await client.send('Performance.getMetrics');
  return (metrics.find(({ name }) => name === 'TaskDuration')?.value ?? 0) * 1000;
}

/** Resident memory of the program and of the processes that it started, MB. */
function residents(pid: number): string {
  if (process.platform !== 'linux') return 'not known on this system';
  const table = execFileSync('ps', ['-e', '-o', 'pid=,ppid=,rss=']).toString();
  const rows = table
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number));
  const own = rows.filter(([id, parent]) => id === pid || parent === pid);
  return own.map(([id, , kib]) => `${id === pid ? 'program' : 'engine'} ${fixed(kib / 1000)} MB`).join(', ');
}

function sayFrames(what: string, intervals: readonly number[]): void {
  const sorted = [...intervals].sort((a, b) => a - b);
  const mean = sorted.reduce((sum, ms) => sum + ms, 0) / sorted.length;
  const late = sorted.filter((ms) => ms > 34).length;
  say(
    `${what}: ${fixed(1000 / mean)} frames/s, worst ${fixed(sorted.at(-1) ?? 0)} ms, ${late} of ${sorted.length} over 34 ms`,
  );
}

function fixed(value: number): string {
  return value.toFixed(value < 100 ? 1 : 0);
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
