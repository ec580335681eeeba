/**
 * Growing on the browser's graphics processor, in a real Chromium: the picture is drawn from where it grows and equals what
 * wasm grows; it is wounded and heals, goes back, is zoomed; and when the processor is gone, be it with the browser's whole
 * graphics process, the picture is there again and the growth goes on from where it was.
 */
import assert from 'node:assert/strict';
import fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Locator, Page } from 'playwright-core';
import sharp from 'sharp';
import { fuseStyles, grown } from '#app/growing.ts';
import type { Grid } from '#domain/automaton.ts';
import { openGrowth } from '#engine/rollout/growth.ts';
import { readModel } from '#hosts/engine/model-files.ts';
import { openEngine } from '#hosts/engine/open-engine.ts';
import { stateToImage, white } from '#media/pixels.ts';
import { violations } from './axe.ts';
import { takeStep } from './step.ts';
import { openWebgpuBrowser, startWebgpuServer } from './webgpu-window.ts';
import { openWindow } from './window.ts';

const grid: Grid = { width: 40, height: 40 };
/** Of 255, a colour: both round, one of them what is premultiplied. */
const roundingBound = 3;

test('a style grows on the window’s graphics processor, and goes on when that is gone', async (t) => {
  const folder = await fs.mkdtemp(join(tmpdir(), 'morphogen-webgpu-'));
  const server = await startWebgpuServer(folder);
  const browser = await openWebgpuBrowser();
  t.after(async () => {
    await browser.close();
    await server.kill();
    await fs.rm(folder, { recursive: true, force: true });
  });
  const window = await openWindow(browser, server.address, { script: countPictures });
  const { page } = window;
  const engine = page.getByRole('navigation').getByRole('status');
  const canvas = page.getByRole('application');
  const toasts = (text: RegExp): Locator => page.getByRole('status').filter({ hasText: text });
  const step = (what: string, act: () => Promise<void>): Promise<void> =>
    takeStep(what, { page, output: () => server.output() }, async () => {
      try {
        await act();
      } catch (cause) {
        const said = await page.getByRole('status').allInnerTexts();
        throw new Error(`It was said: ${said.join(' | ')}`, { cause });
      }
    });

  await step('what computes is said, and whose it is', async () => {
    await engine.getByText('WebGPU in the window').waitFor();
    await engine.getByText(/swiftshader.*, software$/i).waitFor();
    await page.getByRole('link', { name: 'Settings', exact: true }).click();
    await page.getByRole('term').filter({ hasText: 'Growing and training' }).waitFor();
    await page.getByRole('definition').filter({ hasText: 'WebAssembly' }).waitFor();
    assert.deepEqual(await violations(page), []);
  });

  await step('it grows, and its pictures never leave the processor', async () => {
    await openParrot(page);
    await until(page, 'step >= 20');
    const { drawn, pixels } = await countedPictures(page);
    assert.equal(pixels, 0);
    assert.ok(drawn > 1, `${drawn} pictures were drawn`);
  });

  const expected = await grownByWasm(40);
  let atForty: Uint8Array;
  await step('at its step it is the picture that wasm grows', async () => {
    await page.getByRole('button', { name: /^Pause/ }).click();
    await page.getByRole('radio', { name: 'White' }).check({ force: true });
    await seek(page, 40);
    atForty = await shownCells(page);
    assertSame(atForty, expected);
    assert.deepEqual(await violations(page), []);
  });

  await step('it is wounded, and heals', async () => {
    const { alive: before } = await momentOf(page);
    const box = (await canvas.boundingBox())!;
    const at = (x: number): [number, number] => [box.x + box.width / 2 + x, box.y + box.height / 2];
    await page.mouse.move(...at(-90));
    await page.mouse.down();
    await page.mouse.move(...at(90), { steps: 6 });
    await page.mouse.up();
    await page.mouse.move(4, 4);
    await until(page, `alive < ${before - 40}`);
    const wounded = await shownCells(page);
    assert.ok(difference(wounded, expected).cells > 40);
    assert.deepEqual([...cellAt(wounded, 20, 20)], [255, 255, 255]);
    await page.getByRole('button', { name: /^Play/ }).click();
    await until(page, 'step >= 120');
    await page.getByRole('button', { name: /^Pause/ }).click();
    const healed = await shownCells(page);
    assert.notDeepEqual([...cellAt(healed, 20, 20)], [255, 255, 255]);
  });

  await step('going back shows what was, to the bit', async () => {
    await page.keyboard.press('Control+z');
    await seek(page, 40);
    assert.equal((await countedPictures(page)).pixels, 0);
    assert.deepEqual(await shownCells(page), atForty);
  });

  await step('zoomed, moved and fitted again it is the same, with hard cells', async () => {
    await page.getByRole('button', { name: /^Zoom in/ }).click();
    await page.getByRole('button', { name: /^Zoom \d+ percent/ }).click();
    await page.getByText('100%').waitFor();
    const near = await shownCells(page);
    assertSame(near, expected);
    await page.getByRole('button', { name: /^Fit/ }).click();
    assert.deepEqual(await shownCells(page), atForty);
    assert.equal((await countedPictures(page)).pixels, 0);
  });

  const notice = toasts(/What was growing there goes on with the backend wasm/);
  await step('the browser’s graphics process crashes: the same picture comes again', async () => {
    const devtools = await browser.newBrowserCDPSession();
    // Which answers nothing any more.
    devtools.send('Browser.crashGpuProcess').catch(() => undefined);
    await notice.waitFor();
    await page.getByRole('button', { name: 'Close this message' }).click();
    await until(page, 'pictures.pixels > 0');
    assertSame(await shownCells(page), expected);
  });

  await step('it comes back for what is opened next', async () => {
    await engine.getByText('WebGPU in the window').waitFor();
    await page.getByRole('link', { name: 'Settings', exact: true }).click();
    const before = await countedPictures(page);
    await openParrot(page);
    await until(page, 'step >= 12');
    const { drawn, pixels } = await countedPictures(page);
    assert.equal(pixels, before.pixels);
    assert.ok(drawn > before.drawn);
  });

  await step('the device is lost in the middle: it grows on from where it was', async () => {
    const { pixels } = await countedPictures(page);
    const [live] = page.workers();
    await live.evaluate(destroyDevice);
    await notice.waitFor();
    const { step: at } = await momentOf(page);
    assert.ok(at >= 12, `it was at step ${at}`);
    await until(page, `step >= ${at + 30}`);
    assert.ok((await countedPictures(page)).pixels > pixels);
    await page.getByRole('button', { name: /^Pause/ }).click();
    await page.getByRole('button', { name: 'Close this message' }).click();
    await seek(page, 40);
    assertSame(await shownCells(page), expected);
  });

  await step('a page whose workers ended computes no more, and that is said', async () => {
    await engine.getByText('WebGPU in the window').waitFor();
    await page.evaluate('workers.forEach((one) => one.terminate())');
    await engine.getByText('WebAssembly').waitFor();
  });
  window.check();
});

async function openParrot(page: Page): Promise<void> {
  await page.getByRole('link', { name: 'Grow', exact: true }).click();
  const canvas = page.getByRole('application');
  const parrot = page.getByRole('main').getByRole('button', { name: 'Parrot', exact: true });
  await canvas.or(parrot.first()).first().waitFor();
  if (!(await canvas.isVisible())) await parrot.first().click();
  await canvas.waitFor();
}

/** Before the page's own scripts: how many pictures come to canvases as pixels, how many as what was drawn. */
const countPictures = `{
  window.pictures = { drawn: 0, pixels: 0 };
  window.workers = [];
  const { drawImage, putImageData } = CanvasRenderingContext2D.prototype;
  let last = null;
  Object.assign(CanvasRenderingContext2D.prototype, {
    drawImage(image, ...where) {
      if (image instanceof ImageBitmap && image !== last) window.pictures.drawn++;
      if (image instanceof ImageBitmap) last = image;
      return drawImage.call(this, image, ...where);
    },
    putImageData(...given) {
      window.pictures.pixels++;
      return putImageData.apply(this, given);
    },
  });
  const Own = Worker;
  window.Worker = class extends Own {
    constructor(...given) {
      super(...given);
      window.workers.push(this);
    }
  };
}`;

function countedPictures(page: Page): Promise<{ drawn: number; pixels: number }> {
  return page.evaluate('window.pictures');
}

/** In the worker: the device that draws the next picture is lost with it. */
const destroyDevice = `{
  const { transferToImageBitmap } = OffscreenCanvas.prototype;
  OffscreenCanvas.prototype.transferToImageBitmap = function () {
    const picture = transferToImageBitmap.call(this);
    this.getContext('webgpu').getConfiguration().device.destroy();
    OffscreenCanvas.prototype.transferToImageBitmap = transferToImageBitmap;
    return picture;
  };
}`;

/** RGBA over white, [40, 40, 4]. */
async function grownByWasm(steps: number): Promise<Uint8Array> {
  const path = fileURLToPath(new URL('../../models/parrot.safetensors', import.meta.url));
  const { spec, weights } = await readModel(path);
  const values = (name: string): Float32Array => Float32Array.from(weights.get(name)?.data ?? []);
  const rule = { count: 1, w0: values('w0'), b0: values('b0'), w1: values('w1') };
  const engine = await openEngine({ backend: 'wasm', threads: 1 });
  try {
    const plan = fuseStyles([{ name: 'Parrot', spec, rule }], 1);
    const state = await grown((setup) => openGrowth(setup, engine.implementation), plan, steps);
    const layout = { ...grid, channels: spec.automaton.channels };
    return stateToImage(state, layout, { background: white }).pixels;
  } finally {
    engine.dispose();
  }
}

/** What is on the screen at the middle of each cell, RGBA [40, 40, 4]; with a white background and the picture centred. */
async function shownCells(page: Page): Promise<Uint8Array> {
  const canvas = page.getByRole('application');
  const zoom = await page.getByRole('button', { name: /^Zoom \d+ percent/ }).innerText();
  const scale = Number.parseInt(zoom, 10) / 100;
  const { data, info } = await sharp(await canvas.screenshot())
    .ensureAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  const cells = new Uint8Array(grid.width * grid.height * 4);
  for (let row = 0; row < grid.height; row++) {
    for (let column = 0; column < grid.width; column++) {
      const x = Math.floor(info.width / 2 + (column + 0.5 - grid.width / 2) * scale);
      const y = Math.floor(info.height / 2 + (row + 0.5 - grid.height / 2) * scale);
      const from = (y * info.width + x) * 4;
      cells.set(data.subarray(from, from + 4), (row * grid.width + column) * 4);
    }
  }
  return cells;
}

function cellAt(cells: Uint8Array, x: number, y: number): Uint8Array {
  const from = (y * grid.width + x) * 4;
  return cells.subarray(from, from + 3);
}

/** The largest of a colour, and cells in which there is one over the bound. */
function difference(a: Uint8Array, b: Uint8Array): { readonly largest: number; readonly cells: number } {
  const each = Array.from(a, (value, index) => Math.abs(value - b[index]));
  const cells = new Set(each.flatMap((value, index) => (value > roundingBound ? [index >> 2] : [])));
  return { largest: Math.max(...each), cells: cells.size };
}

function assertSame(shown: Uint8Array, expected: Uint8Array): void {
  const { largest, cells } = difference(shown, expected);
  assert.equal(cells, 0, `${cells} cells differ by more than ${roundingBound}, at most by ${largest}`);
}

interface Moment {
  readonly step: number;
  readonly alive: number;
}

/** As the canvas says it: "Parrot, step 96, paused, 1,204 of 1,600 cells alive". */
async function momentOf(page: Page): Promise<Moment> {
  const label = (await page.getByRole('application').getAttribute('aria-label')) ?? '';
  const [, step = '', alive = ''] = /step ([\d,]+), \w+, ([\d,]+) of/.exec(label) ?? [];
  return { step: Number(step.replaceAll(',', '')), alive: Number(alive.replaceAll(',', '')) };
}

/** Once it is said and drawn. @param is of step and alive, an expression */
async function until(page: Page, is: string): Promise<void> {
  await page.evaluate(`new Promise((done, fail) => {
    const endMs = performance.now() + 90_000;
    const look = () => {
      const label = document.querySelector('[role=application]')?.ariaLabel ?? '';
      const [, ...found] = /step ([\\d,]+), \\w+, ([\\d,]+) of/.exec(label) ?? [];
      const [step, alive] = found.map((text) => Number(text.replaceAll(',', '')));
      if (${is}) requestAnimationFrame(() => requestAnimationFrame(done));
      else if (performance.now() > endMs) fail(new Error(\`still "\${label}"\`));
      else requestAnimationFrame(look);
    };
    look();
  })`);
}

async function seek(page: Page, step: number): Promise<void> {
  await page.getByRole('slider', { name: 'Step' }).fill(String(step));
  await until(page, `step === ${step}`);
}
