/** Where everything of one library lies. */
import { homedir } from 'node:os';
import { join } from 'node:path';

export interface DataFolder {
  readonly root: string;
  /** Checkpoints, and models while they are trained: a folder for each job. */
  readonly jobs: string;
  /** Decoded pictures; all of it can be made again. */
  readonly cache: string;
  /** What windows sent: a folder for each upload. */
  readonly uploads: string;
  /** Photos under repair: a folder for each. */
  readonly repairs: string;
  /** Says where this library is open. */
  readonly openFile: string;
}

export function dataFolderAt(root: string): DataFolder {
  const at = (name: string): string => join(root, name);
  return {
    ...{ root, jobs: at('jobs'), cache: at('cache'), uploads: at('uploads') },
    repairs: at('repairs'),
    openFile: at('open.json'),
  };
}

/** Where programs keep their data on this system. */
export function usualDataFolder(
  platform: NodeJS.Platform = process.platform,
  env: Readonly<Record<string, string | undefined>> = process.env,
  home: string = homedir(),
): string {
  switch (platform) {
    case 'darwin':
      return join(home, 'Library', 'Application Support', 'Morphogen');
    case 'win32':
      return join(env['APPDATA'] ?? join(home, 'AppData', 'Roaming'), 'Morphogen');
    default: {
      // The specification of XDG says to pass over a relative path.
      const data = env['XDG_DATA_HOME'];
      return join(data?.startsWith('/') === true ? data : join(home, '.local', 'share'), 'morphogen');
    }
  }
}
