/**
 * The window's files, pictures, uploads and downloads under a scheme of the program's own: no server, no port, and nothing
 * that another program or page could ask. Answers carry the same headers as the web host's.
 */
import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';
import { protocol } from 'electron';
import { forever, safetyHeaders } from '#hosts/service/window-policy.ts';
import {
  createWindowRoutes,
  isReading,
  notThat,
  textAnswer,
  type Answer,
  type RouteOptions,
} from '#hosts/service/window-routes.ts';

const scheme = 'morphogen';
export const pageOrigin = `${scheme}://app`;
export const pageAddress = `${pageOrigin}/`;
/** Of the page that nobody sees. */
export const engineAddress = `${pageOrigin}/gpu-engine.html`;

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.jpg': 'image/jpeg',
  '.woff2': 'font/woff2',
  '.wasm': 'application/wasm',
  '.json': 'application/json',
};

/** To be called before Electron is ready. */
export function registerScheme(): void {
  const privileges = { standard: true, secure: true, supportFetchAPI: true, stream: true, codeCache: true };
  protocol.registerSchemesAsPrivileged([{ scheme, privileges }]);
}

export interface SchemeOptions extends RouteOptions {
  readonly rendererFolder: string;
}

/** Answers whatever the window asks by address. */
export function answerScheme(options: SchemeOptions): void {
  const routes = createWindowRoutes(options);
  protocol.handle(scheme, async (request) => {
    const { host, pathname } = new URL(request.url);
    if (host !== 'app') return toResponse(request, textAnswer(404, 'There is no such page.'));
    const answer = await routes({
      method: request.method,
      path: pathname,
      contentLength: Number(request.headers.get('content-length') ?? 0),
      body: () => bodyOf(request),
      isGone: () => request.signal.aborted,
    });
    return toResponse(request, answer ?? (await pageFile(options.rendererFolder, request.method, pathname)));
  });
}

/** One of the page's build: nothing above it, and no folder. */
async function pageFile(folder: string, method: string, pathname: string): Promise<Answer> {
  if (!isReading(method)) return notThat('GET, HEAD');
  const name = pathname === '/' ? 'index.html' : pathname.slice(1);
  const type = types[extname(name)];
  // The build's own names, and no others: so no encoding, no dot-folder, and no way out can be in one.
  if (type === undefined || !/^(\w[\w-]*\/)*\w[\w.-]*$/.test(name) || name.includes('..')) return notThere();
  try {
    const body = await readFile(join(folder, ...name.split('/')));
    const cache = name.startsWith('assets/') ? forever : 'no-cache';
    const headers = { 'Content-Type': type, 'Content-Length': String(body.length), 'Cache-Control': cache };
    return { status: 200, headers, body };
  } catch {
    return notThere();
  }
}

function notThere(): Answer {
  return textAnswer(404, 'There is no such page.');
}

async function* bodyOf({ body }: Request): AsyncIterable<Uint8Array> {
  if (body !== null) yield* body as ReadableStream<Uint8Array>;
}

function toResponse({ method }: Request, { status, headers, body }: Answer): Response {
  const hasBody = method !== 'HEAD' && status !== 204;
  const all = { status, headers: { ...safetyHeaders, ...headers } };
  if (!hasBody) return new Response(null, all);
  if (body instanceof Uint8Array) return new Response(new Uint8Array(body), all);
  return new Response(Readable.toWeb(createReadStream(body.path)), all);
}
