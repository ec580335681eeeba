/** The gallery, the models, undo: the library as windows see it. Every change is told to all of them. */
import type { AppContract } from '#contract/app-contract.ts';
import type { Handler } from '#contract/rpc.ts';
import type { LibrarySummary } from '#contract/shapes/library.ts';
import type { AppPorts } from '../ports.ts';

type LibraryMethod =
  | `gallery.${'list' | 'detail' | 'tags' | 'update' | 'delete'}`
  | `undo.${'undo' | 'redo'}`
  | `models.${'list' | 'rename' | 'delete'}`;

export function libraryHandlers(ports: Pick<AppPorts, 'store' | 'emit'>): {
  readonly [M in LibraryMethod]: Handler<AppContract, M>;
} {
  function changed(): LibrarySummary {
    const summary = ports.store.summary();
    ports.emit('library.changed', summary);
    return summary;
  }

  return {
    'gallery.list': (query) => ports.store.list(query),
    'gallery.detail': (item) => ports.store.detail(item),
    'gallery.tags': () => ports.store.tags(),
    'gallery.update': ({ items, patch }) => {
      ports.store.update(items, patch);
      return changed();
    },
    'gallery.delete': ({ items }) => {
      ports.store.delete(items);
      return changed();
    },
    'undo.undo': () => {
      ports.store.undo();
      return changed();
    },
    'undo.redo': () => {
      ports.store.redo();
      return changed();
    },
    'models.list': () => ports.store.models(),
    'models.rename': ({ id, name }) => {
      ports.store.renameModel(id, name);
      return changed();
    },
    'models.delete': ({ id }) => {
      ports.store.deleteModel(id);
      return changed();
    },
  };
}
