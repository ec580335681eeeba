/** All settings, with their defaults; a setting exists only where no default serves everyone. */
import { z } from 'zod';
import { backendChoice } from './shapes/engine-state.ts';

export const settings = z.object({
  theme: z.enum(['system', 'light', 'dark']).default('system'),
  reducedMotion: z.enum(['system', 'on', 'off']).default('system'),
  backend: backendChoice.default('auto'),
  /** null: all cores. */
  threads: z.number().int().min(1).max(256).nullable().default(null),
  /** Steps a second of a growth that nobody set. */
  stepsPerSecond: z.number().min(0.5).max(10_000).default(60),
});
export type Settings = z.output<typeof settings>;

export const settingsPatch = settings.partial();
export type SettingsPatch = z.output<typeof settingsPatch>;
