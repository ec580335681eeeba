/**
 * A picture that carries its recipe, or a file of one, as an artwork with its styles. It is grown again before it comes
 * in: what the library shows is what the recipe grows here, whatever the picture's own pixels say.
 */
import type { InspectedArtwork } from '#contract/engine-contract.ts';
import type { NewStyle, StoredRule } from '#contract/library-store.ts';
import type { Recipe } from '#contract/shapes/growth.ts';
import { AppError } from '#domain/errors.ts';
import { takeIn } from '../library/style-intake.ts';
import type { AppPorts } from '../ports.ts';
import type { Imported } from './import-file.ts';

/** @throws AppError mismatch where its styles do not go together, cancelled */
export async function importArtwork(
  ports: AppPorts,
  inspected: InspectedArtwork,
  before: Imported,
  signal: AbortSignal,
): Promise<Imported> {
  const { store } = ports;
  const { picture, digest } = await growAgain(ports, inspected, signal);
  let { intake } = before;
  const styles: Recipe['styles'] = [];
  for (const [i, told] of inspected.recipe.styles.entries()) {
    const { style, picture: stylePicture } = inspected.styles[i];
    let styleId = sameStyle(store, told.styleId, style);
    if (styleId === null) {
      const made = styleOf(style, stylePicture);
      intake = takeIn(ports, intake, [made]);
      // The same again is no second style.
      [styleId] = store.addStyles([made]);
    }
    styles.push({ ...told, styleId, ruleHash: store.rule(styleId).hash });
  }
  const backend = ports.engines.state().info?.description ?? '';
  const recipe: Recipe = { ...inspected.recipe, styles, backend };
  const same = store.artworkLike(recipe, digest);
  if (same !== null) return { ...before, intake, artworkIds: [...before.artworkIds, same] };
  const name = inspected.name.trim() === '' ? 'Unnamed' : inspected.name.trim();
  const artworkId = store.addArtwork({ name, recipe, digest, picture, parents: [] });
  ports.emit('library.changed', store.summary());
  return { ...before, intake, artworkIds: [...before.artworkIds, artworkId] };
}

async function growAgain(
  { engines: { live } }: AppPorts,
  { recipe, styles }: InspectedArtwork,
  signal: AbortSignal,
): Promise<{ readonly picture: Uint8Array; readonly digest: string }> {
  const { mix, seed, grid, events, steps } = recipe;
  const { growthId } = await live.call('growth.open', {
    ...{ styles: styles.map(({ style }) => style), mix, seed, grid, events, step: steps },
    ...{ isPlaying: false, stepsPerSecond: 60, loopAt: null },
  });
  // A growth that is closed ends whoever waits for it.
  const close = (): void => void live.call('growth.close', { growthId }).catch(() => undefined);
  signal.addEventListener('abort', close, { once: true });
  try {
    if (signal.aborted) throw new AppError('cancelled', 'The import was cancelled.');
    return await live.call('growth.take', { growthId }, { signal });
  } finally {
    signal.removeEventListener('abort', close);
    close();
  }
}

/** The library's own style of that name and rule: where the picture comes from this library, it has it already. */
function sameStyle(
  store: AppPorts['store'],
  styleId: string,
  { spec, w0, b0, w1 }: StoredRule,
): string | null {
  let own: StoredRule;
  try {
    own = store.rule(styleId);
  } catch (failure) {
    if (failure instanceof AppError) return null;
    throw failure;
  }
  const isSame =
    JSON.stringify(own.spec) === JSON.stringify(spec) &&
    sameValues(own.w0, w0) &&
    sameValues(own.b0, b0) &&
    sameValues(own.w1, w1);
  return isSame ? styleId : null;
}

function sameValues(a: Float32Array, b: Float32Array): boolean {
  return a.length === b.length && a.every((value, i) => Object.is(value, b[i]));
}

function styleOf(style: InspectedArtwork['styles'][number]['style'], picture: Uint8Array): NewStyle {
  const { name, spec, w0, b0, w1 } = style;
  return {
    name: name === '' ? 'Unnamed' : name,
    rule: { spec, w0, b0, w1 },
    ...{ latent: null, modelId: null, picture, source: null, score: null },
    ...{ isRefined: false, parents: [], tags: [] },
  };
}
