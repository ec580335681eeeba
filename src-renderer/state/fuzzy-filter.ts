/** Finds what was meant by a few letters: all must occur in order; starts of words and runs of letters count more. */

/** Higher is better; null where the letters do not occur in this order. Case and accents do not matter. */
export function fuzzyScore(query: string, text: string): number | null {
  const letters = [...plain(query).replaceAll(' ', '')];
  const words = plain(text);
  let score = 0;
  let from = 0;
  let previous = -2;
  for (const [index, letter] of letters.entries()) {
    const start = wordStart(words, letter, from, letters.slice(index + 1));
    const next = words.indexOf(letter, from);
    if (next < 0) return null;
    // A run goes on; else a word's first letter is likelier meant than one inside a word.
    const at = next === previous + 1 || start < 0 ? next : start;
    score += at === previous + 1 ? 3 : isWordStart(words, at) ? 4 : 1;
    previous = at;
    from = at + 1;
  }
  return score - words.length / 1000;
}

/** The best first; in the given order where nothing is asked. */
export function fuzzyFilter<T>(items: readonly T[], query: string, textOf: (item: T) => string): T[] {
  if (query.trim() === '') return [...items];
  return items
    .map((item, index) => ({ item, index, score: fuzzyScore(query, textOf(item)) }))
    .filter((entry): entry is { item: T; index: number; score: number } => entry.score !== null)
    .sort((a, b) => b.score - a.score || a.index - b.index)
    .map(({ item }) => item);
}

function plain(text: string): string {
  return text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase();
}

function isWordStart(words: string, at: number): boolean {
  return at === 0 || /[^\p{L}\p{N}]/u.test(words[at - 1] ?? '');
}

/** The next word that begins with the letter, if the rest of the letters may still follow; or -1. */
function wordStart(words: string, letter: string, from: number, rest: readonly string[]): number {
  for (let at = words.indexOf(letter, from); at >= 0; at = words.indexOf(letter, at + 1))
    if (isWordStart(words, at)) return occursInOrder(rest, words, at + 1) ? at : -1;
  return -1;
}

function occursInOrder(letters: readonly string[], words: string, from: number): boolean {
  let next = from;
  for (const letter of letters) {
    const at = words.indexOf(letter, next);
    if (at < 0) return false;
    next = at + 1;
  }
  return true;
}
