/**
 * Files that nobody vouches for, read here so that one which breaks its reader breaks nothing else: models and styles are
 * checked as a whole, anything else must be a picture that decodes. And the bytes of a style file, on the way out.
 */
import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { basename } from 'node:path';
import type { ResultIn } from '#contract/contract.ts';
import type { EngineContract } from '#contract/engine-contract.ts';
import type { RuleValues } from '#domain/automaton.ts';
import { AppError } from '#domain/errors.ts';
import type { ModelSpec } from '#domain/model-spec.ts';
import { styleFileChunks } from '#engine/files/style-file.ts';
import { decodeFile } from '#media/decode.ts';
import { readImageFile } from '#media/image-file.ts';
import { findIdxFile, readIdxFile } from '#media/idx.ts';
import { readFileBytes } from '#storage/atomic-file.ts';
import type { ArtworkFile } from '../artwork-file.ts';
import { readCarriedArtwork, readOwnFile } from '../own-files.ts';
import { growState, statePng, type GrowOptions } from './grown-picture.ts';
import type { HandlersOf, Session } from './session.ts';

type Inspected = ResultIn<EngineContract, 'files.inspect'>;
type InspectedArtwork = Extract<Inspected, { kind: 'artwork' }>;

/** Models of large presets have hundreds of megabytes. */
const MOST_BYTES = 4 * 2 ** 30;
/** Cells a side of what is grown and shown; the contract's. */
const CARRIERS = /\.(png|apng|gif|webp)$/i;
const SIDES = { least: 3, most: 1024 };

export function fileHandlers(session: Session): HandlersOf<`files.${'inspect' | 'carried' | 'style'}`> {
  return {
    async 'files.inspect'({ path }, { signal }) {
      const { implementation } = session.engine();
      if (await isModel(path)) return inspectOwnFile(path, { implementation, signal });
      const artwork = await inspectCarried(path, { implementation, signal });
      if (artwork !== null) return artwork;
      await readPictures(path);
      return { kind: 'picture' };
    },

    async 'files.carried'({ path }, { signal }) {
      const { implementation } = session.engine();
      return { artwork: await inspectCarried(path, { implementation, signal }) };
    },

    'files.style'({ style, latent, image, model }) {
      const { spec, w0, b0, w1 } = style;
      const chunks = styleFileChunks({ spec, image, model, latent, w0, b0, w1 });
      return { bytes: Buffer.concat([...chunks], chunks.byteLength) };
    },
  };
}

async function inspectOwnFile(path: string, options: GrowOptions): Promise<Inspected> {
  const content = await readFileBytes(path, { maxBytes: MOST_BYTES });
  const name = basename(path);
  const file = readOwnFile(content, name);
  const hash = createHash('sha256').update(content).digest('hex');
  const bytes = content.length;
  if (file.kind === 'artwork') return inspectArtwork(name, file.artwork, options);
  if (file.kind === 'style') {
    const { spec, latent, image, model } = file.style;
    const { style, picture } = await grow(name, spec, file.rule, options);
    return { kind: 'style', hash, bytes, style, latent, image, model, picture };
  }
  const { spec, card } = file.model;
  checkGrid(name, spec);
  const own = file.rule && (await grow(name, spec, file.rule, options));
  return { kind: 'model', hash, bytes, spec, card, style: own?.style ?? null, picture: own?.picture ?? null };
}

/** @throws AppError bad-file where it carries something that is not sound */
async function inspectCarried(path: string, options: GrowOptions): Promise<InspectedArtwork | null> {
  if (!CARRIERS.test(path)) return null;
  const bytes = await readImageFile(path, { followLink: true }).catch((failure: unknown) => {
    // What it is, and why not, is told by whoever decodes it.
    if (failure instanceof AppError) return null;
    throw failure;
  });
  const name = basename(path);
  const artwork = bytes === null ? null : readCarriedArtwork(bytes, name);
  return artwork === null ? null : inspectArtwork(name, artwork, options);
}

async function inspectArtwork(
  name: string,
  { styles, ...artwork }: ArtworkFile,
  options: GrowOptions,
): Promise<InspectedArtwork> {
  const grown: InspectedArtwork['styles'] = [];
  for (const style of styles) {
    checkGrid(name, style.spec);
    const rule = { count: 1, w0: style.w0, b0: style.b0, w1: style.w1 };
    const picture = await statePng(await growState(style.spec, rule, options), style.spec);
    grown.push({ style, picture });
  }
  return { kind: 'artwork', ...artwork, styles: grown };
}

/** A rule as a style, and what it grows. */
async function grow(name: string, spec: ModelSpec, { w0, b0, w1 }: RuleValues, options: GrowOptions) {
  checkGrid(name, spec);
  const picture = await statePng(await growState(spec, { count: 1, w0, b0, w1 }, options), spec);
  const style = { name: name.replace(/\.safetensors$/i, ''), spec: { ...spec, network: null }, w0, b0, w1 };
  return { style, picture };
}

/** @throws AppError unsupported */
function checkGrid(name: string, { grid }: ModelSpec): void {
  const sides = [grid.height, grid.width];
  if (sides.every((side) => side >= SIDES.least && side <= SIDES.most)) return;
  throw new AppError(
    'unsupported',
    `${name} is for a grid of ${grid.width}×${grid.height} cells, and this window shows ${SIDES.least} to ${SIDES.most} a side: choose another file.`,
  );
}

/** @throws AppError bad-image, bad-file, unsupported, not-found with the file's name */
async function readPictures(path: string): Promise<void> {
  const idx = await findIdxFile(path);
  await (idx === null ? decodeFile(path) : readIdxFile(idx));
}

/** By the beginning of the file, or its name: of a damaged one, or of another program's, which is then told what is wrong. */
async function isModel(path: string): Promise<boolean> {
  if (/\.(safetensors|pt|pth|ckpt|pkl)$/i.test(path)) return true;
  const file = await open(path, 'r').catch(() => null);
  if (file === null) return false;
  try {
    if (!(await file.stat()).isFile()) return false;
    const { buffer, bytesRead } = await file.read(Buffer.alloc(9), 0, 9, 0);
    // A uint64 of the header's length, of which no file uses the upper half, and the header's first character.
    return bytesRead === 9 && buffer.readUInt32LE(4) === 0 && buffer[8] === 0x7b;
  } finally {
    await file.close();
  }
}
