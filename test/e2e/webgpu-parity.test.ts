/**
 * The rollout in a real browser's WebGPU, in a worker, as the window lends it: the same cases within the same bounds as by
 * Dawn in Node, under the window's own policy. Chromium computes by SwiftShader, which it brings.
 */
import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';
import { safetyHeaders } from '#hosts/service/window-policy.ts';
import { beyondBounds, parityCases } from '#test/engine/kernels/webgpu/parity-cases.ts';
import type { ParityMessage } from './parity-worker.ts';
import { openWebgpuBrowser } from './webgpu-window.ts';

const fixtures = fileURLToPath(new URL('../fixtures/rollout/', import.meta.url));
const cleanUps: (() => Promise<unknown>)[] = [];

after(async () => {
  for (const cleanUp of cleanUps.reverse()) await cleanUp();
});

test('a worker of Chromium computes what the reference and the authors’ code do', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'morphogen-parity-'));
  cleanUps.push(() => rm(folder, { recursive: true }));
  await bundle(folder);
  const server = await serveFiles(folder);
  cleanUps.push(() => new Promise((done) => server.close(done)));
  const browser = await openWebgpuBrowser();
  cleanUps.push(() => browser.close());

  const page = await browser.newPage();
  const { port } = server.address() as AddressInfo;
  await page.goto(`http://127.0.0.1:${port}/`);
  const cases = new Map<string, string[]>();
  let worst = 0;
  const ended = new Promise<number>((resolve, reject) => {
    page.on('close', () => reject(new Error('The page was closed.')));
    void page.exposeFunction('tell', (message: ParityMessage) => {
      switch (message.kind) {
        case 'device':
          console.log(`Computing on ${message.name}${message.isSoftware ? ', which is software' : ''}`);
          assert.ok(message.key.includes('Chrome/'), message.key);
          return;
        case 'case':
          assert.ok(message.found.length > 0);
          cases.set(message.name, beyondBounds(message.found));
          worst = Math.max(worst, ...message.found.map(({ off, bound }) => off / bound));
          console.log(`${message.name}: ${figures(message.found)}`);
          return;
        case 'end':
          resolve(message.tensors);
          return;
        case 'failure':
          reject(new Error(message.message));
      }
    });
  });
  await page.evaluate(`{
    const worker = new Worker('./parity-worker.js', { type: 'module' });
    worker.onmessage = ({ data }) => tell(data);
    worker.onerror = ({ message }) => tell({ kind: 'failure', message: message ?? 'The worker did not load.' });
  }`);
  assert.equal(await ended, 0, 'tensors are left behind');
  assert.deepEqual(
    [...cases],
    parityCases.map(({ name }) => [name, []]),
  );
  console.log(`The furthest is ${(100 * worst).toFixed(0)} % of its bound.`);
});

/** As the window's worker is: modules, with what is not needed at once apart. */
async function bundle(outDir: string): Promise<void> {
  await build({
    root: fileURLToPath(new URL('../..', import.meta.url)),
    configFile: false,
    logLevel: 'error',
    publicDir: false,
    build: {
      outDir,
      emptyOutDir: true,
      minify: false,
      target: 'chrome123',
      modulePreload: false,
      rolldownOptions: {
        input: fileURLToPath(new URL('./parity-worker.ts', import.meta.url)),
        output: { entryFileNames: '[name].js' },
      },
    },
  });
}

/** The bundle, the fixtures and a page without anything, on loopback. */
async function serveFiles(folder: string): Promise<Server> {
  const server = createServer(({ url = '/' }, response) => {
    const answer = async (): Promise<void> => {
      const name = new URL(url, 'http://localhost').pathname.slice(1);
      const isFixture = /^[a-z0-9-]+\.safetensors$/.test(name);
      const isScript = /^[\w/.-]+\.js$/.test(name) && !name.includes('..');
      const type = isScript ? 'text/javascript' : isFixture ? 'application/octet-stream' : 'text/html';
      const body =
        isScript || isFixture
          ? await readFile(join(isFixture ? fixtures : folder, name))
          : '<!doctype html><title>Parity</title>';
      response.writeHead(200, { ...safetyHeaders, 'Content-Type': type }).end(body);
    };
    answer().catch(() => response.writeHead(404).end());
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return server;
}

function figures(found: Extract<ParityMessage, { kind: 'case' }>['found']): string {
  const worstOf = (bound: number): string => {
    const offs = found.filter((one) => one.bound === bound).map(({ off }) => off);
    return offs.length === 0 ? '' : `${Math.max(...offs).toExponential(1)} of ${bound}`;
  };
  return [...new Set(found.map(({ bound }) => bound))].map(worstOf).join(', ');
}
