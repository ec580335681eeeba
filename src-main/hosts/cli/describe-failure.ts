/** What went wrong, in one sentence for stderr. */
import { AppError } from '#domain/errors.ts';

export interface FailureText {
  /** One sentence, or for a bug a sentence and where it happened. */
  readonly text: string;
  /** Whether this is Morphogen's fault rather than something a user can meet. */
  readonly isBug: boolean;
}

export function describeFailure(failure: unknown): FailureText {
  if (failure instanceof AppError) return { text: failure.message, isBug: false };
  const sentence = systemSentence(failure);
  if (sentence !== undefined) return { text: sentence, isBug: false };
  const where = failure instanceof Error ? (failure.stack ?? failure.message) : String(failure);
  return { text: `This is a bug in Morphogen; please report it with these lines.\n${where}`, isBug: true };
}

/** Sentences for the failures of the file system that reached the top without anyone telling them better. */
function systemSentence(failure: unknown): string | undefined {
  if (!(failure instanceof Error) || !('code' in failure) || !('syscall' in failure)) return undefined;
  const path = 'path' in failure && typeof failure.path === 'string' ? `"${failure.path}"` : 'a file';
  switch (failure.code) {
    case 'ENOENT':
      return `${path} was not found: check the path.`;
    case 'EACCES':
    case 'EPERM':
      return `${path} may not be read or written by you: check its permissions.`;
    case 'EISDIR':
      return `${path} is a folder where a file was expected: name a file.`;
    case 'ENOTDIR':
      return `${path} leads through a file where a folder was expected: check the path.`;
    case 'EEXIST':
      return `${path} exists already: choose another name.`;
    case 'ENOSPC':
      return `The disk is full, and ${path} could not be written: free some space and run the command again.`;
    case 'EROFS':
      return `${path} lies on a disk that cannot be written: choose another place.`;
    case 'EMFILE':
      return `Too many files are open, so ${path} could not be opened: close other programs and run the command again.`;
    default:
      return undefined;
  }
}
