/**
 * The scores of a grown picture against its target, as every command and the training report give them: on
 * premultiplied RGBA clamped to 0…1, an image at a time; a set's score is the mean of its images' scores.
 */
import type { Grid } from '#domain/automaton.ts';
import { meanSquaredError, psnrOfError } from './psnr.ts';
import { ssim } from './ssim.ts';

export interface Score {
  readonly mse: number;
  /** dB */
  readonly psnr: number;
  readonly ssim: number;
}

/**
 * @param state [H, W, C], of which the first four channels show
 * @param target [H, W, 4]
 */
export function scorePicture(state: Float32Array, channels: number, target: Float32Array, grid: Grid): Score {
  const shown = visibleRgba(state, channels);
  const wanted = visibleRgba(target, 4);
  const mse = meanSquaredError(shown, wanted);
  return { mse, psnr: psnrOfError(mse), ssim: ssim(shown, wanted, { ...grid, channels: 4 }) };
}

/** Mean of each score over the images; all 0 for none. */
export function meanScore(scores: readonly Score[]): Score {
  const count = Math.max(1, scores.length);
  const mean = (key: keyof Score): number => scores.reduce((sum, score) => sum + score[key], 0) / count;
  return { mse: mean('mse'), psnr: mean('psnr'), ssim: mean('ssim') };
}

/** What a state shows: [pixels, C] → [pixels, 4], clamped to 0…1. */
export function visibleRgba(state: Float32Array, channels: number): Float32Array<ArrayBuffer> {
  const pixels = state.length / channels;
  const shown = new Float32Array(pixels * 4);
  for (let pixel = 0; pixel < pixels; pixel++) {
    for (let c = 0; c < 4; c++) {
      shown[pixel * 4 + c] = Math.min(1, Math.max(0, state[pixel * channels + c]));
    }
  }
  return shown;
}
