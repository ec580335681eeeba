/** What a window that was let in may get and send over HTTP: the page itself, and what window-routes.ts answers. */
import { createReadStream, existsSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import sirv from 'sirv';
import { forever } from '#hosts/service/window-policy.ts';
import {
  createWindowRoutes,
  isReading,
  notThat,
  textAnswer,
  type Answer,
} from '#hosts/service/window-routes.ts';
import type { WindowService } from '#hosts/service/window-service.ts';

export interface RouteOptions {
  readonly service: WindowService;
  /** Where the page's build is. */
  readonly rendererFolder: string;
  /** Of one file. */
  readonly maxUploadBytes: number;
  readonly onBug: (failure: unknown, where: string) => void;
}

type Route = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

/** @returns what answers every request, whatever happens. */
export function createRoutes({ service, rendererFolder, maxUploadBytes, onBug }: RouteOptions): Route {
  const windowRoutes = createWindowRoutes({ service, maxUploadBytes, onBug });
  const page = join(rendererFolder, 'index.html');
  // Files are looked up when they are asked for: a new build may replace them while this runs.
  const files = sirv(rendererFolder, {
    dev: true,
    etag: true,
    extensions: ['html'],
    setHeaders: (response, path) =>
      response.setHeader('Cache-Control', path.startsWith('/assets/') ? forever : 'no-cache'),
  });

  function sendFile(request: IncomingMessage, response: ServerResponse): void {
    const refuse = (answer: Answer): void => void send(request, response, answer);
    if (!isReading(request.method ?? '')) refuse(notThat('GET, HEAD'));
    else if (!existsSync(page)) {
      refuse(textAnswer(503, 'Morphogen’s page is not built: run `npm run build`, then reload this.'));
    } else {
      // A part of a page's file is never needed, and sirv believes any range.
      delete request.headers.range;
      files(request, response, () => refuse(textAnswer(404, 'There is no such page.')));
    }
  }

  return async (request, response) => {
    const path = (request.url ?? '').replace(/[?#].*$/s, '');
    const isGone = (): boolean => request.destroyed && !request.complete;
    try {
      const answer = await windowRoutes({
        ...{ method: request.method ?? '', path, isGone },
        contentLength: Number(request.headers['content-length'] ?? 0),
        // Whoever stops reading must not cut the connection, over which the refusal goes.
        body: () => request.iterator({ destroyOnReturn: false }) as AsyncIterable<Uint8Array>,
      });
      // The window went away in the middle: nobody is left to answer.
      if (isGone()) response.destroy();
      else if (answer !== null) await send(request, response, answer);
      else if (path.startsWith('/')) sendFile(request, response);
      else await send(request, response, textAnswer(404, 'There is no such page.'));
    } catch (failure) {
      // In the middle of a file: too late for a sentence.
      if (!isGone() && !response.destroyed) onBug(failure, `${request.method ?? ''} ${path}`);
      response.destroy();
    }
  };
}

async function send(request: IncomingMessage, response: ServerResponse, answer: Answer): Promise<void> {
  const { status, headers, body } = answer;
  response.writeHead(status, headers);
  if (request.method === 'HEAD') response.end();
  else if (body instanceof Uint8Array) response.end(body);
  else await pipeline(createReadStream(body.path), response);
}
