/**
 * A scheme of the program's own, as far as Chromium's switches go: no switch registers one, so `morphogen://app/x` is
 * http://app.morphogen.localhost/x, which Chromium takes for secure, answered on a loopback port by what the program
 * registered. Requests and answers stream, with their headers as they are. Ports of the page come by the same way.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { WebSocketServer, type WebSocket } from 'ws';

type SchemeHandler = (request: Request) => Response | Promise<Response>;

const handlers = new Map<string, SchemeHandler>();
const awaitedSockets = new Map<string, (socket: WebSocket) => void>();
let listening: Promise<number> | undefined;

export function setSchemeHandler(scheme: string, handler: SchemeHandler): void {
  handlers.set(scheme, handler);
}

export function removeSchemeHandler(scheme: string): void {
  handlers.delete(scheme);
}

/** `morphogen://app/x` → `http://app.morphogen.localhost/x`; other addresses stay as they are. */
export function toBrowser(address: string): string {
  const [, scheme, host, rest] = /^([a-z][a-z0-9]*):\/\/([^/?#]*)(.*)$/s.exec(address) ?? [];
  if (scheme === undefined || !handlers.has(scheme)) return address;
  return `http://${host}.${scheme}.localhost${rest === '' ? '/' : rest}`;
}

/** The way back. */
export function fromBrowser(address: string): string {
  return address.replace(/^http:\/\/([^/]+)\.([a-z0-9]+)\.localhost(?=\/|$)/, '$2://$1');
}

/** As a page would, without one. */
export async function askScheme(request: Request): Promise<Response> {
  const handler = handlers.get(request.url.slice(0, request.url.indexOf(':')));
  if (handler === undefined) throw new Error(`nobody answers ${request.url}`);
  return handler(request);
}

/** For Chromium's switch: every name below localhost is this server. */
export async function hostRules(): Promise<string> {
  return `MAP *.localhost 127.0.0.1:${await port()}`;
}

/** @returns the path at which the page opens a WebSocket, which is then given to `open` */
export function awaitSocket(open: (socket: WebSocket) => void): string {
  const path = `/stand-in/${crypto.randomUUID()}`;
  awaitedSockets.set(path, open);
  return path;
}

function port(): Promise<number> {
  return (listening ??= new Promise((done) => {
    const sockets = new WebSocketServer({ noServer: true, perMessageDeflate: false, maxPayload: 2 ** 28 });
    const server = createServer({ requestTimeout: 0 }, (request, response) => {
      answer(request, response).catch(() => response.destroy());
    });
    server.on('upgrade', (request, socket, head) => {
      const open = awaitedSockets.get(request.url ?? '');
      awaitedSockets.delete(request.url ?? '');
      if (open === undefined) socket.destroy();
      else sockets.handleUpgrade(request, socket, head, open);
    });
    server.listen(0, '127.0.0.1', () => done((server.address() as AddressInfo).port));
  }));
}

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const address = fromBrowser(`http://${request.headers.host ?? ''}${request.url ?? ''}`);
  const handler = handlers.get(address.slice(0, address.indexOf(':')));
  if (handler === undefined) {
    response.writeHead(502).end();
    return;
  }
  const gone = new AbortController();
  response.on('close', () => gone.abort());
  const method = request.method ?? 'GET';
  const hasBody = method !== 'GET' && method !== 'HEAD';
  const answered = await handler(
    new Request(address, {
      method,
      headers: new Headers(
        Object.entries(request.headersDistinct).flatMap(([name, values = []]) =>
          values.map((value): [string, string] => [name, value]),
        ),
      ),
      signal: gone.signal,
      ...(hasBody && { body: Readable.toWeb(request), duplex: 'half' as const }),
    }),
  );
  response.writeHead(answered.status, Object.fromEntries(answered.headers));
  if (answered.body === null) response.end();
  else await pipeline(Readable.fromWeb(answered.body), response);
}
