/** Files that a job left out: the list for whoever asks, and a sentence for everyone. */
import type { SkippedFile } from '#contract/shapes/values.ts';
import type { AppPorts } from '../ports.ts';

/** Keeps the list, and says it in a sentence. */
export function reportSkipped(
  { store }: Pick<AppPorts, 'store'>,
  jobId: string,
  files: readonly SkippedFile[],
  say: (message: string) => void,
): void {
  if (files.length === 0) return;
  // A sentence about a file begins with its path; here it stands beside it.
  const skipped = files.map(({ path, reason }) => ({
    path,
    reason: reason.startsWith(`${path}: `) ? reason.slice(path.length + 2) : reason,
  }));
  store.setSkipped(jobId, skipped);
  const [{ path, reason }] = skipped;
  const count = skipped.length === 1 ? '1 file was' : `${skipped.length} files were`;
  const first = `${path.slice(path.search(/[^/\\]*$/))}: ${reason.replace(/\.$/, '')}`;
  say(`${count} left out. ${first}.`);
}
