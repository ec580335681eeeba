/**
 * Morphogen as a page on loopback: HTTP for the page, pictures and files, one WebSocket a window for the rpc, and others by
 * which it lends its graphics processor to the engine processes. Listens on 127.0.0.1 alone; every request and every upgrade is judged (access.ts) before anything is done with it.
 */
import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer, type WebSocket } from 'ws';
import { appContract } from '#contract/app-contract.ts';
import { serve } from '#contract/rpc.ts';
import { AppError } from '#domain/errors.ts';
import { safetyHeaders } from '#hosts/service/window-policy.ts';
import { cookieName, judge, type Access, type Asked } from './access.ts';
import { refuseWithText } from './answers.ts';
import { createRoutes } from './routes.ts';
import type { WindowService } from '#hosts/service/window-service.ts';
import { graphicsKind, graphicsLine, MOST_GRAPHICS_BYTES } from './graphics-socket.ts';
import { createSocketPort } from './socket-port.ts';
import { createWindowEvents } from './window-events.ts';

/** Ours, where nobody wishes another. */
export const defaultPort = 4747;
/** Ports tried, from the wanted one on. */
const maxPortTries = 100;
const host = '127.0.0.1';

export interface WebHostOptions {
  readonly service: WindowService;
  /** The first to try; 0 is any. */
  readonly port?: number;
  /** What lets windows in; a new one, good for this start alone, if left out. */
  readonly token?: string;
  /** The page's build. */
  readonly rendererFolder: string;
  /** A line for whoever looks after the server: what was refused, what went wrong. */
  readonly log: (line: string) => void;
  /** Bytes of one message from a window. */
  readonly maxMessageBytes?: number;
  /** Bytes of one uploaded file. */
  readonly maxUploadBytes?: number;
  /** A window that did not answer the ping before is dead. */
  readonly pingEveryMs?: number;
}

export interface WebHost {
  readonly port: number;
  /** With the token: whoever has it may do everything. */
  readonly address: string;
  /** Sends the windows away and frees the port. */
  close(): Promise<void>;
}

/** @throws AppError busy where no port is free, io where none may be listened on. */
export async function startWebHost({
  service,
  port = defaultPort,
  token = randomBytes(32).toString('base64url'),
  rendererFolder,
  log,
  maxMessageBytes = 16 * 1024 * 1024,
  maxUploadBytes = 2 * 1024 ** 3,
  pingEveryMs = 30_000,
}: WebHostOptions): Promise<WebHost> {
  const onBug = (failure: unknown, where: string): void =>
    log(
      `A bug in ${where}: ${failure instanceof Error ? (failure.stack ?? failure.message) : String(failure)}`,
    );
  const routes = createRoutes({ service, rendererFolder, maxUploadBytes, onBug });
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: maxMessageBytes,
    perMessageDeflate: false,
  });
  const graphicsSockets = new WebSocketServer({
    noServer: true,
    maxPayload: MOST_GRAPHICS_BYTES,
    perMessageDeflate: false,
  });
  // A large upload takes as long as it takes.
  const server = createServer({ requestTimeout: 0 });
  const access: Access = {
    port: await listen(server, port),
    token,
  };

  server.on('request', (request, response) => {
    for (const [name, value] of Object.entries(safetyHeaders)) response.setHeader(name, value);
    const verdict = judge(asAsked(request, false), access);
    switch (verdict.kind) {
      case 'refused':
        refuseWithText(response, 403, verdict.sentence);
        return;
      case 'enter':
        letIn(response, access, verdict.isLinked);
        return;
      case 'allowed':
        void routes(request, response);
        return;
      default:
        verdict satisfies never;
    }
  });

  server.on('upgrade', (request, socket, head) => {
    socket.on('error', () => socket.destroy());
    const verdict = judge(asAsked(request, true), access);
    const kind = graphicsKind(request.url ?? '');
    if (verdict.kind !== 'allowed') {
      refuseUpgrade(socket, '403 Forbidden', verdict.kind === 'refused' ? verdict.sentence : '');
    } else if (request.url === '/rpc') {
      sockets.handleUpgrade(request, socket, head, openWindow);
    } else if (kind !== null) {
      graphicsSockets.handleUpgrade(request, socket, head, (opened) => {
        service.lendGraphics(kind, graphicsLine(opened, log));
        endWhenDead(opened, pingEveryMs);
      });
    } else refuseUpgrade(socket, '404 Not Found', 'There is no such WebSocket here.');
  });

  function openWindow(socket: WebSocket): void {
    const socketPort = createSocketPort(socket, log);
    const window = serve(appContract, socketPort, service.handlers, { onBug, onRefusal: log });
    const events = createWindowEvents(
      (event, payload) => window.emit(event, payload),
      () => socketPort.isBehind(),
    );
    socketPort.onSent(() => events.flush());
    socketPort.onClose(service.onEvent(events.offer));
    endWhenDead(socket, pingEveryMs);
  }

  return {
    port: access.port,
    address: `http://${host}:${access.port}/?token=${access.token}`,
    close: () => close(server, [sockets, graphicsSockets]),
  };
}

function asAsked(request: IncomingMessage, isUpgrade: boolean): Asked {
  return {
    method: request.method ?? '',
    target: request.url ?? '',
    headers: request.headersDistinct,
    isUpgrade,
  };
}

/** The token goes from the address into a cookie. */
function letIn(response: ServerResponse, { port, token }: Access, isLinked: boolean): void {
  response.setHeader('Set-Cookie', `${cookieName(port)}=${token}; Path=/; HttpOnly; SameSite=Strict`);
  response.setHeader('Cache-Control', 'no-store');
  // A redirection that began at a link in another page, say of a terminal in the browser, would come without the cookie.
  if (isLinked) response.writeHead(200, { Refresh: '0; url=/', 'Content-Type': 'text/plain' });
  else response.writeHead(303, { Location: '/' });
  response.end();
}

function refuseUpgrade(socket: Duplex, status: string, sentence: string): void {
  const body = Buffer.from(`${sentence}\n`);
  const headers = {
    ...safetyHeaders,
    'Content-Type': 'text/plain; charset=utf-8',
    'Content-Length': body.length,
    Connection: 'close',
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.write(`HTTP/1.1 ${status}\r\n${lines.join('')}\r\n`);
  socket.end(body);
}

function endWhenDead(socket: WebSocket, everyMs: number): void {
  let hasAnswered = true;
  const heard = (): void => {
    hasAnswered = true;
  };
  socket.on('pong', heard);
  socket.on('message', heard);
  const timer = setInterval(() => {
    // After a sleep of the machine the timer comes before what the network has brought: that is looked at first.
    setImmediate(() => {
      if (!hasAnswered) socket.terminate();
      else if (socket.readyState === socket.OPEN) {
        hasAnswered = false;
        socket.ping();
      }
    });
  }, everyMs);
  socket.on('close', () => clearInterval(timer));
}

/** @returns the port it listens on: the first free one from the wanted one on. */
async function listen(server: Server, wanted: number): Promise<number> {
  for (let port = wanted; port < wanted + maxPortTries && port <= 65_535; port++) {
    const failure = await new Promise<NodeJS.ErrnoException | null>((done) => {
      server.once('error', done);
      server.listen({ host, port, exclusive: true }, () => {
        server.off('error', done);
        done(null);
      });
    });
    if (failure === null) {
      const address = server.address();
      return typeof address === 'object' && address !== null ? address.port : port;
    }
    if (failure.code !== 'EADDRINUSE') {
      throw new AppError(
        'io',
        `Port ${port} cannot be listened on (${failure.code ?? failure.message}): choose another by --port.`,
      );
    }
  }
  throw new AppError('busy', `Every port from ${wanted} on is in use: choose another by --port.`);
}

async function close(server: Server, all: readonly WebSocketServer[]): Promise<void> {
  const closed = new Promise((done) => server.close(done));
  for (const socket of all.flatMap(({ clients }) => [...clients])) {
    socket.close(1001, 'Morphogen was closed.');
    // A window that does not answer is not waited for.
    setTimeout(() => socket.terminate(), 1000).unref();
  }
  server.closeIdleConnections();
  setTimeout(() => server.closeAllConnections(), 1000).unref();
  await closed;
}
