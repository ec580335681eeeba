/** Commands run as the program runs them, in this process, and what they wrote, read back by another decoder than ours. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import sharp from 'sharp';
import { tf } from '#engine/tf.ts';
import { commandTable } from '#hosts/cli/command-table.ts';
import { runCommandLine } from '#hosts/cli/run-command-line.ts';
import type { Output } from '#hosts/cli/command.ts';

export interface Run {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

export interface Watch {
  readonly isTerminal?: boolean;
  /** Every text as it is written to stdout or stderr. */
  readonly onText?: (text: string, interrupt: () => void) => void;
}

/** A folder that goes away with the test file, and the program as called from there. */
export async function workplace(): Promise<{
  readonly folder: string;
  readonly morphogen: (...args: string[]) => Promise<Run>;
  /** Called by someone who pressed Ctrl-C. */
  readonly interrupted: (...args: string[]) => Promise<Run>;
  /** Called by someone who watches what it says, and may press Ctrl-C. */
  readonly watched: (args: readonly string[], watch: Watch) => Promise<Run>;
}> {
  const folder = await mkdtemp(join(tmpdir(), 'morphogen-command-'));
  after(async () => {
    if (tf.findBackend('wasm')) tf.removeBackend('wasm');
    await rm(folder, { recursive: true });
  });
  const run = async (
    args: readonly string[],
    signal: AbortSignal,
    outputs = twoCollectors(),
  ): Promise<Run> => {
    const [out, err] = outputs;
    const program = { call: 'morphogen', version: '0' };
    const code = await runCommandLine(args, commandTable, {
      ...{ out, err, signal, program },
      cwd: folder,
      env: { XDG_CACHE_HOME: join(folder, 'cache') },
    });
    return { code, out: out.text, err: err.text };
  };
  return {
    folder,
    morphogen: (...args) => run(args, new AbortController().signal),
    interrupted: (...args) => run(args, AbortSignal.abort()),
    watched: (args, { isTerminal = false, onText }) => {
      const controller = new AbortController();
      const interrupt = (): void => controller.abort();
      const heard = onText && ((text: string): void => onText(text, interrupt));
      return run(args, controller.signal, twoCollectors(isTerminal, heard));
    },
  };
}

export interface Animation {
  readonly width: number;
  readonly height: number;
  /** RGBA bytes of each frame as shown. */
  readonly frames: readonly Uint8Array[];
  readonly delaysMs: readonly number[];
  /** Times to play, 0 for ever. */
  readonly loop: number;
}

export async function readGif(path: string): Promise<Animation> {
  const image = sharp(path, { animated: true });
  const { pages = 1, delay = [], loop = 1 } = await image.metadata();
  const { data, info } = await image.ensureAlpha().raw().toBuffer({ resolveWithObject: true });
  const size = data.length / pages;
  const frames = Array.from({ length: pages }, (_, i) =>
    Uint8Array.from(data.subarray(i * size, (i + 1) * size)),
  );
  return { width: info.width, height: info.height / pages, frames, delaysMs: delay, loop };
}

export interface Picture {
  readonly width: number;
  readonly height: number;
  /** RGBA */
  readonly pixels: Uint8Array;
}

export async function readPng(path: string): Promise<Picture> {
  const { data, info } = await sharp(path).ensureAlpha().raw().toBuffer({ resolveWithObject: true });
  return { width: info.width, height: info.height, pixels: Uint8Array.from(data) };
}

/** The picture whose squares of `scale` pixels are one colour each; undefined if one is not. */
export function reduced({ width, height, pixels }: Picture, scale: number): Picture | undefined {
  const small = { width: width / scale, height: height / scale };
  const cells = new Uint8Array(small.width * small.height * 4);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const cell = (Math.floor(y / scale) * small.width + Math.floor(x / scale)) * 4;
      const isFirst = y % scale === 0 && x % scale === 0;
      for (let c = 0; c < 4; c++) {
        const value = pixels[(y * width + x) * 4 + c];
        if (isFirst) cells[cell + c] = value;
        else if (cells[cell + c] !== value) return undefined;
      }
    }
  }
  return { ...small, pixels: cells };
}

export function frameOf({ width, height, frames }: Animation, index: number): Picture {
  const pixels = frames.at(index);
  if (pixels === undefined) throw new RangeError(`frame ${index} of ${frames.length}`);
  return { width, height, pixels };
}

function twoCollectors(isTerminal = false, onText?: (text: string) => void): [Collector, Collector] {
  return [collector(isTerminal, onText), collector(isTerminal, onText)];
}

type Collector = Output & { text: string };

function collector(isTerminal: boolean, onText?: (text: string) => void): Collector {
  return {
    text: '',
    write(more) {
      this.text += more;
      onText?.(more);
    },
    line(more = '') {
      this.write(`${more}\n`);
    },
    isTerminal,
    columns: 80,
  };
}
