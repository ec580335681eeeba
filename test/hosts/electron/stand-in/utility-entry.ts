/** Before a utility process's own module: `process.parentPort`, and none of what Node's fork gives. */
import { EventEmitter } from 'node:events';
import process from 'node:process';
import type { UtilityMessage } from './utility-process.ts';

const send = process.send?.bind(process);
Object.assign(process, { send: undefined });

function tell(message: UtilityMessage): void {
  if (process.connected) send?.(message, undefined, {}, () => undefined);
}

class FarPort extends EventEmitter {
  readonly #id: string;
  readonly #waiting: object[] = [];
  #isStarted = false;

  constructor(id: string) {
    super();
    this.#id = id;
  }

  postMessage(data: unknown): void {
    tell({ to: this.#id, data, ports: [] });
  }

  start(): void {
    this.#isStarted = true;
    for (const event of this.#waiting.splice(0)) this.emit('message', event);
  }

  close(): void {
    tell({ closed: this.#id });
  }

  take(event: object): void {
    if (this.#isStarted) this.emit('message', event);
    else this.#waiting.push(event);
  }
}

const ports = new Map<string, FarPort>();

/** Queues what comes before anybody listens. */
class ParentPort extends EventEmitter {
  readonly #waiting: object[] = [];

  constructor() {
    super();
    this.on('newListener', (name) => {
      if (name !== 'message') return;
      setImmediate(() => {
        for (const event of this.#waiting.splice(0)) this.emit('message', event);
      });
    });
  }

  postMessage(data: unknown): void {
    tell({ to: 'parent', data, ports: [] });
  }

  take(event: object): void {
    if (this.listenerCount('message') === 0) this.#waiting.push(event);
    else this.emit('message', event);
  }
}

const parentPort = new ParentPort();
Object.defineProperty(process, 'parentPort', { value: parentPort });
process.on('message', (message: UtilityMessage) => {
  if ('closed' in message) {
    ports.get(message.closed)?.emit('close');
    ports.delete(message.closed);
    return;
  }
  const far = message.ports.map((id) => {
    const port = new FarPort(id);
    ports.set(id, port);
    return port;
  });
  const event = { data: message.data, ports: far };
  if (message.to === 'parent') parentPort.take(event);
  else ports.get(message.to)?.take(event);
});
// The system ends such a process with its parent.
process.on('disconnect', () => process.exit(0));
