/**
 * Electron's checklist of security (its documentation, “Security”), item by item, in a window of the desktop that runs:
 * what a page that was taken over could reach. What needs no window is in test/hosts/electron/session-guard.test.ts and
 * scheme.test.ts; src-main/hosts/electron/ARCHITECTURE.md has the table.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { fuses } from '#hosts/electron/packaging/fuses.ts';
import { hiddenPage, startDesktop } from './desktop.ts';
import { startElectron } from './real-electron.ts';

test('Electron’s checklist of security', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'morphogen-security-'));
  const electron = process.env['MORPHOGEN_ELECTRON'];
  const desktop = await (electron === undefined ? startDesktop(folder) : startElectron(electron, folder));
  t.after(async () => {
    await desktop.kill();
    rmSync(folder, { recursive: true, force: true });
  });
  const { page } = desktop;
  await page.getByRole('gridcell').first().waitFor();
  const preferences = await desktop.evaluate<Record<string, unknown>, undefined>(
    '({ BrowserWindow }) => BrowserWindow.getAllWindows().find((one) => one.isVisible()).webContents.getLastWebPreferences()',
  );
  const hidden = await hiddenPage(page);
  const inPage = <R>(expression: string): Promise<R> => page.evaluate<R>(expression);
  const windows = (): Promise<number> =>
    desktop.evaluate<number, undefined>('({ BrowserWindow }) => BrowserWindow.getAllWindows().length');
  const asked: string[] = [];
  page.on('request', (request) => asked.push(request.url()));

  await t.test('1. all that the page is made of comes from the program', async () => {
    await page.reload();
    await page.getByRole('gridcell').first().waitFor();
    assert.ok(asked.length > 2, asked.join());
    const { origin } = new URL(page.url());
    for (const url of asked) assert.ok(url.startsWith(`${origin}/`), url);
  });

  await t.test('2. the page has no Node', async () => {
    const names = ['require', 'process', 'module', 'Buffer', 'global', '__dirname', 'setImmediate'];
    const found = await inPage<string[]>(
      `${JSON.stringify(names)}.filter((name) => typeof globalThis[name] !== 'undefined')`,
    );
    assert.deepEqual(found, []);
    for (const name of ['nodeIntegration', 'nodeIntegrationInWorker', 'nodeIntegrationInSubFrames'])
      assert.equal(preferences[name], false, name);
  });

  await t.test(
    '3. what the preload script has, the page has not; what the page breaks, it does not',
    async () => {
      assert.equal(preferences['contextIsolation'], true);
      assert.deepEqual(
        await inPage(
          `['ipcRenderer', 'contextBridge', 'webUtils', 'electron'].filter((name) => name in window)`,
        ),
        [],
      );
      // A page that was taken over replaces what the bridge might use, and still gets no more than its port.
      const stolen = await inPage<string[]>(`(async () => {
      const stolen = [];
      for (const name of ['apply', 'call', 'bind']) {
        const own = Function.prototype[name];
        Function.prototype[name] = function (...args) { stolen.push(String(this).slice(0, 200)); return Reflect.apply(own, this, args); };
      }
      window.morphogen.pathOf(new File([], 'x'));
      return stolen.filter((text) => /ipcRenderer|getPathForFile|standInSend/.test(text));
    })()`);
      assert.deepEqual(stolen, []);
      await page.reload();
    },
  );

  await t.test('4. pages are sandboxed, whoever opens them', async () => {
    assert.equal(preferences['sandbox'], true);
    // Said before Electron was ready, and so for every page: after it, it throws.
    await assert.rejects(
      desktop.evaluate('({ app }) => app.enableSandbox()'),
      /before `?ready`?|before app is ready/,
    );
  });

  await t.test('5. the page may not notify, locate, listen', async () => {
    const states = await inPage<Record<string, string>>(`(async () => {
      const names = ['geolocation', 'notifications', 'midi', 'clipboard-read'];
      const states = await Promise.all(names.map((name) => navigator.permissions.query({ name })));
      return Object.fromEntries(names.map((name, place) => [name, states[place].state]));
    })()`);
    for (const [name, state] of Object.entries(states)) assert.equal(state, 'denied', name);
    assert.equal(await inPage('Notification.requestPermission()'), 'denied');
  });

  await t.test(
    '6., 8., 9., 10., 11. nothing that protects the page is switched off, nor anything unfinished on',
    () => {
      assert.equal(preferences['webSecurity'], true);
      assert.equal(preferences['allowRunningInsecureContent'], false);
      assert.equal(preferences['experimentalFeatures'], false);
      assert.ok([undefined, ''].includes(preferences['enableBlinkFeatures'] as undefined));
      assert.equal(preferences['webviewTag'], false);
      assert.equal(preferences['navigateOnDragDrop'], false);
    },
  );

  await t.test(
    '7. the policy: no script but the program’s files, no text that becomes code, no other host',
    async () => {
      const result = await inPage<Record<string, unknown>>(`(async () => {
      const inline = document.createElement('script');
      inline.textContent = 'window.wasTakenOver = true';
      document.body.append(inline);
      const elsewhere = document.createElement('script');
      elsewhere.src = 'https://evil.example/x.js';
      const refused = new Promise((done) => elsewhere.addEventListener('error', () => done(true)));
      document.body.append(elsewhere);
      const handler = document.createElement('button');
      handler.setAttribute('onclick', 'window.wasTakenOver = true');
      handler.click();
      // Later, for what the test itself has evaluated may evaluate.
      const evaluated = await new Promise((done) => setTimeout(() => {
        try { done((0, eval)('1 + 1')); } catch { done('refused'); }
      }));
      const fetched = await fetch('https://evil.example/').then(() => 'sent', () => 'refused');
      const framed = document.createElement('iframe');
      framed.src = 'https://evil.example/';
      document.body.append(framed);
      return { taken: 'wasTakenOver' in window, refused: await refused, evaluated, fetched };
    })()`);
      assert.deepEqual(result, { taken: false, refused: true, evaluated: 'refused', fetched: 'refused' });
    },
  );

  await t.test('13. the page leads nowhere', async () => {
    const before = page.url();
    for (const address of ['https://evil.example/', 'http://127.0.0.1:1/', 'file:///etc/passwd']) {
      await inPage(`void (location.href = ${JSON.stringify(address)})`);
      // Answered by the same page: it is still there, and so is what was in it.
      await page.getByRole('gridcell').first().waitFor();
      assert.equal(page.url(), before, address);
    }
  });

  await t.test('14., 15. no window opens, and no other program, for a page that nobody knows', async () => {
    await desktop.evaluate(
      '({ shell }) => { globalThis.opened = []; shell.openExternal = async (url) => void opened.push(url); }',
    );
    for (const address of [
      'https://evil.example/',
      'file:///etc/passwd',
      'about:blank',
      'https://github.com/',
    ])
      await inPage(`void window.open(${JSON.stringify(address)})`);
    assert.equal(await windows(), 2, 'the one that people see, and the one that nobody does');
    // The last of them is told when all have been judged.
    const opened = await desktop.evaluate<string[], undefined>(`async () => {
      while (globalThis.opened.length === 0) await new Promise((done) => setTimeout(done, 10));
      return globalThis.opened;
    }`);
    assert.deepEqual(opened, ['https://github.com/']);
  });

  await t.test('16. Electron is pinned, and what is tested is what is packaged', () => {
    const read = (path: string): Record<string, unknown> =>
      JSON.parse(readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')) as Record<string, unknown>;
    const pinned = (read('package.json')['devDependencies'] as Record<string, string>)['electron'];
    assert.match(pinned, /^\d+\.\d+\.\d+$/);
    assert.equal(read('node_modules/electron/package.json')['version'], pinned);
  });

  await t.test('17. only the program’s own page gets a port', async () => {
    const given = await desktop.evaluate<string[], undefined>(`({ ipcMain }) => {
      const given = [];
      const from = (url, parent = null) => ({ url, parent, postMessage: () => given.push(url) });
      const own = 'morphogen://app/';
      for (const senderFrame of [
        from('https://evil.example/'), from('file:///etc/passwd'), from('morphogen://other/'),
        from(own, from(own)), from('about:blank'), from('morphogen://app/gpu-engine.html'), null,
      ]) ipcMain.emit('morphogen:connect', { senderFrame });
      return given;
    }`);
    assert.deepEqual(given, []);
  });

  await t.test('18. the page has a scheme of its own, and no file is one', async () => {
    const address = await desktop.evaluate<string, undefined>(
      '({ BrowserWindow }) => BrowserWindow.getAllWindows().find((one) => one.isVisible()).webContents.getURL()',
    );
    assert.match(address, /^morphogen:\/\/app\//);
    assert.equal(
      await inPage(`fetch('file:///etc/hostname').then(() => 'read', () => 'refused')`),
      'refused',
    );
  });

  await t.test('19. the fuses of what would run something else are blown', () => {
    assert.equal(fuses.RunAsNode, false);
    assert.equal(fuses.EnableNodeOptionsEnvironmentVariable, false);
    assert.equal(fuses.EnableNodeCliInspectArguments, false);
    assert.equal(fuses.GrantFileProtocolExtraPrivileges, false);
    assert.equal(fuses.EnableEmbeddedAsarIntegrityValidation, true);
    assert.equal(fuses.OnlyLoadAppFromAsar, true);
    assert.equal(fuses.EnableCookieEncryption, true);
  });

  await t.test('20. the page is given two functions, and nothing of Electron', async () => {
    const given = await inPage<Record<string, unknown>>(`(() => {
      const { morphogen } = window;
      try { morphogen.connect = null; } catch {}
      return {
        members: Object.entries(morphogen).map(([name, member]) => name + ' ' + typeof member),
        isFrozen: Object.isFrozen(morphogen),
        // Nothing but text comes across, whatever is asked.
        path: morphogen.pathOf(new File(['x'], 'made-here.png')),
        answer: String(morphogen.connect()),
      };
    })()`);
    assert.deepEqual(given, {
      members: ['connect function', 'pathOf function'],
      isFrozen: true,
      path: '',
      answer: 'undefined',
    });
  });

  await t.test('all of it for the page that nobody sees, which has less: 2., 3., 7., 20.', async () => {
    const found = await hidden.evaluate<Record<string, unknown>>(`(async () => {
      const names = ['require', 'process', 'module', 'Buffer', 'morphogen', 'ipcRenderer', 'contextBridge', 'electron'];
      const inline = document.createElement('script');
      inline.textContent = 'window.wasTakenOver = true';
      document.body.append(inline);
      const evaluated = await new Promise((done) => setTimeout(() => {
        try { done((0, eval)('1 + 1')); } catch { done('refused'); }
      }));
      return {
        names: names.filter((name) => typeof globalThis[name] !== 'undefined'),
        taken: 'wasTakenOver' in window,
        evaluated,
        fetched: await fetch('https://evil.example/').then(() => 'sent', () => 'refused'),
        read: await fetch('file:///etc/hostname').then(() => 'sent', () => 'refused'),
        notifies: await Notification.requestPermission(),
      };
    })()`);
    assert.deepEqual(found, {
      ...{ names: [], taken: false, evaluated: 'refused', fetched: 'refused', read: 'refused' },
      notifies: 'denied',
    });
  });

  await t.test('4., 6., 8. to 11. of that page: as safe as the window, and never seen', async () => {
    const { isVisible, safe } = await desktop.evaluate<
      { isVisible: boolean; safe: Record<string, unknown> },
      undefined
    >(`({ BrowserWindow }) => {
      const hidden = BrowserWindow.getAllWindows().find((one) => one.webContents.getURL().endsWith('/gpu-engine.html'));
      return { isVisible: hidden.isVisible(), safe: hidden.webContents.getLastWebPreferences() };
    }`);
    assert.equal(isVisible, false);
    const protecting = ['sandbox', 'contextIsolation', 'nodeIntegration', 'nodeIntegrationInWorker'];
    protecting.push('nodeIntegrationInSubFrames', 'webSecurity', 'allowRunningInsecureContent');
    for (const name of [...protecting, 'experimentalFeatures', 'webviewTag', 'navigateOnDragDrop'])
      assert.equal(safe[name], preferences[name], name);
    assert.ok([undefined, ''].includes(safe['enableBlinkFeatures'] as undefined));
  });

  await t.test('13., 14. of that page: it leads nowhere, not even to the window’s', async () => {
    const before = await windows();
    const { origin } = new URL(hidden.url());
    for (const address of ['https://evil.example/', 'file:///etc/passwd', `${origin}/`]) {
      await desktop.evaluate(`({ BrowserWindow }) => {
        const { webContents } = BrowserWindow.getAllWindows().find((one) => !one.isVisible());
        globalThis.judged = new Promise((done) =>
          webContents.once('will-frame-navigate', (event) => done(event.defaultPrevented)));
      }`);
      await hidden.evaluate(`void (location.href = ${JSON.stringify(address)})`);
      // What Chromium itself refuses, nobody is asked about.
      if (!address.startsWith('file:'))
        assert.equal(await desktop.evaluate('() => globalThis.judged'), true, address);
      assert.match(hidden.url(), /\/gpu-engine\.html$/, address);
    }
    await hidden.evaluate(`void window.open('about:blank')`);
    assert.equal(await windows(), before);
  });
});
