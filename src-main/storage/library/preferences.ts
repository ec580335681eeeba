/** Settings as they are kept: a row for each that was ever set; what this version does not know or accept has its default. */
import { settings as settingsSchema, type Settings, type SettingsPatch } from '#contract/settings.ts';
import { query } from './connection.ts';
import type { StoreContext } from './context.ts';

const list = query<[], { key: string; value: string }>('SELECT key, value FROM settings');
const set = query<[key: string, value: string]>('INSERT OR REPLACE INTO settings (key, value) VALUES (?, ?)');

export function readSettings({ connection }: StoreContext): Settings {
  const kept = connection
    .all(list)
    .map(({ key, value }) => ({ [key]: JSON.parse(value) as unknown }))
    .filter((one) => settingsSchema.safeParse(one).success);
  return settingsSchema.parse(Object.assign({}, ...kept));
}

/** Within a transaction. */
export function changeSettings(context: StoreContext, patch: SettingsPatch): Settings {
  for (const [key, value] of Object.entries(patch)) {
    if (value !== undefined) context.connection.run(set, key, JSON.stringify(value));
  }
  return readSettings(context);
}
