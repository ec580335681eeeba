/** `Notification`: noted, for tests to read and to click. */
import { EventEmitter } from 'node:events';
import type Electron from 'electron';
import type { Like } from './like-electron.ts';

export class Notification
  extends EventEmitter
  implements Like<Electron.Notification, 'title' | 'body' | 'show' | 'close'>
{
  static readonly shown: Notification[] = [];
  title: string;
  body: string;

  static isSupported(): boolean {
    return true;
  }

  constructor({ title = '', body = '' }: Electron.NotificationConstructorOptions = {}) {
    super();
    this.title = title;
    this.body = body;
  }

  show(): void {
    Notification.shown.push(this);
    this.emit('show');
  }

  close(): void {
    this.emit('close');
  }
}
