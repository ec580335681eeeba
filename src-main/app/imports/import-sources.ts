/** What the user dropped or named, before anything is done with it: where it is, and what it seems to be. */
import { AppError } from '#domain/errors.ts';
import type { ImportSource, Inspected } from '#contract/app-contract.ts';
import type { AppPorts, FileKind } from '../ports.ts';

/** @throws AppError not-found */
export async function pathOf({ files }: Pick<AppPorts, 'files'>, source: ImportSource): Promise<string> {
  return 'path' in source ? source.path : files.upload(source.upload);
}

export function nameOf({ files }: Pick<AppPorts, 'files'>, source: ImportSource, path: string): string {
  const name = files.nameOf(path);
  return 'upload' in source && name === source.upload ? 'Dropped files' : name;
}

/** Files read to the end before the user decides; of more than that, pictures are judged when they are encoded. */
const READ_AT_MOST = 200;

const kinds: Readonly<Record<Exclude<FileKind, 'file' | 'model'>, Inspected['kind']>> = {
  folder: 'folder',
  other: 'unknown',
};

export async function inspectSources(
  ports: AppPorts,
  sources: readonly ImportSource[],
  signal: AbortSignal,
): Promise<Inspected[]> {
  const inspected: Inspected[] = [];
  for (const [i, source] of sources.entries()) {
    if (signal.aborted) throw new AppError('cancelled', 'Looking at what was dropped was cancelled.');
    inspected.push(await inspectSource(ports, source, i < READ_AT_MOST));
  }
  return inspected;
}

async function inspectSource(ports: AppPorts, source: ImportSource, isRead: boolean): Promise<Inspected> {
  let name = '';
  let kind: Inspected['kind'] = 'unknown';
  try {
    const path = await pathOf(ports, source);
    name = nameOf(ports, source, path);
    const found = await ports.files.kindOf(path);
    if (found === 'folder' || found === 'other') {
      kind = kinds[found];
      const problem =
        found === 'other' ? `“${name}” is neither a file nor a folder: choose another one.` : null;
      return { source, name, kind, problem };
    }
    if (found === 'file') kind = 'picture';
    if (found === 'file' && !isRead) return { source, name, kind, problem: null };
    ({ kind } = await ports.engines.live.call('files.inspect', { path }));
    return { source, name, kind, problem: null };
  } catch (failure) {
    if (!(failure instanceof AppError) || failure.code === 'disconnected') throw failure;
    return { source, name, kind, problem: failure.message };
  }
}
