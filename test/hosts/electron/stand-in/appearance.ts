/** `nativeTheme`, `screen` and `nativeImage`: a light desktop with one screen; tests change both. */
import { EventEmitter } from 'node:events';
import type Electron from 'electron';
import type { Like } from './like-electron.ts';

class StandInTheme
  extends EventEmitter
  implements Like<Electron.NativeTheme, 'themeSource' | 'shouldUseDarkColors'>
{
  themeSource: Electron.NativeTheme['themeSource'] = 'system';
  isSystemDark = false;

  get shouldUseDarkColors(): boolean {
    return this.themeSource === 'system' ? this.isSystemDark : this.themeSource === 'dark';
  }
}

export const nativeTheme = new StandInTheme();

type StandInDisplay = Like<Electron.Display, 'id' | 'bounds' | 'workArea' | 'scaleFactor'>;

class StandInScreen extends EventEmitter {
  displays: [StandInDisplay, ...StandInDisplay[]] = [
    {
      ...{ id: 1, scaleFactor: 1 },
      bounds: { x: 0, y: 0, width: 1920, height: 1080 },
      workArea: { x: 0, y: 0, width: 1920, height: 1040 },
    },
  ];

  getPrimaryDisplay(): StandInDisplay {
    return this.displays[0];
  }

  getAllDisplays(): StandInDisplay[] {
    return [...this.displays];
  }
}

export const screen = new StandInScreen();

/** A picture that is only known by its bytes or its path. */
class StandInImage implements Pick<Electron.NativeImage, 'isEmpty'> {
  readonly source: Uint8Array | string;
  readonly height: number | undefined;

  constructor(source: Uint8Array | string, height?: number) {
    this.source = source;
    this.height = height;
  }

  isEmpty(): boolean {
    return this.source.length === 0;
  }

  resize({ height }: Electron.ResizeOptions): StandInImage {
    return new StandInImage(this.source, height);
  }
}

export const nativeImage = {
  createEmpty: () => new StandInImage(''),
  createFromPath: (path: string) => new StandInImage(path),
  createFromBuffer: (buffer: Buffer) => new StandInImage(buffer),
};
