/** What a window that was let in may get and send over HTTP: the page itself, pictures, uploads, downloads. */
import { createReadStream, existsSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import sirv from 'sirv';
import { AppError, type ErrorCode } from '#domain/errors.ts';
import { isReading } from './access.ts';
import { answerWithJson, answerWithText, forever } from './answers.ts';
import { downloadKinds, type DownloadKind, type WebService } from './service-port.ts';

export interface RouteOptions {
  readonly service: WebService;
  /** Where the page's build is. */
  readonly rendererFolder: string;
  /** Of one file. */
  readonly maxUploadBytes: number;
  readonly onBug: (failure: unknown, where: string) => void;
}

class TooLarge extends AppError {}

type Route = (request: IncomingMessage, response: ServerResponse) => Promise<void> | void;

/** HTTP's word for each code; others are 500. */
const statuses: Readonly<Partial<Record<ErrorCode, number>>> = {
  'bad-argument': 400,
  'not-found': 404,
  busy: 409,
  'bad-file': 422,
  'bad-image': 422,
  io: 507,
};
const idPattern = '[0-9a-zA-Z_-]{1,64}';
const maxNameLength = 4096;

/** @returns what answers every request, whatever happens. */
export function createRoutes({ service, rendererFolder, maxUploadBytes, onBug }: RouteOptions): Route {
  const page = join(rendererFolder, 'index.html');
  // Files are looked up when they are asked for: a new build may replace them while this runs.
  const files = sirv(rendererFolder, {
    dev: true,
    etag: true,
    extensions: ['html'],
    setHeaders: (response, path) =>
      response.setHeader('Cache-Control', path.startsWith('/assets/') ? forever : 'no-cache'),
  });

  const routes: readonly [RegExp, string, (match: readonly string[]) => Route][] = [
    [/^\/pictures\/([0-9a-f]{64})$/, 'GET, HEAD', ([, hash]) => sendPicture(hash)],
    [/^\/uploads$/, 'POST', () => createUpload],
    [new RegExp(`^/uploads/(${idPattern})/(.+)$`), 'PUT', ([, id, name]) => addToUpload(id, name)],
    [
      new RegExp(`^/downloads/(${downloadKinds.join('|')})/(${idPattern})$`),
      'GET, HEAD',
      ([, kind, id]) => sendDownload(kind as DownloadKind, id),
    ],
    [/^\//, 'GET, HEAD', () => sendFile],
  ];

  function sendPicture(hash: string): Route {
    return (request, response) => {
      const picture = service.picture(hash);
      if (picture === null) {
        answerWithText(response, 404, 'The library has no such picture.');
        return;
      }
      response.writeHead(200, {
        'Content-Type': 'image/png',
        'Content-Length': picture.length,
        'Cache-Control': forever,
      });
      response.end(request.method === 'HEAD' ? undefined : picture);
    };
  }

  async function createUpload(_: IncomingMessage, response: ServerResponse): Promise<void> {
    answerWithJson(response, 201, { id: await service.uploads.create() });
  }

  function addToUpload(id: string, encodedName: string): Route {
    return async (request, response) => {
      const name = decodeName(encodedName);
      const tooLarge = new TooLarge(
        'bad-argument',
        `“${name}” is larger than the ${gigabytes(maxUploadBytes)} GB that can be sent: choose it as a file of this machine.`,
      );
      // Refused before it is sent, where it says how large it is.
      if (Number(request.headers['content-length'] ?? 0) > maxUploadBytes) throw tooLarge;
      // Whoever stops reading must not cut the connection, over which the refusal goes.
      const body = request.iterator({ destroyOnReturn: false }) as AsyncIterable<Uint8Array>;
      await service.uploads.add(id, name, limited(body, maxUploadBytes, tooLarge));
      response.writeHead(204).end();
    };
  }

  function sendDownload(kind: DownloadKind, id: string): Route {
    return async (request, response) => {
      const { fileName, type, body } = await service.download(kind, id);
      const length = body instanceof Uint8Array ? body.length : (await stat(body.path)).size;
      response.writeHead(200, {
        'Content-Type': type,
        'Content-Length': length,
        'Content-Disposition': contentDisposition(fileName),
        'Cache-Control': 'no-store',
      });
      if (request.method === 'HEAD') response.end();
      else if (body instanceof Uint8Array) response.end(body);
      else await pipeline(createReadStream(body.path), response);
    };
  }

  function sendFile(request: IncomingMessage, response: ServerResponse): void {
    if (!existsSync(page)) {
      answerWithText(response, 503, 'Morphogen’s page is not built: run `npm run build`, then reload this.');
      return;
    }
    // A part of a page's file is never needed, and sirv believes any range.
    delete request.headers.range;
    files(request, response, () => answerWithText(response, 404, 'There is no such page.'));
  }

  return async (request, response) => {
    const path = pathOf(request);
    try {
      for (const [pattern, methods, route] of routes) {
        const match = pattern.exec(path);
        if (match === null) continue;
        if (!methods.split(', ').includes(request.method ?? '')) {
          response.setHeader('Allow', methods);
          answerWithText(response, 405, `This address answers ${methods} only.`);
        } else await route(match)(request, response);
        return;
      }
      answerWithText(response, 404, 'There is no such page.');
    } catch (failure) {
      // The window went away in the middle: nobody is left to answer.
      if (request.destroyed && !request.complete) response.destroy();
      else answerWithFailure(request, response, failure, path);
    }
  };

  function answerWithFailure(
    request: IncomingMessage,
    response: ServerResponse,
    failure: unknown,
    path: string,
  ): void {
    const isExpected = failure instanceof AppError;
    if (!isExpected) onBug(failure, `${request.method ?? ''} ${path}`);
    const code = isExpected ? failure.code : 'internal';
    const message = isExpected ? failure.message : 'Morphogen made a mistake and could not answer.';
    const status = failure instanceof TooLarge ? 413 : (statuses[code] ?? 500);
    // Uploads are read by the page, downloads by people.
    if (isReading(request.method ?? '')) answerWithText(response, status, message);
    else answerWithJson(response, status, { code, message });
  }
}

function pathOf(request: IncomingMessage): string {
  return (request.url ?? '').replace(/[?#].*$/s, '');
}

/** @throws AppError bad-argument for a name that is none, or that leads anywhere but down. */
function decodeName(encoded: string): string {
  let name: string;
  try {
    name = decodeURIComponent(encoded);
  } catch {
    throw new AppError('bad-argument', 'The name of the file is not well encoded: rename it and try again.');
  }
  const isSafe =
    name.length <= maxNameLength &&
    !/[\u0000-\u001f\\:]/.test(name) &&
    name.split('/').every((part) => part !== '' && part !== '.' && part !== '..');
  if (!isSafe) {
    throw new AppError(
      'bad-argument',
      `A file cannot be sent under the name “${name.slice(0, 200)}”: rename it.`,
    );
  }
  return name;
}

async function* limited(
  body: AsyncIterable<Uint8Array>,
  maxBytes: number,
  tooLarge: AppError,
): AsyncIterable<Uint8Array> {
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.length;
    if (bytes > maxBytes) throw tooLarge;
    yield chunk;
  }
}

function gigabytes(bytes: number): string {
  return (bytes / 1024 ** 3).toLocaleString('en', { maximumSignificantDigits: 2 });
}

/** RFC 6266: the name in ASCII for old readers, and as it is. Nothing in it can end the header or name a folder. */
export function contentDisposition(fileName: string): string {
  const safe = fileName.toWellFormed().replace(/[\u0000-\u001f\u007f/\\]/g, '_');
  const plain = safe.replace(/[^\x20-\x7e]|["%]/g, '_');
  const encoded = encodeURIComponent(safe).replace(
    /['()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `attachment; filename="${plain}"; filename*=UTF-8''${encoded}`;
}
