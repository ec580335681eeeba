/** `utilityProcess`: a child of Node, to which utility-entry.ts gives what Electron gives such a process. */
import { fork, type ChildProcess } from 'node:child_process';
import { EventEmitter } from 'node:events';
import { constants } from 'node:os';
import process from 'node:process';
import type { Readable } from 'node:stream';
import type Electron from 'electron';
import type { Like } from './like-electron.ts';
import { asPort, type StandInPort } from './message-channel.ts';

const entry = new URL('./utility-entry.ts', import.meta.url).href;

/** Between this process and the child. */
export type UtilityMessage =
  | { readonly to: string; readonly data: unknown; readonly ports: readonly string[] }
  | { readonly closed: string };

class StandInUtilityProcess
  extends EventEmitter
  implements Like<Electron.UtilityProcess, 'kill' | 'postMessage'>
{
  readonly stdout: Readable | null;
  readonly stderr: Readable | null;
  readonly #child: ChildProcess;
  readonly #ports = new Map<string, StandInPort>();

  constructor(modulePath: string, args: readonly string[], options: Electron.ForkOptions) {
    super();
    const stdio = Array.isArray(options.stdio) ? options.stdio : ['ignore', 'inherit', 'inherit'];
    this.#child = fork(modulePath, args, {
      serialization: 'advanced',
      execArgv: ['--import', entry, ...(options.execArgv ?? [])],
      env: { ...process.env, ...options.env },
      stdio: [...(stdio as ('ignore' | 'pipe' | 'inherit')[]), 'ipc'],
    });
    ({ stdout: this.stdout, stderr: this.stderr } = this.#child);
    this.#child.on('spawn', () => this.emit('spawn'));
    this.#child.on('message', (message) => this.#hear(message as UtilityMessage));
    const ended = (code: number | null, signal: NodeJS.Signals | null): void => {
      for (const port of this.#ports.values()) port.close();
      // As the system tells it to Electron.
      this.emit('exit', code ?? (signal === null ? 1 : constants.signals[signal]));
    };
    this.#child.on('exit', (code, signal) => {
      if (this.stderr === null || this.stderr.closed) ended(code, signal);
      else this.stderr.once('close', () => ended(code, signal));
    });
    this.#child.on('error', () => undefined);
  }

  get pid(): number | undefined {
    return this.#child.exitCode === null && this.#child.signalCode === null ? this.#child.pid : undefined;
  }

  kill(): boolean {
    return this.#child.kill('SIGTERM');
  }

  postMessage(data: unknown, transfer: readonly object[] = []): void {
    this.#send({ to: 'parent', data, ports: transfer.map((port) => this.#portInto(asPort(port))) });
  }

  #portInto(port: StandInPort): string {
    const id = crypto.randomUUID();
    this.#ports.set(id, port);
    port.moveTo({
      deliver: (data, ports) =>
        this.#send({ to: id, data, ports: ports.map((inner) => this.#portInto(inner)) }),
      close: () => this.#send({ closed: id }),
    });
    return id;
  }

  #send(message: UtilityMessage): void {
    if (this.#child.connected) this.#child.send(message, () => undefined);
  }

  #hear(message: UtilityMessage): void {
    if ('closed' in message) this.#ports.get(message.closed)?.close();
    else if (message.to === 'parent') this.emit('message', message.data);
    else this.#ports.get(message.to)?.postMessage(message.data);
  }
}

export const utilityProcess = {
  fork: (modulePath: string, args: readonly string[] = [], options: Electron.ForkOptions = {}) =>
    new StandInUtilityProcess(modulePath, args, options),
};
