/**
 * An export as a video, by the ffmpeg of this machine: pictures go in through a pipe, one by one as it takes them, and
 * the file gets its name when all of it is there.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { AppError } from '#domain/errors.ts';
import type { ShownFrame } from '#hosts/engine/export/shown-frames.ts';

export type VideoFormat = 'webm' | 'mp4';

export interface Video {
  readonly frames: number;
  readonly width: number;
  readonly height: number;
}

const encoders: Readonly<Record<VideoFormat, readonly string[]>> = {
  webm: [
    '-c:v',
    'libvpx-vp9',
    '-crf',
    '18',
    '-b:v',
    '0',
    '-row-mt',
    '1',
    '-pix_fmt',
    'yuv420p',
    '-f',
    'webm',
  ],
  mp4: ['-c:v', 'libx264', '-crf', '16', '-pix_fmt', 'yuv420p', '-movflags', '+faststart', '-f', 'mp4'],
};

/** @throws AppError unsupported without ffmpeg or its encoder, io, cancelled */
export async function writeVideo(
  path: string,
  format: VideoFormat,
  shown: AsyncIterable<ShownFrame>,
  { framesPerSecond, signal }: { readonly framesPerSecond: number; readonly signal: AbortSignal },
): Promise<Video> {
  const part = join(dirname(path), `${basename(path).slice(0, 40)}.morphogen-${process.pid}-0.part`);
  let ffmpeg: ReturnType<typeof begin> | null = null;
  let video: Video | null = null;
  try {
    for await (const { image, ms } of shown) {
      const { width, height, pixels } = image;
      ffmpeg ??= begin(part, format, { width, height, framesPerSecond });
      video ??= { frames: 0, width: width & ~1, height: height & ~1 };
      const times = Math.max(1, Math.round((ms * framesPerSecond) / 1000));
      for (let i = 0; i < times; i++) await ffmpeg.write(pixels);
      video = { ...video, frames: video.frames + 1 };
      if (signal.aborted) throw new AppError('cancelled', 'The export was cancelled; nothing was written.');
    }
    if (ffmpeg === null || video === null) throw new RangeError('no frame');
    await ffmpeg.end();
    await rename(part, path);
    return video;
  } finally {
    ffmpeg?.kill();
    await rm(part, { force: true });
  }
}

function begin(
  part: string,
  format: VideoFormat,
  { width, height, framesPerSecond }: { width: number; height: number; framesPerSecond: number },
) {
  const input = [
    '-f',
    'rawvideo',
    '-pix_fmt',
    'rgba',
    '-s',
    `${width}x${height}`,
    '-r',
    String(framesPerSecond),
  ];
  // Videos have even sides.
  const even = ['-vf', 'crop=trunc(iw/2)*2:trunc(ih/2)*2:0:0'];
  const args = ['-hide_banner', '-loglevel', 'error', '-nostdin', '-y', ...input, '-i', 'pipe:0'];
  const tags = ['-map_metadata', '-1', '-fflags', '+bitexact', '-flags:v', '+bitexact'];
  const child = spawn('ffmpeg', [...args, ...even, '-an', ...tags, ...encoders[format], part], {
    stdio: ['pipe', 'ignore', 'pipe'],
    windowsHide: true,
  });
  let said = '';
  child.stderr.on('data', (text: Buffer) => (said = (said + text.toString()).slice(-2000)));
  // Its exit says why.
  child.stdin.on('error', () => undefined);
  const ended = new Promise<void>((resolve, reject) => {
    child.on('error', (error) => reject(missing(error)));
    child.on('close', (code) => {
      if (code === 0) resolve();
      else reject(refused(format, said));
    });
  });
  ended.catch(() => undefined);
  return {
    async write(pixels: Uint8Array): Promise<void> {
      if (child.exitCode !== null) return ended;
      if (child.stdin.write(pixels)) return;
      await Promise.race([once(child.stdin, 'drain'), ended]);
    },
    end(): Promise<void> {
      child.stdin.end();
      return ended;
    },
    kill: () => child.kill(),
  };
}

function missing(error: unknown): AppError {
  return new AppError(
    'unsupported',
    'Videos are written by ffmpeg, which is not installed here (or not in the PATH): install it, or export a GIF, an APNG or a WebP.',
    { cause: error },
  );
}

function refused(format: VideoFormat, said: string): AppError {
  const line = said.trim().split('\n').at(-1) ?? '';
  const why = /Unknown encoder/.test(said) ? `it has no encoder for ${format}` : line || 'it did not say why';
  return new AppError('io', `ffmpeg did not write the video: ${why}; choose another kind of file.`);
}
