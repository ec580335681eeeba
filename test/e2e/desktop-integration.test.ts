/**
 * What a desktop user expects beside the window, in the desktop's host as it runs: menus, dialogs, files handed over, recent
 * files, dragging out, the theme, the window's place, and an end and a sleep that save (rows 31, 67 and 68).
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { tmpdir } from 'node:os';
import process from 'node:process';
import test, { type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { desktopCommand, startDesktop, type Desktop } from './desktop.ts';
import { startServer } from './server.ts';

const fixtures = fileURLToPath(new URL('../fixtures/emoji/', import.meta.url));
const emoji = readdirSync(fixtures).filter((name) => name.endsWith('.png'));
const noteConnections = new URL('./note-connections.ts', import.meta.url).href;

function scratch(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'morphogen-desktop-'));
  t.after(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));
  return folder;
}

/** In the main process; `e` is all that `electron` exports. */
const ask = <R>(desktop: Desktop, expression: string): Promise<R> =>
  desktop.evaluate<R, undefined>(`(e) => (${expression})`);
const clickMenu = (desktop: Desktop, id: string): Promise<null> =>
  ask(desktop, `e.Menu.getApplicationMenu().getMenuItemById(${JSON.stringify(id)}).click() ?? null`);
const window = 'e.BrowserWindow.getAllWindows()[0]';

/** Asks until it is so. */
async function until(desktop: Desktop, expression: string): Promise<void> {
  for (const beginMs = performance.now(); !(await ask<boolean>(desktop, `Boolean(${expression})`));) {
    assert.ok(performance.now() - beginMs < 90_000, `never so: ${expression}\n${desktop.output()}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

const progresses = `${window}.progressBar.value > 0 && ${window}.progressBar.mode === 'normal'`;
const itemIs = (id: string, isEnabled: boolean): string =>
  `e.Menu.getApplicationMenu().getMenuItemById('${id}')?.enabled === ${isEnabled}`;

test('menus, dialogs, files, theme, dragging, the window’s place', async (t) => {
  const folder = scratch(t);
  const data = join(folder, 'data');
  const connections = join(folder, 'connections');
  const [first, second] = emoji.map((name) => join(fixtures, name));
  const broken = join(folder, 'broken.png');
  writeFileSync(broken, 'This is no picture.');
  const env = { MORPHOGEN_CONNECTIONS: connections, NODE_OPTIONS: `--import=${noteConnections}` };
  let desktop = await startDesktop(data, { args: [first, broken], env });
  t.after(() => desktop.kill());
  let { page } = desktop;
  const card = () => page.getByRole('region', { name: 'Import' });

  await t.test(
    'files of the command line are looked at as drops are; what cannot be opened has its sentence',
    async () => {
      await card()
        .getByText('One picture becomes a style')
        .or(card().getByText(/1 picture becomes/))
        .waitFor();
      await card().getByText('1 file cannot be used').click();
      await card().getByText('broken.png').waitFor();
      const said = await card().locator('details li').innerText();
      assert.match(said, /broken\.png: .+\./);
      await card().getByRole('button', { name: 'Cancel this import' }).click();
    },
  );

  await t.test('a second start hands its files over, and the first window comes to the front', async () => {
    await ask(desktop, `${window}.minimize() ?? null`);
    const { command, args } = desktopCommand(data, [second]);
    const started = spawn(command, args, { stdio: 'ignore' });
    const [code] = (await once(started, 'exit')) as [number];
    assert.equal(code, 0);
    await card()
      .getByText(/1 picture becomes/)
      .waitFor();
    assert.ok(await ask(desktop, `!${window}.isMinimized() && ${window}.isFocused()`));
    await card().getByRole('button', { name: 'Cancel this import' }).click();
  });

  await t.test('a Mac’s event opens a file, too; what was opened is among the recent files', async () => {
    await ask(desktop, `e.app.emit('open-file', { preventDefault() {} }, ${JSON.stringify(first)})`);
    await card()
      .getByText(/1 picture becomes/)
      .waitFor();
    await card().getByRole('button', { name: 'Cancel this import' }).click();
    const recent = await ask<string[]>(
      desktop,
      `e.Menu.getApplicationMenu().getMenuItemById('recent').submenu.items.map(({ label }) => label)`,
    );
    assert.deepEqual([basename(recent[0]), basename(recent[1])], [basename(first), basename(second)]);
    assert.equal(await ask(desktop, `e.app.recentDocuments.at(-1)`), first);
    await ask(
      desktop,
      `e.Menu.getApplicationMenu().getMenuItemById('recent').submenu.items[1].click() ?? null`,
    );
    await card()
      .getByText(/1 picture becomes/)
      .waitFor();
    await card().getByRole('button', { name: 'Cancel this import' }).click();
  });

  await t.test('the menus are the window’s commands, as they are on each screen', async () => {
    await clickMenu(desktop, 'repair');
    await until(desktop, itemIs('repair.tool.brush', false));
    assert.match(page.url(), /#\/repair$/);
    await clickMenu(desktop, 'gallery');
    await until(desktop, itemIs('gallery.export', false));
    await page.getByRole('gridcell').first().click();
    await until(desktop, itemIs('gallery.export', true));
    assert.equal(
      await ask(desktop, `e.Menu.getApplicationMenu().getMenuItemById('repair.tool.brush')`),
      null,
    );
    await clickMenu(desktop, 'palette');
    await page.getByRole('combobox', { name: 'Find a command' }).waitFor();
    await until(desktop, itemIs('gallery.export', false));
    await page.keyboard.press('Escape');
    await until(desktop, itemIs('gallery.export', true));
  });

  await t.test('while text is typed, the Edit menu is the text’s', async () => {
    const search = page.getByPlaceholder('Search names and tags');
    await search.fill('parrot');
    await clickMenu(desktop, 'gallery.all');
    const field = `document.querySelector('input[type=search]')`;
    await page.waitForFunction(`${field}.selectionStart === 0 && ${field}.selectionEnd === 6`);
    await search.fill('');
  });

  await t.test('the system’s dialogs choose files and folders, and remember where', async () => {
    await ask(desktop, `e.dialog.choices.push([${JSON.stringify(first)}]) && null`);
    await page.getByRole('button', { name: 'Bring in…' }).click();
    await card()
      .getByText(/1 picture becomes/)
      .waitFor();
    await card().getByRole('button', { name: 'Cancel this import' }).click();
    await page.getByRole('button', { name: 'Bring in…' }).click();
    await until(desktop, 'e.dialog.asked.length === 2');
    const asked = await ask<{ defaultPath?: string }[]>(
      desktop,
      'e.dialog.asked.map(({ options }) => options)',
    );
    assert.deepEqual([asked[0].defaultPath, `${asked[1].defaultPath}/`], [undefined, fixtures]);
    assert.equal(
      await page.getByRole('dialog', { name: /folder/ }).count(),
      0,
      'no dialog of the page’s own',
    );
  });

  await t.test('an item dragged out is its file; let go at once, nothing is dragged', async () => {
    const cell = page.getByRole('gridcell').first();
    await cell.dispatchEvent('dragstart', { altKey: true });
    await until(desktop, `${window}.webContents.dragged.length === 1`);
    const [path] = await ask<string[]>(desktop, `[...${window}.webContents.dragged[0].files]`);
    assert.match(path, /Parrot\.safetensors$/);
    assert.equal(readFileSync(path).toString('latin1', 8, 10), '{"');
    await page.evaluate(`{
      const [cell] = document.querySelectorAll('[role=gridcell]');
      cell.dispatchEvent(new DragEvent('dragstart', { altKey: true, bubbles: true, cancelable: true }));
      dispatchEvent(new PointerEvent('pointerup'));
    }`);
    await cell.dispatchEvent('dragstart', { altKey: true });
    await until(desktop, `${window}.webContents.dragged.length > 1`);
    assert.equal(
      await ask(desktop, `${window}.webContents.dragged.length`),
      2,
      'the one let go is not among them',
    );
  });

  await t.test(
    'an artwork dragged out is a picture or a GIF; opened with Morphogen, each grows again',
    async () => {
      await page.getByRole('gridcell').first().click();
      await until(desktop, itemIs('gallery.grow', true));
      await clickMenu(desktop, 'gallery.grow');
      await until(desktop, itemIs('grow.save', true));
      await clickMenu(desktop, 'grow.save');
      await page.locator('form.save input').fill('A parrot');
      await page.keyboard.press('Enter');
      await page.getByText('Saved “A parrot”').waitFor();
      await clickMenu(desktop, 'gallery');
      const cell = page.getByRole('gridcell').filter({ hasText: 'A parrot' });
      await cell.dispatchEvent('dragstart');
      await until(desktop, `${window}.webContents.dragged.length === 3`);
      await cell.dispatchEvent('dragstart', { altKey: true });
      await until(desktop, `${window}.webContents.dragged.length === 4`);
      const paths = await ask<string[]>(
        desktop,
        `${window}.webContents.dragged.slice(2).map(({ files }) => files[0])`,
      );
      assert.deepEqual(
        paths.map((path) => readFileSync(path).toString('latin1', 0, 6)),
        ['\x89PNG\r\n', 'GIF89a'],
      );
      for (const path of paths) {
        await ask(desktop, `e.app.emit('open-file', { preventDefault() {} }, ${JSON.stringify(path)})`);
        await card().getByText('it carries its recipe, and grows again').waitFor();
        await card().getByRole('button', { name: 'Cancel this import' }).click();
      }
    },
  );

  await t.test('help: the version without a network, the licences, the data folder, about', async () => {
    await clickMenu(desktop, 'updates');
    await until(desktop, `e.dialog.asked.at(-1).kind === 'message'`);
    const { message } = await ask<{ message: string }>(desktop, 'e.dialog.asked.at(-1).options');
    assert.match(message, /never looks for newer ones by itself/);
    await clickMenu(desktop, 'licences');
    await clickMenu(desktop, 'data-folder');
    const opened = await ask<string[]>(desktop, 'e.openedElsewhere');
    assert.deepEqual(
      opened.map((path) => basename(path)),
      ['LICENSE', 'data'],
    );
    await clickMenu(desktop, 'about');
    assert.equal(await ask(desktop, 'e.app.timesAboutWasShown'), 1);
    assert.match(await ask(desktop, 'e.app.aboutPanel.applicationVersion'), /^\d+\.\d+\.\d+/);
  });

  await t.test('settings tell the host, the data folder, and whether the machine may sleep', async () => {
    await clickMenu(desktop, 'settings');
    const about = page
      .getByRole('region', { name: 'About' })
      .or(page.locator('section', { hasText: 'Data folder' }));
    await about.getByText(data, { exact: true }).first().waitFor();
    await about.getByText(/A desktop window: .*Node/).waitFor();
    const awake = page.getByRole('switch', { name: 'Keep the computer from going to sleep' });
    assert.equal(await awake.getAttribute('aria-checked'), 'true');
  });

  await t.test('the system’s parts of the window follow the theme', async () => {
    await clickMenu(desktop, 'theme-dark');
    await until(desktop, `e.nativeTheme.themeSource === 'dark'`);
  });

  await t.test('the window opens where it was, as it was', async () => {
    await ask(desktop, `${window}.setBounds({ x: 100, y: 60, width: 1000, height: 700 }) ?? null`);
    await ask(desktop, `${window}.maximize() ?? null`);
    assert.equal(await desktop.stop(), 0, desktop.output());
    desktop = await startDesktop(data, { env });
    ({ page } = desktop);
    const { x, y, width, height, backgroundColor } = await ask<Record<string, unknown>>(
      desktop,
      `${window}.options`,
    );
    assert.deepEqual({ x, y, width, height }, { x: 100, y: 60, width: 1000, height: 700 });
    assert.equal(backgroundColor, '#131413', 'dark from the first moment');
    assert.ok(await ask(desktop, `${window}.isMaximized()`));
    const recent = `e.Menu.getApplicationMenu().getMenuItemById('recent').submenu.items[0].label`;
    assert.equal(basename(await ask<string>(desktop, recent)), 'A parrot.gif');
  });

  await t.test('in all of this, no process began a connection to another machine', async () => {
    assert.equal(await desktop.stop(), 0, desktop.output());
    assert.equal(existsSync(connections) ? readFileSync(connections, 'utf8') : '', '');
    // One that did would be noted.
    const begins = `require('node:net').connect({ host: 'host.invalid', port: 9, lookup: () => process.exit() })`;
    const noted = spawn(process.execPath, ['--eval', begins], { env: { ...process.env, ...env } });
    await once(noted, 'exit');
    assert.equal(readFileSync(connections, 'utf8'), 'host.invalid\n');
  });
});

test('row 31: a library that is open in the browser is not opened, and a dialog says where it is', async (t) => {
  const data = join(scratch(t), 'data');
  const server = await startServer(data);
  t.after(() => server.stop());
  await assert.rejects(
    startDesktop(data),
    /ended with 1[^]*Morphogen could not start: .* is open elsewhere: .* It is open at http:\/\/127\.0\.0\.1/,
  );
});

test('rows 67 and 68: a training before a sleep, after it, and over an end of the program', async (t) => {
  const folder = scratch(t);
  const data = join(folder, 'data');
  const pictures = join(folder, 'pictures');
  mkdirSync(pictures);
  for (const name of emoji.slice(0, 4)) copyFileSync(join(fixtures, name), join(pictures, name));
  let desktop = await startDesktop(data);
  t.after(() => desktop.kill());
  const { page } = desktop;
  await page.getByRole('link', { name: 'Train', exact: true }).click();
  await ask(desktop, `e.dialog.choices.push([${JSON.stringify(pictures)}]) && null`);
  await page.getByRole('button', { name: 'Choose a folder' }).click();
  await page.getByText('4 pictures can be used').waitFor();
  await page.getByText('More', { exact: true }).click();
  await page.getByLabel('Iterations').fill('1000');
  await page.getByRole('button', { name: 'Start training' }).click();

  await t.test('the taskbar shows it, and the machine stays awake', async () => {
    await until(desktop, `e.powerSaveBlocker.started.size === 1`);
    await until(desktop, progresses);
  });

  await t.test('by the setting, it may sleep all the same', async () => {
    await clickMenu(desktop, 'settings');
    const awake = page.getByRole('switch', { name: 'Keep the computer from going to sleep' });
    await awake.click();
    await until(desktop, 'e.powerSaveBlocker.started.size === 0');
    await awake.click();
    await until(desktop, 'e.powerSaveBlocker.started.size === 1');
    await page.goBack();
  });

  await t.test('before a sleep it is saved, and goes on when the machine wakes', async () => {
    await ask(desktop, `e.powerMonitor.emit('suspend')`);
    await until(desktop, 'e.powerSaveBlocker.started.size === 0');
    await page.getByText('Waiting for its turn').first().waitFor();
    const jobs = join(data, 'jobs');
    assert.ok(readdirSync(join(jobs, readdirSync(jobs)[0])).some((name) => name.startsWith('checkpoint')));
    await ask(desktop, `e.powerMonitor.emit('resume')`);
    await until(desktop, 'e.powerSaveBlocker.started.size === 1');
    await until(desktop, progresses);
  });

  await t.test('a shutdown is held up until it is saved; the next start offers to go on', async () => {
    const isHeldUp = await ask<boolean>(
      desktop,
      `((event) => (e.powerMonitor.emit('shutdown', event), event.isHeldUp))(
        { isHeldUp: false, preventDefault() { this.isHeldUp = true; } })`,
    );
    assert.ok(isHeldUp);
    assert.equal(await desktop.ended(), 0, desktop.output());
    desktop = await startDesktop(data);
    await desktop.page.getByText(/was interrupted when Morphogen ended/).waitFor();
    await desktop.page.getByRole('button', { name: 'Resume' }).first().click();
    await until(desktop, progresses);
    assert.equal(await desktop.stop(), 0, desktop.output());
  });
});
