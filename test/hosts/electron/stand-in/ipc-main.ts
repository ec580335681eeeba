/** `ipcMain`: messages from preload scripts, and questions that are answered. */
import { EventEmitter } from 'node:events';
import type Electron from 'electron';
import type { Like } from './like-electron.ts';

type Answerer = Parameters<Electron.IpcMain['handle']>[1];

class StandInIpcMain extends EventEmitter implements Like<Electron.IpcMain, 'handle' | 'removeHandler'> {
  readonly #answerers = new Map<string, Answerer>();

  handle(channel: string, listener: Answerer): void {
    if (this.#answerers.has(channel)) throw new Error(`${channel} is handled already`);
    this.#answerers.set(channel, listener);
  }

  removeHandler(channel: string): void {
    this.#answerers.delete(channel);
  }

  /** For the stand-in's pages. */
  async answer(channel: string, event: unknown, args: readonly unknown[]): Promise<unknown> {
    const answerer = this.#answerers.get(channel);
    if (answerer === undefined) throw new Error(`No handler registered for '${channel}'`);
    return answerer(event as Electron.IpcMainInvokeEvent, ...args);
  }
}

export const ipcMain = new StandInIpcMain();
