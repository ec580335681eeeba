/** The real program, as `npm start` runs it, in a process of its own that a test may kill. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const main = fileURLToPath(new URL('../../src-main/hosts/web/main.ts', import.meta.url));

export interface Server {
  /** With the token. */
  readonly address: string;
  readonly pid: number;
  /** All that it wrote, for the message of a failed test. */
  output(): string;
  /** As a power failure would: no chance to say goodbye, and neither for the processes that it started. */
  kill(): Promise<void>;
  /** As Ctrl-C does. @returns the exit code */
  stop(): Promise<number>;
}

/**
 * @param environment beside that of the tests.
 * @throws Error with the output, where it ends before it says its address.
 */
export async function startServer(
  dataFolder: string,
  args: readonly string[] = [],
  environment: NodeJS.ProcessEnv = {},
): Promise<Server> {
  const child = spawn(process.execPath, [main, '--no-open', '--data', dataFolder, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...environment },
    // A group of its own, so that `kill` reaches the engine processes too.
    detached: process.platform !== 'win32',
  });
  let output = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (output += text));
  const address = await new Promise<string>((done, fail) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      output += `${line}\n`;
      const found = /http:\/\/\S+/.exec(line);
      if (found) done(found[0]);
    });
    child.on('error', fail);
    child.on('exit', (code) =>
      fail(new Error(`The server ended with ${code} before it said its address:\n${output}`)),
    );
  });
  return {
    address,
    pid: child.pid ?? 0,
    output: () => output,
    async kill() {
      const ended = hasEnded(child) ? null : once(child, 'exit');
      if (child.pid !== undefined && ended !== null)
        process.kill(process.platform === 'win32' ? child.pid : -child.pid, 'SIGKILL');
      await ended;
    },
    async stop() {
      if (!hasEnded(child)) {
        child.kill('SIGINT');
        await once(child, 'exit');
      }
      return child.exitCode ?? 1;
    },
  };
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}
