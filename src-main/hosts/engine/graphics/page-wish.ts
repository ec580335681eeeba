/**
 * Whether an engine process asks a page for its graphics processor. None that is software goes before a real one. What is
 * watched is drawn best where it grows, so a page goes before Dawn in the process; what nobody watches had better not end
 * with a window.
 */
import type { BackendChoice } from '#contract/shapes/engine-state.ts';
import type { Engine } from '../open-engine.ts';

export interface PageChoice {
  readonly backend: BackendChoice;
  readonly threads?: number | undefined;
  /** Nobody watches what it does: jobs. */
  readonly isBackground?: boolean;
}

export interface PageWish {
  /** Asked for by name: software will do. */
  readonly softwareToo: boolean;
}

/** @param own the process's own backend; null: no page is asked */
export function pageWish(
  { backend, threads, isBackground = false }: PageChoice,
  own: Pick<Engine, 'backend' | 'isSoftware'>,
): PageWish | null {
  if (backend !== 'webgpu' && (backend !== 'auto' || threads !== undefined)) return null;
  const isByName = backend === 'webgpu';
  if (own.backend !== 'webgpu') return { softwareToo: isByName };
  if (own.isSoftware) return { softwareToo: isByName && !isBackground };
  return isBackground ? null : { softwareToo: false };
}
