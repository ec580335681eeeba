/** Libraries that the window's benchmark opens. */
import { fileURLToPath } from 'node:url';
import { fillLibrary } from '#hosts/cli/bench/library.ts';
import { readModel } from '#hosts/engine/model-files.ts';
import { openLibrary } from '#storage/library/open.ts';

export async function fillWithStyles(data: string, items: number): Promise<void> {
  if (items === 0) return;
  const library = await openLibrary(data, { version: 'bench' });
  await fillLibrary(library.store, items, 64);
  library.close();
}

/** Four styles of 40×40 that are a little different: the parrot's rule with its last layer scaled. */
export async function addFour(data: string): Promise<readonly string[]> {
  const { weights, spec } = await readModel(
    fileURLToPath(new URL('../../models/parrot.safetensors', import.meta.url)),
  );
  const values = (name: string): Float32Array => Float32Array.from(weights.get(name)?.data ?? []);
  const library = await openLibrary(data, { version: 'bench' });
  try {
    return library.store.addStyles(
      [1, 0.99, 1.01, 1.02].map((factor, i) => ({
        ...{ name: `Parrot ${i + 1}`, modelId: null, latent: null, source: null, score: null },
        ...{ isRefined: false, tags: [], parents: [], picture: Uint8Array.of(i) },
        rule: {
          spec: { ...spec, network: null },
          ...{ w0: values('w0'), b0: values('b0'), w1: values('w1').map((value) => value * factor) },
        },
      })),
    );
  } finally {
    library.close();
  }
}
