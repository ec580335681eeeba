/** Files and folders of this machine by the system's own dialogs, where the desktop has them. */
import type { ChosenThing } from '#contract/desktop-contract.ts';
import { client } from '../lib/client.ts';
import { isDesktop } from '../lib/desktop-bridge.ts';
import { attempt } from './attempt.ts';
import type { DroppedFile } from './dropped-files.ts';

export { isDesktop as hasNativeDialogs };

export interface Choice {
  readonly what: ChosenThing;
  readonly title: string;
  /** What the button says. */
  readonly choose?: string;
  readonly start?: string | null;
}

/** @returns paths; none if the user chose nothing */
export async function chooseNatively({
  what,
  title,
  choose = '',
  start = null,
}: Choice): Promise<readonly string[]> {
  const asked = { what, title, choose: choose === '' ? null : choose, start };
  return (await attempt(() => client.call('desktop.choose', asked)))?.paths ?? [];
}

/** What came by a drop joins the recent files. */
export function noteRecent(files: readonly DroppedFile[]): void {
  const paths = files.flatMap(({ path }) => (path === null ? [] : [path]));
  if (isDesktop && paths.length > 0) void client.call('desktop.noteRecent', { paths }).catch(() => undefined);
}
