/**
 * Videos of growths, encoded by the browser's own encoders as the frames come; loaded when one is wanted. A browser has
 * some codecs and not others: that is asked before, and told in a sentence.
 */
import type { ExportedFrame } from '#contract/shapes/export.ts';
import { AppError } from '#domain/errors.ts';

export type VideoFormat = 'webm' | 'mp4';

/** Even, as encoders want it. */
interface Size {
  readonly width: number;
  readonly height: number;
}

/** Why such a video cannot be made here; null where it can. */
export async function videoProblem(format: VideoFormat): Promise<string | null> {
  const codec = await codecOf(format, { width: 320, height: 320 });
  if (codec !== null) return null;
  const other = format === 'mp4' ? 'WebM' : 'MP4';
  return `This browser has no encoder for ${format === 'mp4' ? 'MP4' : 'WebM'} videos: choose ${other}, an animation, or another browser.`;
}

export interface VideoRecorder {
  /** Fulfilled when the encoder takes the next one. */
  add(frame: ExportedFrame): Promise<void>;
  finish(): Promise<Blob>;
  cancel(): Promise<void>;
}

/** @throws AppError unsupported without a codec for this size */
export async function recordVideo(format: VideoFormat, first: Size): Promise<VideoRecorder> {
  const size = { width: first.width & ~1, height: first.height & ~1 };
  const codec = await codecOf(format, size);
  if (codec === null) {
    throw new AppError(
      'unsupported',
      `This browser encodes no ${format === 'mp4' ? 'MP4' : 'WebM'} video of ${size.width}×${size.height}: choose another size or kind of file.`,
    );
  }
  const { BufferTarget, CanvasSource, Mp4OutputFormat, Output, QUALITY_VERY_HIGH, WebMOutputFormat } =
    await import('mediabunny');
  const canvas = new OffscreenCanvas(size.width, size.height);
  const context = canvas.getContext('2d');
  if (context === null)
    throw new AppError('unsupported', 'This browser draws no pictures to make a video of.');
  const target = new BufferTarget();
  const output = new Output({
    format: format === 'mp4' ? new Mp4OutputFormat() : new WebMOutputFormat(),
    target,
  });
  const source = new CanvasSource(canvas, { codec, quality: QUALITY_VERY_HIGH });
  output.addVideoTrack(source);
  await output.start();
  let seconds = 0;
  return {
    async add({ rgba, width, height, ms }) {
      const pixels = new Uint8ClampedArray(rgba.buffer, rgba.byteOffset, rgba.length);
      context.putImageData(new ImageData(pixels, width, height), 0, 0);
      await source.add(seconds, ms / 1000);
      seconds += ms / 1000;
    },
    async finish() {
      await output.finalize();
      if (target.buffer === null) throw new RangeError('a finished video has no bytes');
      return new Blob([target.buffer], { type: `video/${format}` });
    },
    cancel: () => output.cancel(),
  };
}

async function codecOf(format: VideoFormat, size: Size) {
  const { getFirstEncodableVideoCodec } = await import('mediabunny');
  return getFirstEncodableVideoCodec(format === 'mp4' ? ['avc', 'hevc', 'av1'] : ['vp9', 'vp8', 'av1'], size);
}
