/**
 * Frames of one size, put away as they come and taken again in any order: a growth is grown once, and its pictures are
 * looked at for colours, encoded, searched for a size, and played backwards. Up to a limit they stay in memory; what is
 * more lies in a temporary file that has no name while it is written, so that it goes with the process.
 */
import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AppError } from '#domain/errors.ts';
import { ioReason } from './image-file.ts';
import type { RgbaImage } from './pixels.ts';

export interface SpoolOptions {
  /** Kept in memory; the default is 64 MiB. */
  readonly memoryBytes?: number;
  /** Of the temporary file; the system's if left out. */
  readonly folder?: string;
}

const MEMORY_BYTES = 64 * 2 ** 20;

/** To be disposed of by whoever makes one. */
export class FrameSpool {
  readonly #memoryBytes: number;
  readonly #folder: string;
  readonly #inMemory: Uint8Array[] = [];
  #file: number | null = null;
  #place: string | null = null;
  #count = 0;
  #size: { readonly width: number; readonly height: number } | null = null;

  constructor({ memoryBytes = MEMORY_BYTES, folder = tmpdir() }: SpoolOptions = {}) {
    this.#memoryBytes = memoryBytes;
    this.#folder = folder;
  }

  get count(): number {
    return this.#count;
  }

  /** @throws RangeError before the first frame */
  get size(): { readonly width: number; readonly height: number } {
    if (this.#size === null) throw new RangeError('a spool without frames has no size');
    return this.#size;
  }

  /** Whether some of it lies in a file. */
  get usesFile(): boolean {
    return this.#file !== null;
  }

  /** @throws AppError io, disk-full */
  add({ pixels, width, height }: RgbaImage): void {
    this.#size ??= { width, height };
    if (width !== this.#size.width || height !== this.#size.height) {
      throw new RangeError(
        `a frame of ${width}×${height} among those of ${this.#size.width}×${this.#size.height}`,
      );
    }
    if ((this.#count + 1) * pixels.length <= this.#memoryBytes) this.#inMemory.push(pixels.slice());
    else this.#write(pixels);
    this.#count++;
  }

  /** @throws RangeError for a frame that is not there */
  frame(index: number): RgbaImage {
    if (!(index >= 0 && index < this.#count)) throw new RangeError(`frame ${index} of ${this.#count}`);
    const { width, height } = this.size;
    if (index < this.#inMemory.length) return { pixels: this.#inMemory[index], width, height };
    const pixels = new Uint8Array(width * height * 4);
    const start = (index - this.#inMemory.length) * pixels.length;
    for (let at = 0; at < pixels.length;) {
      const read = readSync(this.#file ?? -1, pixels, at, pixels.length - at, start + at);
      if (read === 0)
        throw new AppError('io', 'The temporary file of this export became shorter: try again.');
      at += read;
    }
    return { pixels, width, height };
  }

  dispose(): void {
    if (this.#file !== null) closeSync(this.#file);
    this.#file = null;
    this.#removePlace();
    this.#inMemory.length = 0;
    this.#count = 0;
  }

  #write(pixels: Uint8Array): void {
    try {
      this.#file ??= this.#open();
      const start = (this.#count - this.#inMemory.length) * pixels.length;
      for (let at = 0; at < pixels.length;) {
        at += writeSync(this.#file, pixels, at, pixels.length - at, start + at);
      }
    } catch (error) {
      throw spoolError(error, this.#folder);
    }
  }

  #open(): number {
    this.#place = mkdtempSync(join(this.#folder, 'morphogen-frames-'));
    const file = openSync(join(this.#place, 'frames'), 'wx+', 0o600);
    // Windows removes no open file: there it goes when this is disposed of.
    if (process.platform !== 'win32') this.#removePlace();
    return file;
  }

  #removePlace(): void {
    if (this.#place !== null) rmSync(this.#place, { recursive: true, force: true });
    this.#place = null;
  }
}

function spoolError(error: unknown, folder: string): AppError {
  if (error instanceof AppError) return error;
  const isFull =
    error instanceof Error && 'code' in error && ['ENOSPC', 'EDQUOT'].includes(String(error.code));
  return new AppError(
    isFull ? 'disk-full' : 'io',
    `The frames of this export cannot be put away in ${folder}: ${ioReason(error)}.`,
    { cause: error },
  );
}
