/** Libraries in folders that go away with the test file, and things to put in them. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import type { JobRecord, LibraryStore, NewArtwork, NewModel, NewStyle } from '#contract/library-store.ts';
import type { GalleryPage, GalleryQuery, ItemRef } from '#contract/shapes/library.ts';
import { presets } from '#domain/model-presets.ts';
import { openLibrary, type Library, type LibraryOptions } from '#storage/library/open.ts';

const opened: Library[] = [];
const folders: string[] = [];

after(async () => {
  for (const library of opened) library.close();
  for (const folder of folders) await rm(folder, { recursive: true, force: true });
});

export async function emptyFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'morphogen-library-'));
  folders.push(folder);
  return folder;
}

export async function open(folder: string, options: Partial<LibraryOptions> = {}): Promise<Library> {
  const library = await openLibrary(folder, { version: '0.1.0', waitMs: 100, ...options });
  opened.push(library);
  return library;
}

export async function emptyLibrary(options: Partial<LibraryOptions> = {}): Promise<Library> {
  return open(await emptyFolder(), options);
}

/** A clock that goes on by a second whenever it is asked. */
export function steadyClock(startMs = Date.UTC(2026, 0, 1)): () => number {
  let time = startMs;
  return () => (time += 1000);
}

export const ruleSpec = { ...presets.sketch, network: null };

/** Different for every `number`. */
export function newStyle(number: number, change: Partial<NewStyle> = {}): NewStyle {
  return {
    name: `style ${number}`,
    rule: {
      spec: ruleSpec,
      w0: Float32Array.of(number, 0.5, -1),
      b0: Float32Array.of(0.25),
      w1: Float32Array.of(1, 2),
    },
    latent: Float32Array.of(number, 1),
    modelId: null,
    picture: Uint8Array.of(1, number & 255, number >> 8),
    source: null,
    score: null,
    isRefined: false,
    parents: [],
    tags: [],
    ...change,
  };
}

/** `hash` and `name` differ for every `number`. */
export function newModel(number: number, change: Partial<NewModel> = {}): NewModel {
  return {
    name: `model ${number}`,
    spec: presets.sketch,
    card: {
      data: 'icons',
      iterations: 100,
      seconds: 12.5,
      machine: 'a test',
      scores: { mse: 0.01, psnr: 20, ssim: 0.9 },
      notes: '',
    },
    hash: number.toString(16).padStart(64, '0'),
    bytes: 1000 + number,
    bundledName: null,
    ...change,
  };
}

export function newArtwork(
  store: LibraryStore,
  styleId: string,
  change: Partial<NewArtwork> = {},
): NewArtwork {
  const { hash, name } = store.rule(styleId);
  return {
    name: 'artwork',
    recipe: {
      version: 1,
      styles: [{ styleId, name, ruleHash: hash }],
      mix: { kind: 'turns', ratio: [1] },
      seed: 7,
      grid: { height: 40, width: 60 },
      steps: 30,
      events: [{ kind: 'erase', step: 3, x: 1, y: 2, radius: 3 }],
      backend: 'wasm',
    },
    digest: 'd'.repeat(64),
    picture: Uint8Array.of(9, 9, 9),
    parents: [],
    ...change,
  };
}

export function newJob(id: string, change: Partial<JobRecord> = {}): JobRecord {
  return {
    id,
    kind: 'training',
    title: `Train ${id}`,
    state: 'queued',
    done: 0,
    total: null,
    unit: 'iterations',
    phase: 'Waiting',
    etaSeconds: null,
    message: null,
    createdMs: 1000.5,
    startedMs: null,
    endedMs: null,
    modelId: null,
    styleIds: [],
    styleCount: 0,
    path: null,
    request: { source: { kind: 'sample', name: 'emoji' } },
    memory: null,
    ...change,
  };
}

export function list(store: LibraryStore, change: Partial<GalleryQuery> = {}): GalleryPage {
  return store.list({
    kinds: ['style', 'artwork'],
    search: '',
    tags: [],
    favouritesOnly: false,
    modelId: null,
    sort: 'oldest',
    offset: 0,
    limit: 200,
    ...change,
  });
}

export function names(page: GalleryPage): string[] {
  return page.items.map(({ name }) => name);
}

export function styleRefs(ids: readonly string[]): ItemRef[] {
  return ids.map((id) => ({ kind: 'style', id }));
}
