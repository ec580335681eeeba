import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

/** Waits for its signal, then takes `savingMs` to save. */
const program = (savingMs: number): string => `
  import { listenForInterruption } from '#hosts/cli/interruption.ts';
  const write = (text) => process.stdout.write(text);
  const signal = listenForInterruption({ write, line: (text) => write(text + '\\n'), isTerminal: false, columns: 80 });
  const waiting = setInterval(() => {}, 1000);
  signal.addEventListener('abort', () => setTimeout(() => {
    clearInterval(waiting);
    write('saved\\n');
  }, ${savingMs}));
  write('ready\\n');
`;

interface Ending {
  readonly code: number | null;
  readonly output: string;
}

/** Runs the program, and calls `act` with each thing that it says. */
function observe(savingMs: number, act: (said: string, kill: () => void) => void): Promise<Ending> {
  const root = fileURLToPath(new URL('../../..', import.meta.url));
  const child = spawn(process.execPath, ['--input-type=module', '--eval', program(savingMs)], { cwd: root });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
    act(text, () => child.kill('SIGINT'));
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, output }));
  });
}

test('a Ctrl-C that arrives twice at once, from the terminal and from npm, lets the command save', async () => {
  const { code, output } = await observe(50, (said, kill) => {
    if (!said.includes('ready')) return;
    kill();
    kill();
  });
  assert.equal(code, 0);
  assert.match(output, /Stopping as soon as everything is saved[^]*saved/);
});

test('a later Ctrl-C ends the process at once', async () => {
  const { code, output } = await observe(60_000, (said, kill) => {
    if (said.includes('ready')) kill();
    if (said.includes('Stopping')) setTimeout(kill, 800);
  });
  assert.equal(code, 130);
  assert.doesNotMatch(output, /saved\n$/);
});
