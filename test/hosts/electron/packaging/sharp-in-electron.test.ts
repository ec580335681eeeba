/** Inside Electron on Linux, sharp is the WebAssembly build, also where the native one is installed beside it. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { promisify } from 'node:util';

const run = promisify(execFile);
const place = new URL('../../../../src-main/hosts/electron/packaging/sharp-in-electron.ts', import.meta.url);
const options = { skip: process.platform === 'linux' ? false : 'the native build is used elsewhere' };

/** Draws a picture. @returns whether it is a PNG, and whether native code of sharp is in memory */
async function draw(electron: string | undefined): Promise<{ isPng: boolean; isNative: boolean }> {
  const script = `
    Object.defineProperty(process.versions, 'electron', { value: ${JSON.stringify(electron)} });
    const { default: sharp } = await import(${JSON.stringify(place.href)});
    const png = await sharp({ create: { width: 8, height: 8, channels: 4, background: '#0a06' } }).png().toBuffer();
    const maps = (await import('node:fs')).readFileSync('/proc/self/maps', 'latin1');
    console.log(JSON.stringify({ isPng: png[1] === 80, isNative: /sharp-(libvips-)?linux/.test(maps) }));`;
  const { stdout } = await run(process.execPath, ['--input-type=module', '-e', script]);
  return JSON.parse(stdout) as { isPng: boolean; isNative: boolean };
}

test('native code of sharp is not loaded there, and is elsewhere', options, async () => {
  assert.deepEqual(await draw('45.5.0'), { isPng: true, isNative: false });
  assert.deepEqual(await draw(undefined), { isPng: true, isNative: true });
});
