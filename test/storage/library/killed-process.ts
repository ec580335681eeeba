/** Starts writing-process.ts, waits for lines of it, and kills it without warning. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const program = fileURLToPath(new URL('writing-process.ts', import.meta.url));

/** @returns every line that came until it was dead; it is killed (SIGKILL) when `enough` says so. */
export async function killWhen(
  action: string,
  folder: string,
  enough: (lines: readonly string[]) => boolean | Promise<boolean>,
): Promise<string[]> {
  // A process that never says what is waited for ends by SIGTERM, and so fails the test.
  const child = spawn(process.execPath, [program, action, folder], {
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 60_000,
  });
  let complaint = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (complaint += text));
  const exited = once(child, 'exit');
  const lines: string[] = [];
  let isKilled = false;
  // The last line may have been cut off by the kill: it has no end, so nothing was promised.
  for await (const line of createInterface({ input: child.stdout })) {
    lines.push(line);
    if (isKilled || !(await enough(lines))) continue;
    isKilled = true;
    child.kill('SIGKILL');
  }
  const [, signal] = (await exited) as [number | null, string | null];
  if (signal !== 'SIGKILL') throw new Error(`the process ended by itself: ${complaint}`);
  return lines;
}
