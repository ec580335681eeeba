import type { Score } from '#contract/shapes/values.ts';

/** dB; equal pictures have none. */
const BEST_PSNR = 100;

/** A score as the contract has it. */
export function shownScore({ mse, psnr, ssim }: Score): Score {
  return { mse, psnr: Math.min(psnr, BEST_PSNR), ssim };
}
