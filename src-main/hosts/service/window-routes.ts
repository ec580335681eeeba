/**
 * What a window may get and send by address, beside the rpc: pictures, uploads, downloads. The web host answers so over
 * HTTP, the desktop over its own scheme; neither knows of the other.
 */
import { stat } from 'node:fs/promises';
import { AppError, type ErrorCode } from '#domain/errors.ts';
import { forever } from './window-policy.ts';
import { downloadKinds, type DownloadKind, type WindowService } from './window-service.ts';

export interface RouteOptions {
  readonly service: WindowService;
  /** Of one file; 2 GB if left out. */
  readonly maxUploadBytes?: number;
  readonly onBug: (failure: unknown, where: string) => void;
}

export interface Asked {
  readonly method: string;
  /** Without the query, still encoded. */
  readonly path: string;
  /** As it says itself; 0 where it does not. */
  readonly contentLength: number;
  readonly body: () => AsyncIterable<Uint8Array>;
  /** Whether nobody is left to be answered, so that a failure is none of ours. */
  readonly isGone: () => boolean;
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Left out of an answer to HEAD by whoever sends it. */
  readonly body: Uint8Array | { readonly path: string };
}

class TooLarge extends AppError {}

type Route = (asked: Asked) => Promise<Answer> | Answer;

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
const usualMaxUploadBytes = 2 * 1024 ** 3;

/** @returns what answers a request, whatever happens; null for an address that is none of these. */
export function createWindowRoutes({
  service,
  maxUploadBytes = usualMaxUploadBytes,
  onBug,
}: RouteOptions): (asked: Asked) => Promise<Answer | null> {
  const routes: readonly [RegExp, string, (match: readonly string[]) => Route][] = [
    [
      /^\/pictures\/([0-9a-f]{64})$/,
      'GET, HEAD',
      ([, hash]) =>
        () =>
          picture(hash),
    ],
    [/^\/uploads$/, 'POST', () => createUpload],
    [new RegExp(`^/uploads/(${idPattern})/(.+)$`), 'PUT', ([, id, name]) => addToUpload(id, name)],
    [
      new RegExp(`^/downloads/(${downloadKinds.join('|')})/(${idPattern})$`),
      'GET, HEAD',
      ([, kind, id]) =>
        () =>
          download(kind as DownloadKind, id),
    ],
  ];

  function picture(hash: string): Answer {
    const png = service.picture(hash);
    if (png === null) return textAnswer(404, 'The library has no such picture.');
    return {
      status: 200,
      headers: {
        'Content-Type': 'image/png',
        'Content-Length': String(png.length),
        'Cache-Control': forever,
      },
      body: png,
    };
  }

  async function createUpload(): Promise<Answer> {
    return jsonAnswer(201, { id: await service.uploads.create() });
  }

  function addToUpload(id: string, encodedName: string): Route {
    return async ({ contentLength, body }) => {
      const name = decodeName(encodedName);
      const tooLarge = new TooLarge(
        'bad-argument',
        `“${name}” is larger than the ${gigabytes(maxUploadBytes)} GB that can be sent: choose it as a file of this machine.`,
      );
      // Refused before it is sent, where it says how large it is.
      if (contentLength > maxUploadBytes) throw tooLarge;
      await service.uploads.add(id, name, limited(body(), maxUploadBytes, tooLarge));
      return { status: 204, headers: {}, body: new Uint8Array() };
    };
  }

  async function download(kind: DownloadKind, id: string): Promise<Answer> {
    const { fileName, type, body } = await service.download(kind, id);
    const length = body instanceof Uint8Array ? body.length : (await stat(body.path)).size;
    return {
      status: 200,
      headers: {
        'Content-Type': type,
        'Content-Length': String(length),
        'Content-Disposition': contentDisposition(fileName),
        'Cache-Control': 'no-store',
      },
      body,
    };
  }

  function failed({ method, path, isGone }: Asked, failure: unknown): Answer {
    const isExpected = failure instanceof AppError;
    if (!isExpected && !isGone()) onBug(failure, `${method} ${path}`);
    const code = isExpected ? failure.code : 'internal';
    const message = isExpected ? failure.message : 'Morphogen made a mistake and could not answer.';
    const status = failure instanceof TooLarge ? 413 : (statuses[code] ?? 500);
    // Uploads are read by the page, downloads by people.
    return isReading(method) ? textAnswer(status, message) : jsonAnswer(status, { code, message });
  }

  return async (asked) => {
    for (const [pattern, methods, route] of routes) {
      const match = pattern.exec(asked.path);
      if (match === null) continue;
      if (!methods.split(', ').includes(asked.method)) return notThat(methods);
      try {
        return await route(match)(asked);
      } catch (failure) {
        return failed(asked, failure);
      }
    }
    return null;
  };
}

export function isReading(method: string): boolean {
  return method === 'GET' || method === 'HEAD';
}

/** For an address that does not answer this method. @param methods that it does answer: `GET, HEAD` */
export function notThat(methods: string): Answer {
  const answer = textAnswer(405, `This address answers ${methods} only.`);
  return { ...answer, headers: { ...answer.headers, Allow: methods } };
}

/** One sentence. */
export function textAnswer(status: number, sentence: string): Answer {
  return smallAnswer(status, 'text/plain; charset=utf-8', `${sentence}\n`);
}

function jsonAnswer(status: number, value: object): Answer {
  return smallAnswer(status, 'application/json', JSON.stringify(value));
}

function smallAnswer(status: number, type: string, text: string): Answer {
  const body = Buffer.from(text);
  const headers = {
    'Content-Type': type,
    'Content-Length': String(body.length),
    'Cache-Control': 'no-store',
  };
  return { status, headers, body };
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
