/**
 * The entry of the command line. Exit codes: 0 done, 1 failed (one sentence on stderr), 2 called wrongly,
 * 130 interrupted.
 */
import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { commandTable } from './command-table.ts';
import { listenForInterruption } from './interruption.ts';
import { runCommandLine } from './run-command-line.ts';
import type { Output } from './command.ts';

const manifest = fileURLToPath(new URL('../../../package.json', import.meta.url));
const { version } = JSON.parse(readFileSync(manifest, 'utf8')) as { version: string };
/** npm changes into the package's folder before it runs a script, and notes where the user stood. */
const runsByNpm = process.env.npm_package_json === manifest && process.cwd() === dirname(manifest);

const out = outputTo(process.stdout);
const err = outputTo(process.stderr);
const code = await runCommandLine(process.argv.slice(2), commandTable, {
  out,
  err,
  signal: listenForInterruption(err),
  cwd: (runsByNpm ? process.env.INIT_CWD : undefined) ?? process.cwd(),
  env: process.env,
  program: { call: runsByNpm ? 'npm run --silent morphogen --' : 'morphogen', version },
});
// Threads that are still up must not keep the process alive, nor may leaving cut the output short.
for (const stream of [process.stdout, process.stderr]) {
  await new Promise<void>((done) => stream.write('', () => done()));
}
process.exit(code);

function outputTo(stream: NodeJS.WriteStream): Output {
  // The reader left, as `head` does: nobody wants the rest. 141 is what a shell says of a broken pipe.
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(141);
    throw error;
  });
  return {
    write: (text) => void stream.write(text),
    line: (text = '') => void stream.write(`${text}\n`),
    // Undefined where there is no terminal, whatever its type says.
    isTerminal: stream.isTTY ?? false,
    get columns() {
      return stream.columns || 80;
    },
  };
}
