/** What every part of the store works with. */
import type { ContentFiles } from '../content-store.ts';
import type { Connection } from './connection.ts';

export interface StoreContext {
  readonly connection: Connection;
  readonly files: ContentFiles;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}
