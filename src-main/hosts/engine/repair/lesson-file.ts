/**
 * What a photo's rule has learned so far, beside the photo: a program that ends in the middle of it, or an engine that dies,
 * goes on from there. It belongs to one mask and one way of learning; for others it is not there.
 */
import { join } from 'node:path';
import { decodeMessage, encodeMessage } from '#contract/wire.ts';
import { AppError } from '#domain/errors.ts';
import type { LessonState } from '#engine/repair/learn-rule.ts';
import { readFileBytes, writeFileAtomic } from '#storage/atomic-file.ts';

/** Of each part of the mask, in their order. */
export interface LessonBook {
  /** The part's lesson as it was left; null where it has not begun. */
  read(part: number): Page | null;
  /** @throws AppError io, disk-full */
  write(part: number, page: Page): Promise<void>;
}

export interface Page {
  readonly state: LessonState;
  readonly isOver: boolean;
}

interface StoredPage {
  readonly isOver: boolean;
  readonly iteration: number;
  readonly updates: number;
  readonly seed: number;
  readonly losses: readonly number[];
  readonly tensors: readonly {
    readonly name: string;
    readonly shape: number[];
    readonly data: Float32Array;
  }[];
}

/** @param key what the lesson depends on */
export async function openLessonBook(folder: string, key: string): Promise<LessonBook> {
  const path = join(folder, 'lesson');
  const pages = await storedPages(path, key);
  return {
    read(part) {
      if (part >= pages.length) return null;
      const { isOver, losses, tensors, ...run } = pages[part];
      const named = tensors.map(({ name, shape, data }) => [name, { shape, data }] as const);
      return { isOver, state: { losses, snapshot: { ...run, tensors: new Map(named) } } };
    },
    async write(part, { isOver, state: { losses, snapshot } }) {
      const { tensors, iteration, updates, seed } = snapshot;
      const stored = Array.from(tensors, ([name, { shape, data }]) => ({ name, shape: [...shape], data }));
      pages.splice(part, 1, { ...{ isOver, losses, iteration, updates, seed }, tensors: stored });
      await writeFileAtomic(path, encodeMessage({ key, pages }));
    },
  };
}

async function storedPages(path: string, key: string): Promise<StoredPage[]> {
  const bytes = await readFileBytes(path).catch((failure: unknown) => {
    if (failure instanceof AppError && failure.code === 'not-found') return null;
    throw failure;
  });
  if (bytes === null) return [];
  // Written above, as a whole.
  const stored = decodeMessage(bytes) as { readonly key: string; readonly pages: StoredPage[] };
  return stored.key === key ? stored.pages : [];
}
