/** Refusals at the door, before anything looks at a request. */
import type { ServerResponse } from 'node:http';

/** One sentence, as text; of a stranger nothing more is read. */
export function refuseWithText(response: ServerResponse, status: number, sentence: string): void {
  const bytes = Buffer.from(`${sentence}\n`);
  response.writeHead(status, {
    'Content-Type': 'text/plain; charset=utf-8',
    'Content-Length': bytes.length,
    'Cache-Control': 'no-store',
    Connection: 'close',
  });
  response.end(bytes);
}
