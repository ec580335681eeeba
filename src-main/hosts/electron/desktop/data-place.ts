/**
 * Where the data lies: as asked for, or beside the program where it is portable (a folder `morphogen-data` or a file
 * `portable` lies there, or it is the portable program of Windows, which says where it was started), or where programs
 * keep their data on this system.
 */
import { dirname, isAbsolute, join, resolve } from 'node:path';

export interface ProgramPlace {
  readonly platform: NodeJS.Platform;
  /** The program's file. */
  readonly executable: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly exists: (path: string) => boolean;
  /** A program that runs from its sources has Electron's file for its own, beside which nothing is looked for. */
  readonly isPackaged: boolean;
}

export interface DataPlace {
  readonly folder: string;
  readonly isPortable: boolean;
}

const folderName = 'morphogen-data';
const markName = 'portable';

/** @param asked by the command line */
export function dataPlace(asked: string | undefined, usual: string, place: ProgramPlace): DataPlace {
  if (asked !== undefined) return { folder: asked, isPortable: false };
  const { exists } = place;
  const unpacked = place.env['PORTABLE_EXECUTABLE_DIR'];
  if (place.isPackaged && unpacked !== undefined && isAbsolute(unpacked))
    return { folder: join(unpacked, folderName), isPortable: true };
  if (!place.isPackaged) return { folder: usual, isPortable: false };
  const beside = folderBeside(place);
  const isPortable = exists(join(beside, folderName)) || exists(join(beside, markName));
  return isPortable ? { folder: join(beside, folderName), isPortable } : { folder: usual, isPortable };
}

/** The folder in which people see the program. */
function folderBeside({ platform, executable, env }: ProgramPlace): string {
  const image = env['APPIMAGE'];
  if (platform === 'linux' && image !== undefined && isAbsolute(image)) return dirname(image);
  // Morphogen.app/Contents/MacOS/Morphogen
  if (platform === 'darwin') return resolve(dirname(executable), '../../..');
  return dirname(executable);
}
