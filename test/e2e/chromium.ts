/**
 * The browser of the end-to-end tests: a Chrome or Chromium that is there, or Debian's, installed where that can be done
 * without asking (as root). Elsewhere it says how, and fails: tests that are skipped in silence prove nothing.
 */
import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

const names = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome', 'chrome'];
const places = [
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  ...['PROGRAMFILES', 'PROGRAMFILES(X86)', 'LOCALAPPDATA'].flatMap((place) => {
    const folder = process.env[place];
    return folder === undefined ? [] : [join(folder, 'Google/Chrome/Application/chrome.exe')];
  }),
];

/** Switches under which it runs alone, without a display, and calls nobody. */
export const chromiumSwitches: readonly string[] = [
  '--headless',
  '--no-sandbox',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** The browser's path; null where there is none. */
export function findChromium(): string | null {
  const named = process.env['CHROME_PATH'];
  const folders = (process.env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
  const candidates = [
    ...(named === undefined ? [] : [named]),
    ...folders.flatMap((folder) => names.map((name) => join(folder, name))),
    ...places,
  ];
  return candidates.find(isExecutable) ?? null;
}

/** @throws Error, in a sentence that says how to install one, where that cannot be done from here. */
export function findOrInstallChromium(): string {
  const found = findChromium();
  if (found !== null) return found;
  if (existsSync('/etc/debian_version') && process.getuid?.() === 0) {
    process.stderr.write('Installing Chromium for the end-to-end tests (once; about a minute) …\n');
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
    // libvulkan1: what WebGPU in Node looks for drivers with; Chromium brings the one that is software.
    for (const args of [
      ['update'],
      ['install', '--yes', '--no-install-recommends', 'chromium', 'libvulkan1'],
    ]) {
      const { status } = spawnSync('apt-get', ['--quiet', ...args], { env, stdio: ['ignore', 2, 2] });
      if (status !== 0)
        throw new Error(`apt-get ${args[0]} failed with exit code ${status}: see the lines above.`);
    }
    const installed = findChromium();
    if (installed !== null) return installed;
  }
  throw new Error(
    'The end-to-end tests need Chrome or Chromium and found none: install one (Debian, Ubuntu: `sudo apt install ' +
      'chromium`; macOS, Windows: Google Chrome), or set CHROME_PATH to its program.',
  );
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
