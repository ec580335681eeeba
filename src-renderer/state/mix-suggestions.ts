/** Pairs of styles to begin with, from what the library has: of one model, and unlike each other. */
import type { GalleryItem } from '#contract/shapes/library.ts';

export type Pair = readonly [GalleryItem, GalleryItem];

/**
 * Favourites first, then the newest; each style in one pair at most.
 * @param fits Whether two can be mixed.
 */
export async function suggestPairs(
  styles: readonly GalleryItem[],
  fits: (a: GalleryItem, b: GalleryItem) => Promise<boolean>,
  most: number,
): Promise<Pair[]> {
  const free = [...styles].sort((a, b) => Number(b.isFavourite) - Number(a.isFavourite));
  const pairs: Pair[] = [];
  while (pairs.length < most) {
    const first = free.shift();
    if (first === undefined) break;
    for (const second of free) {
      // The same picture again would be no mix to look at.
      if (second.picture === first.picture || !(await fits(first, second))) continue;
      free.splice(free.indexOf(second), 1);
      pairs.push([first, second]);
      break;
    }
  }
  return pairs;
}
