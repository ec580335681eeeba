/** All settings, with their defaults; a setting exists only where no default serves everyone. */
import { z } from 'zod';
import { backendChoice } from './shapes/engine-state.ts';

const fields = {
  theme: z.enum(['system', 'light', 'dark']),
  reducedMotion: z.enum(['system', 'on', 'off']),
  backend: backendChoice,
  /** null: all cores. */
  threads: z.number().int().min(1).max(256).nullable(),
  /** Steps a second of a growth that nobody set. */
  stepsPerSecond: z.number().min(0.5).max(10_000),
  /** The machine does not go to sleep by itself while something trains, where the host can see to that. */
  staysAwake: z.boolean(),
};

export const settings = z.object({
  theme: fields.theme.default('system'),
  reducedMotion: fields.reducedMotion.default('system'),
  backend: fields.backend.default('auto'),
  threads: fields.threads.default(null),
  stepsPerSecond: fields.stepsPerSecond.default(60),
  staysAwake: fields.staysAwake.default(true),
});
export type Settings = z.output<typeof settings>;

/** What is left out stays as it is: a default would change it. */
export const settingsPatch = z.object(fields).partial();
export type SettingsPatch = z.output<typeof settingsPatch>;
