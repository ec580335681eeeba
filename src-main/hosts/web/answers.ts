/** Answers of every kind with the headers that all of them carry: nothing of other hosts, in no other page's frame. */
import type { ServerResponse } from 'node:http';

const policy = [
  `default-src 'none'`,
  `script-src 'self'`,
  `style-src 'self'`,
  `img-src 'self' blob: data:`,
  `connect-src 'self'`,
  `font-src 'self'`,
  `worker-src 'self' blob:`,
  `base-uri 'none'`,
  `form-action 'none'`,
  `frame-ancestors 'none'`,
].join('; ');

export const safetyHeaders: Readonly<Record<string, string>> = {
  'Content-Security-Policy': policy,
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
};

/** For what its own name says the content of. */
export const forever = 'private, max-age=31536000, immutable';

/** One sentence, as text. */
export function answerWithText(response: ServerResponse, status: number, sentence: string): void {
  answer(response, status, 'text/plain; charset=utf-8', `${sentence}\n`);
}

export function answerWithJson(response: ServerResponse, status: number, value: object): void {
  answer(response, status, 'application/json', JSON.stringify(value));
}

function answer(response: ServerResponse, status: number, type: string, body: string): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const bytes = Buffer.from(body);
  response.writeHead(status, {
    'Content-Type': type,
    'Content-Length': bytes.length,
    'Cache-Control': 'no-store',
    // Of a stranger nothing more is read.
    ...(status === 403 ? { Connection: 'close' } : {}),
  });
  response.end(bytes);
}
