/** What the operating system says about a file, as one sentence for people. */
import { AppError } from '#domain/errors.ts';

export interface FileAttempt {
  readonly path: string;
  readonly doing: 'read' | 'written';
  /** Size of what was to be written. */
  readonly bytes?: number;
}

/** An AppError for what the operating system refused; anything else, such as a bug, is handed back as it is. */
export function fileError(error: unknown, { path, doing, bytes }: FileAttempt): unknown {
  if (!(error instanceof Error) || !('code' in error) || error instanceof AppError) return error;
  const code = String(error.code);
  const kind = code === 'ENOSPC' || code === 'EDQUOT' ? 'disk-full' : 'io';
  const sentence = (text: string): AppError =>
    new AppError(code === 'ENOENT' && doing === 'read' ? 'not-found' : kind, text, { cause: error });
  switch (code) {
    case 'ENOSPC':
    case 'EDQUOT': {
      const size = bytes === undefined ? '' : ` (${megabytes(bytes)} needed)`;
      return sentence(
        `There is no room left on the disk for ${path}${size}: free some space and try again; what was there before is unharmed.`,
      );
    }
    case 'ENOENT':
      return doing === 'read'
        ? sentence(`There is no file ${path}: check its name and folder.`)
        : sentence(
            `${path} cannot be written, for its folder does not exist: make the folder or choose another one.`,
          );
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return sentence(
        `${path} may not be ${doing} by you (${code}): change its permissions or choose another place.`,
      );
    case 'EISDIR':
    case 'ENOTEMPTY':
      return sentence(`${path} is a folder where a file was expected: give the name of a file.`);
    case 'ENOTDIR':
      return sentence(`${path} lies under something that is not a folder: check its path.`);
    case 'ENAMETOOLONG':
      return sentence(`The name of ${path} is too long for this disk: choose a shorter one.`);
    default:
      return sentence(`${path} could not be ${doing} (${error.message}): check the disk and try again.`);
  }
}

function megabytes(bytes: number): string {
  return bytes < 1e6 ? `${Math.ceil(bytes / 1e3)} kB` : `${Math.ceil(bytes / 1e6)} MB`;
}
