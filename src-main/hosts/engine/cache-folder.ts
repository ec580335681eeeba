/** The program's folder in the user's cache: what may be deleted at any time, and outlives a new version. */
import { homedir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';

export type Environment = Readonly<Record<string, string | undefined>>;

/** There or not. */
export function userCacheFolder(
  platform: NodeJS.Platform = process.platform,
  env: Environment = process.env,
  home: string = homedir(),
): string {
  switch (platform) {
    case 'darwin':
      return join(home, 'Library', 'Caches', 'Morphogen');
    case 'win32':
      return join(env['LOCALAPPDATA'] ?? join(home, 'AppData', 'Local'), 'Morphogen');
    default: {
      // The specification of XDG says to pass over a relative path.
      const cache = env['XDG_CACHE_HOME'];
      return join(cache?.startsWith('/') === true ? cache : join(home, '.cache'), 'morphogen');
    }
  }
}
