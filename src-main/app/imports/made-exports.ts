/**
 * Exports that a window fetches itself: made as files beside the library, each under a name that says nothing, and gone
 * when the window forgets them, after some hours, or with the program.
 */
import type { AppContract } from '#contract/app-contract.ts';
import type { Handler } from '#contract/rpc.ts';
import { AppError } from '#domain/errors.ts';
import type { AppPorts } from '../ports.ts';
import { endingOf, growthOf, nameByPattern } from './growth-of.ts';

export interface MadeExport {
  readonly path: string;
  /** What people call it, with its ending: not safe for a file yet. */
  readonly name: string;
  readonly ending: string;
}

export interface MadeExports {
  /** @throws AppError not-found */
  get(exportId: string): MadeExport;
  readonly handlers: { readonly [M in `export.${'make' | 'forget' | 'frames'}`]: Handler<AppContract, M> };
  close(): Promise<void>;
}

/** Longer than anybody looks at a dialog. */
const KEPT_MS = 6 * 3600 * 1000;

export function createMadeExports(ports: AppPorts): MadeExports {
  const { files, timers, newId, onBug } = ports;
  const made = new Map<string, MadeExport & { readonly callOff: () => void }>();

  async function forget(exportId: string): Promise<void> {
    const found = made.get(exportId);
    if (found === undefined) return;
    found.callOff();
    made.delete(exportId);
    await files.removeJobFolder(exportId);
  }

  return {
    get(exportId) {
      const found = made.get(exportId);
      if (found !== undefined) return found;
      throw new AppError('not-found', 'This export is not kept any more: export it again.');
    },

    handlers: {
      async 'export.make'({ item, options }, { signal, progress }) {
        if (options.format === 'frames') {
          throw new AppError('bad-argument', 'Numbered pictures are many files: export them into a folder.');
        }
        const growth = growthOf(ports, item);
        const exportId = newId();
        const ending = endingOf(options.format);
        const path = `${files.jobFolder(exportId)}/export.${ending}`;
        try {
          const { files: _files, ...summary } = await ports.engines.live.call(
            'growth.export',
            { growth, options, path },
            { signal, onProgress: progress },
          );
          const name = nameByPattern('{name}', growth, '1');
          const callOff = timers.after(KEPT_MS, () => void forget(exportId).catch(onBug));
          made.set(exportId, { path, name, ending, callOff });
          return { ...summary, exportId, fileName: `${name}.${ending}` };
        } catch (failure) {
          await files.removeJobFolder(exportId);
          throw failure;
        }
      },

      async 'export.forget'({ exportId }) {
        await forget(exportId);
        return {};
      },

      'export.frames': ({ item, options }, { signal, progress }) =>
        ports.engines.live.call(
          'growth.frames',
          { growth: growthOf(ports, item), options },
          { signal, onProgress: progress },
        ),
    },

    async close() {
      for (const exportId of [...made.keys()]) await forget(exportId);
    },
  };
}
