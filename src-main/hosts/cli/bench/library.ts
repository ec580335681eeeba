/** A library of many styles, made up in a temporary folder, and how long it takes to answer what a gallery asks. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LibraryStore, NewStyle } from '#contract/library-store.ts';
import { galleryQuery, type GalleryQuery } from '#contract/shapes/library.ts';
import { featureCount } from '#domain/automaton.ts';
import { presets } from '#domain/model-presets.ts';
import { createRandom } from '#domain/random.ts';
import { encodePng } from '#media/png.ts';
import { openLibrary } from '#storage/library/open.ts';

export interface LibraryRow {
  readonly what: string;
  /** Of the repeats. */
  readonly medianMs: number;
  readonly worstMs: number;
}

export interface LibraryTimes {
  readonly items: number;
  /** E */
  readonly latent: number;
  readonly secondsToFill: number;
  readonly rows: readonly LibraryRow[];
}

const words = [
  'river',
  'moss',
  'ember',
  'glass',
  'fox',
  'tide',
  'lamp',
  'fern',
  'stone',
  'cloud',
  'bee',
  'salt',
];

/** @param latent E, for the search of similar styles */
export async function measureLibrary(items: number, latent: number, repeats: number): Promise<LibraryTimes> {
  const folder = await mkdtemp(join(tmpdir(), 'morphogen-bench-'));
  const library = await openLibrary(folder, { version: 'bench' });
  try {
    const { store } = library;
    const startMs = performance.now();
    const { ids, modelId } = await fillLibrary(store, items, latent);
    const secondsToFill = (performance.now() - startMs) / 1000;

    const ask = (change: Partial<GalleryQuery>) => (): unknown =>
      store.list({ ...galleryQuery.parse({}), ...change });
    const questions: Record<string, () => unknown> = {
      'first page, newest': ask({}),
      'last page, newest': ask({ offset: Math.max(0, items - 200) }),
      'last page, by name': ask({ offset: Math.max(0, items - 200), sort: 'name' }),
      'search of a word': ask({ search: 'ember' }),
      'search of a letter, by name': ask({ search: 'f', sort: 'name' }),
      'search of two words': ask({ search: 'ri mo' }),
      'a tag': ask({ tags: ['lamp'] }),
      'favourites, oldest': ask({ favouritesOnly: true, sort: 'oldest' }),
      'a tag, favourites, a word': ask({ tags: ['lamp'], favouritesOnly: true, search: 'tide' }),
      'of a model': ask({ modelId, offset: 5000 }),
      'all tags': () => store.tags(),
      'twelve similar styles': () => store.similar(ids[17], 12),
    };
    const rows = Object.entries(questions).map(([what, question]) => {
      question();
      const times = Array.from({ length: Math.max(3, repeats) }, () => {
        const askedMs = performance.now();
        question();
        return performance.now() - askedMs;
      }).sort((a, b) => a - b);
      return { what, medianMs: times[times.length >> 1], worstMs: times.at(-1) ?? 0 };
    });
    return { items, latent, secondsToFill, rows };
  } finally {
    library.close();
    await rm(folder, { recursive: true, force: true });
  }
}

/** Adds a model and so many styles of it; every third has tags, every ninth is a favourite. */
export async function fillLibrary(
  store: LibraryStore,
  items: number,
  latent: number,
): Promise<{ readonly ids: readonly string[]; readonly modelId: string }> {
  const modelId = store.addModel({
    name: 'Bench',
    spec: presets.sketch,
    card: { data: 'made up', iterations: 0, seconds: 0, machine: '', scores: {}, notes: '' },
    hash: '0'.repeat(64),
    bytes: 0,
    bundledName: null,
  });
  const ids: string[] = [];
  const make = styleMaker(modelId, latent, await tinyPictures());
  for (let from = 0; from < items; from += 500) {
    const batch = Array.from({ length: Math.min(500, items - from) }, (_, i) => make(from + i));
    ids.push(...store.addStyles(batch));
  }
  const favourites = ids.filter((_, i) => i % 9 === 0).map((id) => ({ kind: 'style' as const, id }));
  store.update(favourites, { isFavourite: true });
  return { ids, modelId };
}

export function libraryTable({ items, latent, secondsToFill, rows }: LibraryTimes): string[] {
  return [
    `${items} styles of ${latent} values, added in ${secondsToFill.toFixed(1)} s`,
    `${'question'.padEnd(30)}  median ms  worst ms`,
    ...rows.map(
      ({ what, medianMs, worstMs }) =>
        `${what.padEnd(30)}  ${medianMs.toFixed(2).padStart(9)}  ${worstMs.toFixed(2).padStart(8)}`,
    ),
  ];
}

function styleMaker(
  modelId: string,
  latent: number,
  pictures: readonly Uint8Array[],
): (index: number) => NewStyle {
  const random = createRandom(1);
  const { automaton } = presets.single;
  const { channels: C, hidden: d } = automaton;
  const spec = presets.single;
  const noise = (size: number): Float32Array => Float32Array.from({ length: size }, () => random.next());
  return (index) => ({
    name: `${words[index % words.length]} ${words[random.int(words.length)]} ${index}`,
    // The same large part for all, so that filling the library does not measure the disk.
    rule: {
      spec,
      w0: new Float32Array(featureCount(automaton) * d),
      b0: noise(d),
      w1: new Float32Array(d * C),
    },
    latent: noise(latent),
    modelId,
    picture: pictures[index % pictures.length],
    source: { name: `${index}.png`, hash: index.toString(16).padStart(64, '0'), picture: null },
    score: { mse: 0.01, psnr: 20, ssim: 0.9 },
    isRefined: false,
    parents: [],
    tags: index % 3 === 0 ? [words[index % words.length], words[(index * 7) % words.length]] : [],
  });
}

function tinyPictures(): Promise<Uint8Array[]> {
  return Promise.all(
    Array.from({ length: 50 }, (_, i) =>
      encodePng({ width: 2, height: 2, pixels: new Uint8Array(16).fill(i * 5) }),
    ),
  );
}
