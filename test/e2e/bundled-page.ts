/** Scripts of the tests in a real browser: bundled as the window is, and served on loopback under the window's own policy. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { build } from 'vite';
import { safetyHeaders } from '#hosts/service/window-policy.ts';
import { openWebgpuBrowser } from './webgpu-window.ts';
import { watchForProblems } from './window.ts';

export interface BundledPage {
  readonly browser: Browser;
  /** Empty but for its title. */
  readonly page: Page;
  /** What went wrong in it so far, also in its workers: errors, what its policy refused, what it asked of other hosts. */
  problems(): string[];
  close(): Promise<void>;
}

const fixtures = fileURLToPath(new URL('../fixtures/rollout/', import.meta.url));

/** @param scripts modules beside this one, without `.ts`: each is there as NAME.js, beside the fixtures of rollouts */
export async function openBundledPage(scripts: readonly string[]): Promise<BundledPage> {
  const cleanUps: (() => Promise<unknown>)[] = [];
  const close = async (): Promise<void> => {
    for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
  };
  try {
    const folder = await mkdtemp(join(tmpdir(), 'morphogen-page-'));
    cleanUps.push(() => rm(folder, { recursive: true }));
    await bundle(scripts, folder);
    const refused: string[] = [];
    const server = await serveFiles(folder, (report) => refused.push(report));
    cleanUps.push(() => new Promise((done) => server.close(done)));
    const browser = await openWebgpuBrowser();
    cleanUps.push(() => browser.close());
    const page = await browser.newPage();
    const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    const seen = watchForProblems(page, host);
    await page.goto(`http://${host}/`);
    return { browser, page, problems: () => [...seen, ...refused], close };
  } catch (failure) {
    await close();
    throw failure;
  }
}

async function bundle(scripts: readonly string[], outDir: string): Promise<void> {
  await build({
    root: fileURLToPath(new URL('../..', import.meta.url)),
    // Beside each other, not from the server's root.
    base: './',
    configFile: false,
    logLevel: 'error',
    publicDir: false,
    worker: { format: 'es' },
    build: {
      outDir,
      emptyOutDir: true,
      minify: false,
      target: 'chrome123',
      modulePreload: false,
      rolldownOptions: {
        input: scripts.map((name) => fileURLToPath(new URL(`./${name}.ts`, import.meta.url))),
        output: { entryFileNames: '[name].js' },
      },
    },
  });
}

/** The window's, but that a browser tells here what it refused: of what a worker did, its console says nothing. */
const headers = {
  ...safetyHeaders,
  'Content-Security-Policy': `${safetyHeaders['Content-Security-Policy']}; report-uri /refused`,
};

async function serveFiles(folder: string, onRefusal: (report: string) => void): Promise<Server> {
  const server = createServer((request, response) => {
    const { method, url = '/' } = request;
    const answer = async (): Promise<void> => {
      if (method === 'POST') {
        const report = await text(request);
        // tfjs's numbers of 64 bits try WebAssembly, and do without it.
        if (!report.includes('"blocked-uri":"wasm-eval"')) onRefusal(`was refused ${report}`);
        response.writeHead(204).end();
        return;
      }
      const name = new URL(url, 'http://localhost').pathname.slice(1);
      const isFixture = /^[a-z0-9-]+\.safetensors$/.test(name);
      const isScript = /^[\w/.-]+\.js$/.test(name) && !name.includes('..');
      const type = isScript ? 'text/javascript' : isFixture ? 'application/octet-stream' : 'text/html';
      const body =
        isScript || isFixture
          ? await readFile(join(isFixture ? fixtures : folder, name))
          : '<!doctype html><link rel="icon" href="data:," /><title>Morphogen</title>';
      response.writeHead(200, { ...headers, 'Content-Type': type }).end(body);
    };
    answer().catch(() => response.writeHead(404).end());
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return server;
}
