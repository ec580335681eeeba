/** `powerMonitor` and `powerSaveBlocker`: a test says what the machine does, and sees whether it may sleep. */
import { EventEmitter } from 'node:events';
import type Electron from 'electron';
import type { Like } from './like-electron.ts';

export const powerMonitor = new EventEmitter();

class StandInPowerSaveBlocker implements Like<Electron.PowerSaveBlocker, 'start' | 'stop' | 'isStarted'> {
  /** By their ids, what keeps the machine awake now. */
  readonly started = new Map<number, string>();
  #nextId = 1;

  start(type: 'prevent-app-suspension' | 'prevent-display-sleep'): number {
    const id = this.#nextId++;
    this.started.set(id, type);
    return id;
  }

  stop(id: number): boolean {
    return this.started.delete(id);
  }

  isStarted(id: number): boolean {
    return this.started.has(id);
  }
}

export const powerSaveBlocker = new StandInPowerSaveBlocker();
