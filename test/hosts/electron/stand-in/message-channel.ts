/**
 * `MessageChannelMain`: two ends in this process, each of which may be handed to a page or to a utility process. One that
 * was handed on stays here as a relay between its peer and where it went.
 */
import { EventEmitter } from 'node:events';
import type Electron from 'electron';
import type { Like } from './like-electron.ts';

interface Message {
  readonly data: unknown;
  readonly ports: readonly StandInPort[];
}

/** Where an end was handed to. */
export interface FarSide {
  deliver(data: unknown, ports: readonly StandInPort[]): void;
  /** The other end was closed. */
  close(): void;
}

export class StandInPort
  extends EventEmitter
  implements Like<Electron.MessagePortMain, 'postMessage' | 'start' | 'close'>
{
  #peer: StandInPort | null = null;
  #waiting: Message[] = [];
  #receive: ((message: Message) => void) | null = null;
  #farSide: FarSide | null = null;
  #isClosed = false;

  static pair(): [StandInPort, StandInPort] {
    const [one, other] = [new StandInPort(), new StandInPort()];
    one.#peer = other;
    other.#peer = one;
    return [one, other];
  }

  postMessage(data: unknown, transfer: readonly object[] = []): void {
    const ports = transfer.map(asPort);
    // Like a process boundary: what cannot be cloned throws, and nobody shares anything.
    const message = { data: structuredClone(data), ports };
    setImmediate(() => {
      const peer = this.#peer;
      if (peer !== null) peer.#take(message);
    });
  }

  start(): void {
    this.#goTo(({ data, ports }) => this.emit('message', { data, ports }));
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    const peer = this.#peer;
    setImmediate(() => {
      this.emit('close');
      if (peer !== null) peer.#peerClosed();
    });
  }

  /** Hands this end on. */
  moveTo(farSide: FarSide): void {
    if (this.#receive !== null) throw new Error('a port that was started cannot be handed on');
    this.#farSide = farSide;
    if (this.#isClosed) farSide.close();
    this.#goTo(({ data, ports }) => farSide.deliver(data, ports));
  }

  #goTo(receive: (message: Message) => void): void {
    if (this.#receive !== null) return;
    this.#receive = receive;
    for (const message of this.#waiting.splice(0)) receive(message);
  }

  #take(message: Message): void {
    if (this.#isClosed) return;
    if (this.#receive === null) this.#waiting.push(message);
    else this.#receive(message);
  }

  #peerClosed(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#farSide?.close();
    this.emit('close');
  }
}

/** @throws TypeError for what is no end of a channel */
export function asPort(transferred: object): StandInPort {
  if (transferred instanceof StandInPort) return transferred;
  throw new TypeError('only ports can be transferred');
}

export class MessageChannelMain {
  readonly port1: StandInPort;
  readonly port2: StandInPort;

  constructor() {
    [this.port1, this.port2] = StandInPort.pair();
  }
}
