/** The port to where the library is kept; declared in the contract, so that storage can fill it in without seeing app. */
export type {
  ContentStore,
  JobRecord,
  LibraryStore,
  NewArtwork,
  NewModel,
  NewStyle,
  StoredRule,
} from '#contract/library-store.ts';
