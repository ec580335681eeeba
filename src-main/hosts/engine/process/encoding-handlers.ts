/**
 * Pictures into styles by a model's encoder: each with its latent, its rule, what it was made from and what grows. One
 * at a time, for a picture's values must not depend on those beside it: the same picture is the same style again.
 */
import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { setImmediate as immediately } from 'node:timers/promises';
import type { ProgressIn } from '#contract/contract.ts';
import type { EngineContract } from '#contract/engine-contract.ts';
import type { SkippedFile } from '#contract/shapes/values.ts';
import { AppError } from '#domain/errors.ts';
import type { ModelSpec } from '#domain/model-spec.ts';
import { scorePicture } from '#engine/metrics/score.ts';
import { loadDataset } from '#media/dataset.ts';
import { findIdxFile } from '#media/idx.ts';
import { stateToImage } from '#media/pixels.ts';
import { encodePng } from '#media/png.ts';
import { encodeInput, type Encoding } from '../encode-picture.ts';
import { openEncoderModel, type OpenModel } from '../model-files.ts';
import { openPicture, type OpenPicture } from '../open-picture.ts';
import { growState, statePng, type GrowOptions } from './grown-picture.ts';
import type { HandlersOf, Session } from './session.ts';
import { shownScore } from './shown-score.ts';

type EncodedStyle = ProgressIn<EngineContract, 'pictures.encode'>['styles'][number];

/** Where a picture is. */
interface Place {
  /** For people. */
  readonly path: string;
  /** @throws AppError for a picture that cannot be used */
  read(): Promise<OpenPicture>;
}

interface Source {
  readonly spec: ModelSpec;
  readonly limit: number | null;
  readonly enlarge: boolean;
  readonly cacheFolder: string;
  readonly signal: AbortSignal;
}

const MOST_STYLES = 64;
/** Styles are handed on at least so often. */
const HAND_ON_MS = 500;

export function encodingHandlers(session: Session): HandlersOf<'pictures.encode'> {
  return {
    async 'pictures.encode'({ modelPath, paths, limit, enlarge, cacheFolder, skip }, { signal, progress }) {
      const { implementation } = session.engine();
      const model = await openEncoderModel(modelPath);
      const skipped: SkippedFile[] = [];
      let count = 0;
      try {
        const source = { spec: model.spec, limit, enlarge, cacheFolder, signal };
        const places = await findPictures(paths, source, skipped);
        // PNGs are made by other threads while the next picture is encoded.
        let styles: Promise<EncodedStyle>[] = [];
        let done = skip;
        let handedOnMs = -Infinity;
        const handOn = async (): Promise<void> => {
          const ready = await Promise.all(styles);
          styles = [];
          await progress({ done, total: places.length, styles: ready });
          handedOnMs = performance.now();
        };
        for (const place of places.slice(skip)) {
          if (styles.length === MOST_STYLES || performance.now() - handedOnMs >= HAND_ON_MS) await handOn();
          const encoded = await encodePlace(place, model, { implementation, signal }, skipped);
          if (signal.aborted) break;
          if (encoded !== null) {
            const style = styleOf(model.spec, encoded);
            // Told where it is awaited.
            style.catch(() => undefined);
            styles.push(style);
            count++;
          }
          done++;
          await immediately();
        }
        await handOn();
      } catch (failure) {
        // Whoever cancelled knows it; what was handed on is done.
        if (!isCancelled(failure)) throw failure;
      } finally {
        model.dispose();
      }
      return { count, skipped };
    },
  };
}

/** The pictures that the paths stand for, in their order; what a folder has that cannot be used goes to `skipped`. */
async function findPictures(
  paths: readonly string[],
  { spec, limit, ...options }: Source,
  skipped: SkippedFile[],
): Promise<Place[]> {
  const { image, grid } = spec;
  const places: Place[] = [];
  for (const path of paths) {
    const stats = await stat(path).catch(() => null);
    if (stats?.isDirectory() !== true && (await findIdxFile(path)) === null) {
      places.push({ path, read: () => openPicture(path, spec) });
      continue;
    }
    const dataset = await loadDataset(path, {
      ...{ image, grid, ...options },
      ...(limit !== null && { limit }),
    });
    skipped.push(...dataset.skipped);
    for (const [index, name] of dataset.names.entries()) {
      const picture = () => ({ name: basename(name), rgba: dataset.batch([index]) });
      places.push({ path: name, read: () => Promise.resolve(picture()) });
    }
  }
  return places;
}

interface EncodedPicture extends OpenPicture, Encoding {
  /** What grows, [H, W, C]. */
  readonly state: Float32Array;
}

/** null where the picture cannot be used, or it was cancelled. */
async function encodePlace(
  place: Place,
  model: OpenModel,
  options: GrowOptions,
  skipped: SkippedFile[],
): Promise<EncodedPicture | null> {
  const picture = await place.read().catch((failure: unknown) => {
    if (!(failure instanceof AppError)) throw failure;
    skipped.push({ path: place.path, reason: failure.message });
    return null;
  });
  if (picture === null) return null;
  try {
    const encoding = await encodeInput(model, picture.rgba);
    return { ...picture, ...encoding, state: await growState(model.spec, encoding.rule, options) };
  } catch (failure) {
    if (isCancelled(failure)) return null;
    throw failure;
  }
}

async function styleOf(spec: ModelSpec, encoded: EncodedPicture): Promise<EncodedStyle> {
  const { name, rgba, latent, rule, state } = encoded;
  const { grid, automaton } = spec;
  const { w0, b0, w1 } = rule;
  return {
    ...{ name, latent, w0, b0, w1 },
    sourceHash: pixelHash(rgba),
    sourcePicture: await encodePng(stateToImage(rgba, { ...grid, channels: 4 })),
    picture: await statePng(state, spec),
    score: shownScore(scorePicture(state, automaton.channels, rgba, grid)),
  };
}

/** As style files of the command line have it. */
function pixelHash(rgba: Float32Array): string {
  const bytes = new Uint8Array(rgba.buffer, rgba.byteOffset, rgba.byteLength);
  return createHash('sha256').update(bytes).digest('hex');
}

function isCancelled(failure: unknown): boolean {
  return failure instanceof AppError && failure.code === 'cancelled';
}
