/** What a browser does, and what one never would: requests with any header, WebSockets with any handshake. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request, type IncomingHttpHeaders } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { WebSocket } from 'ws';
import type { Port } from '#contract/port.ts';
import { decodeMessage, encodeMessage } from '#contract/wire.ts';
import { startWebHost, type WebHost, type WebHostOptions } from '#hosts/web/web-host.ts';
import { createStandIn, type StandIn } from './stand-in-service.ts';

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  readonly text: string;
}

export interface Question {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string | string[]>>;
  readonly body?: Uint8Array | string;
}

export interface OpenHost {
  readonly host: WebHost;
  readonly service: StandIn;
  readonly log: string[];
  /** Holds a small page: index.html and assets/app-abc123.js. */
  readonly rendererFolder: string;
  /** Of a window that was let in. */
  readonly own: Readonly<Record<string, string>>;
  readonly token: string;
}

/** A running host, wherever it runs. */
export interface Reachable {
  readonly host: { readonly port: number };
}

/** Ended with the test. */
export async function openHost(
  context: TestContext,
  options: Partial<WebHostOptions> = {},
): Promise<OpenHost> {
  const folder = mkdtempSync(join(tmpdir(), 'morphogen-web-'));
  const rendererFolder = join(folder, 'renderer');
  mkdirSync(join(rendererFolder, 'assets'), { recursive: true });
  writeFileSync(join(folder, 'secret.txt'), 'secret');
  writeFileSync(join(rendererFolder, 'index.html'), '<!doctype html><title>Morphogen</title>');
  writeFileSync(join(rendererFolder, 'assets/app-abc123.js'), 'export {};');
  const service = createStandIn();
  const log: string[] = [];
  const host = await startWebHost({
    service,
    port: 0,
    rendererFolder,
    log: (line) => log.push(line),
    ...options,
  });
  context.after(async () => {
    await host.close();
    rmSync(folder, { recursive: true });
  });
  return { host, service, log, rendererFolder, ...windowOf(host.address) };
}

/** What a window that was let in by the address sends with every request. */
export function windowOf(address: string) {
  const { port, searchParams } = new URL(address);
  const token = searchParams.get('token') ?? '';
  const own = {
    Host: `127.0.0.1:${port}`,
    Origin: `http://127.0.0.1:${port}`,
    Cookie: `morphogen-${port}=${token}`,
  };
  return { own, token };
}

export function ask({ host }: Reachable, { method = 'GET', path = '/', headers = {}, body }: Question) {
  return new Promise<Answer>((done, fail) => {
    const options = { host: '127.0.0.1', port: host.port, method, path, headers, agent: false };
    const outgoing = request(options, (response) => {
      const chunks: Buffer[] = [];
      response.on('error', fail);
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => {
        const whole = Buffer.concat(chunks);
        done({
          status: response.statusCode ?? 0,
          headers: response.headers,
          body: whole,
          text: whole.toString(),
        });
      });
    });
    outgoing.on('error', fail);
    outgoing.end(body);
  });
}

/** @returns the open socket, or the refusal's status and body. */
export function upgrade(
  { host }: Reachable,
  headers: Readonly<Record<string, string>>,
  path = '/rpc',
  options: { readonly autoPong?: boolean } = {},
): Promise<WebSocket | { readonly status: number; readonly text: string }> {
  return new Promise((done, fail) => {
    const socket = new WebSocket(`ws://127.0.0.1:${host.port}${path}`, { headers, ...options });
    socket.on('open', () => done(socket));
    socket.on('unexpected-response', (_, response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      response.on('end', () => done({ status: response.statusCode ?? 0, text }));
    });
    socket.on('error', fail);
  });
}

/** A window's socket. */
export async function openSocket(
  open: Reachable & Pick<OpenHost, 'own'>,
  options?: { readonly autoPong?: boolean },
) {
  const socket = await upgrade(open, open.own, '/rpc', options);
  if (!(socket instanceof WebSocket)) throw new Error(`Refused: ${socket.text}`);
  return socket;
}

export function portOf(socket: WebSocket): Port {
  return {
    post: (message) => socket.send(encodeMessage(message)),
    onMessage: (listener) => socket.on('message', (data: Buffer) => listener(decodeMessage(data))),
    onClose: (listener) => socket.on('close', (code, reason) => listener(`${code} ${reason.toString()}`)),
    close: () => socket.close(),
  };
}

/** @returns the code of the close. */
export function closeOf(socket: WebSocket): Promise<number> {
  return new Promise((done) => socket.on('close', done));
}

/** Turns of the event loop until it is so; the runner's timeout ends what never is. */
export async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((done) => setImmediate(done));
}
