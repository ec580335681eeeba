/**
 * Pictures for a model, with what a person wants to know told on stderr: how far the reading is, every file that was
 * skipped and why, and what was noticed about the others.
 */
import { homedir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import type { ModelSpec } from '#domain/model-spec.ts';
import { loadDataset, type Dataset } from '#media/dataset.ts';
import type { CommandContext } from './command.ts';
import { createStatusLine } from './status-line.ts';

export interface PictureOptions {
  readonly limit?: number | undefined;
  /** Which half of a folder with both of MNIST's. */
  readonly part?: 'train' | 'test';
  readonly enlarge?: boolean;
  /** Use equal pictures as often as they are there. */
  readonly keepDuplicates?: boolean;
}

/** Notes about pictures that are used; more are only counted. */
const NOTES = 20;

/** @throws AppError as loadDataset */
export async function loadPictures(
  source: string,
  spec: Pick<ModelSpec, 'image' | 'grid'>,
  { err, env, signal }: Pick<CommandContext, 'err' | 'env' | 'signal'>,
  { limit, ...options }: PictureOptions = {},
): Promise<Dataset> {
  const status = createStatusLine(err);
  const dataset = await loadDataset(source, {
    image: spec.image,
    grid: spec.grid,
    signal,
    cacheFolder: cacheFolder(env),
    ...options,
    ...(limit !== undefined && { limit }),
    onProgress: ({ phase, done, total, skipped }) => {
      const of = total === null ? '' : ` of ${count(total)}`;
      const besides = skipped === 0 ? '' : `, ${count(skipped)} skipped`;
      status.show(`${phase === 'scanning' ? 'Found' : 'Read'} ${count(done)}${of} pictures${besides}`);
    },
  }).finally(() => status.clear());
  for (const { path, reason } of dataset.skipped) err.line(`Skipped ${path || source}: ${reason}`);
  for (const { path, message } of dataset.warnings.slice(0, NOTES))
    err.line(`Note on ${path || source}: ${message}`);
  if (dataset.warnings.length > NOTES)
    err.line(`And notes on ${count(dataset.warnings.length - NOTES)} other pictures.`);
  const duplicates = dataset.duplicates === 0 ? '' : `, ${count(dataset.duplicates)} more are duplicates`;
  const skipped = dataset.skipped.length === 0 ? '' : `, ${count(dataset.skipped.length)} files skipped`;
  err.line(`${count(dataset.count)} pictures${duplicates}${skipped}${dataset.fromCache ? ' (cached)' : ''}`);
  return dataset;
}

/** Where decoded pictures are kept between runs: the platform's place for what may be deleted. */
function cacheFolder(env: CommandContext['env']): string {
  const place =
    env['XDG_CACHE_HOME'] ??
    (process.platform === 'win32' ? env['LOCALAPPDATA'] : undefined) ??
    join(env['HOME'] ?? homedir(), '.cache');
  return join(place, 'morphogen');
}

function count(n: number): string {
  return n.toLocaleString('en');
}
