/** Pages elsewhere, which open in the user's own browser, and only those that this program knows. */
import { shell } from 'electron';

const allowedHosts: ReadonlySet<string> = new Set(['github.com', 'www.electronjs.org', 'distill.pub']);

/** @returns whether it is one that may be opened: nothing else reaches the system, whose handlers run programs. */
export function openExternalLink(address: string): boolean {
  if (!URL.canParse(address)) return false;
  const { protocol, hostname, username, password, port, href } = new URL(address);
  const isPlain = protocol === 'https:' && username === '' && password === '' && port === '';
  if (!isPlain || !allowedHosts.has(hostname)) return false;
  // No browser: then there is nothing to be shown.
  shell.openExternal(href).catch(() => undefined);
  return true;
}
