/** A style's health in words: what decibels mean for somebody who looks at it. */
import type { StyleHealth } from '#contract/shapes/library.ts';

/** Above it two pictures look alike; below `poor` they do not. */
const alike = 25;
const poor = 17;
/** So much nearer than the wound left it. */
const better = 2;

/** `Heals: 16 → 31 dB` */
export function healingWords({ wounded, healed }: StyleHealth): string {
  const figures = `${wounded.toFixed(0)} → ${healed.toFixed(0)} dB`;
  if (healed >= alike) return `Heals: ${figures}`;
  return healed >= wounded + better ? `Heals in part: ${figures}` : `Does not heal: ${figures}`;
}

/** `Stays: 30 dB at 256 steps` */
export function stabilityWords({ kept, steps }: StyleHealth): string {
  const figures = `${kept.toFixed(0)} dB at ${String(steps)} steps`;
  if (kept >= alike) return `Stays: ${figures}`;
  return kept >= poor ? `Drifts: ${figures}` : `Dissolves: ${figures}`;
}
