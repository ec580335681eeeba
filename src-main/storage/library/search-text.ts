/** What people type into the search field, as a query of FTS5 that no text can break. */

/** What the tokenizer of the search keeps (migrations/version-10.ts). */
const SEARCHABLE = /[\p{L}\p{N}\p{Co}\p{So}]/u;

export interface SearchTerms {
  /** For MATCH: every word begins a word of the name or the tags; null where there is no word to look for. */
  readonly match: string | null;
  /** Words of punctuation alone, which the index does not know: parts of the name. */
  readonly literal: readonly string[];
}

export function searchTerms(text: string): SearchTerms {
  // FTS5 takes its text as ending at a NUL.
  const words = text.split(/[\s\p{Cc}]+/u).filter((word) => word !== '');
  const searchable = words.filter((word) => SEARCHABLE.test(word));
  return {
    match:
      searchable.length === 0 ? null : searchable.map((word) => `"${word.replaceAll('"', '""')}"*`).join(' '),
    literal: words.filter((word) => !SEARCHABLE.test(word)),
  };
}
