/**
 * Styles on their way into the library, some at a time: what came in, and which of it is new, so that a job that is
 * cancelled throws away what it made and nothing else.
 */
import type { EncodedStyle } from '#contract/engine-contract.ts';
import type { NewStyle } from '#contract/library-store.ts';
import type { ModelSpec } from '#domain/model-spec.ts';
import type { AppPorts } from '../ports.ts';

/** JSON; part of a job's memory. */
export interface Intake {
  /** The first hundred, for people. */
  readonly styleIds: readonly string[];
  readonly styleCount: number;
  /** Those that were not there before. */
  readonly made: readonly string[];
}

export const emptyIntake: Intake = { styleIds: [], styleCount: 0, made: [] };
const SHOWN = 100;

/** Adds them in one transaction, and tells the windows. */
export function takeIn(
  { store, clock, emit }: Pick<AppPorts, 'store' | 'clock' | 'emit'>,
  intake: Intake,
  styles: readonly NewStyle[],
): Intake {
  if (styles.length === 0) return intake;
  const before = store.summary().styles;
  const startMs = clock.nowMs();
  const ids = store.addStyles(styles);
  const summary = store.summary();
  emit('library.changed', summary);
  const added = summary.styles - before;
  const distinct = [...new Set(ids)];
  const made =
    added === distinct.length
      ? distinct
      : added === 0
        ? []
        : distinct.filter((id) => store.detail({ kind: 'style', id }).createdMs >= startMs);
  return {
    styleIds: [...intake.styleIds, ...ids].slice(0, SHOWN),
    styleCount: intake.styleCount + ids.length,
    made: [...intake.made, ...made],
  };
}

/** Takes the new ones away again; what the user has thrown away meanwhile is passed over. */
export function throwOut({ store, emit }: Pick<AppPorts, 'store' | 'emit'>, { made }: Intake): void {
  if (made.length === 0) return;
  store.delete(made.map((id) => ({ kind: 'style', id })));
  emit('library.changed', store.summary());
}

/** @param spec of the model that encoded it */
export function newStyleOf(encoded: EncodedStyle, spec: ModelSpec, modelId: string): NewStyle {
  const { name, sourceHash, sourcePicture, latent, w0, b0, w1, picture, score } = encoded;
  return {
    name: name.replace(/\.[a-z]{3,4}$/i, '') || 'Unnamed',
    rule: { spec: { ...spec, network: null }, w0, b0, w1 },
    ...{ latent, modelId, picture, score },
    source: { name, hash: sourceHash, picture: sourcePicture },
    ...{ isRefined: false, parents: [], tags: [] },
  };
}
