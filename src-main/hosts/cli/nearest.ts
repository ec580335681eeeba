/** Suggestions for misspelt names. */

/** @returns the name that takes the fewest edits to reach, if that is few enough to be meant. */
export function nearest(given: string, names: readonly string[]): string | undefined {
  let best: string | undefined;
  let bestDistance = Math.max(1, Math.floor(Math.max(given.length, 3) / 2)) + 0.5;
  for (const name of names) {
    const isStart = given.length >= 2 && name.startsWith(given);
    const distance = isStart ? 0.5 : editDistance(given.toLowerCase(), name.toLowerCase());
    if (distance < bestDistance) [best, bestDistance] = [name, distance];
  }
  return best;
}

/** Insertions, deletions, replacements and swaps of neighbours (optimal string alignment). */
export function editDistance(a: string, b: string): number {
  let older: number[] = [];
  let old = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const isSame = a[i - 1] === b[j - 1];
      let least = Math.min(row[j - 1] + 1, old[j] + 1, old[j - 1] + (isSame ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        least = Math.min(least, older[j - 2] + 1);
      }
      row.push(least);
    }
    [older, old] = [old, row];
  }
  return old[b.length];
}
