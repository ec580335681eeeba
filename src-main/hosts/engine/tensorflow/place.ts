/**
 * Where `npm run setup:tensorflow` puts the native TensorFlow library and what belongs to it: a folder of the user's
 * cache, so that neither `npm ci` nor a new version throws hundreds of megabytes away, and a packaged program finds
 * what a checkout has set up. `set-up.json` in it is written last: where it lies, the set-up is whole.
 *
 *   tensorflow/, nvidia/   libraries of the Python wheels, laid out as there, because they find each other by that
 *   node_modules/          tfjs-node-gpu's JavaScript, and what stands in for the packages that it asks for
 *   tfjs_binding.node      its addon, compiled here
 */
import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import process from 'node:process';
import { userCacheFolder, type Environment } from '../cache-folder.ts';

export const SET_UP_FILE = 'set-up.json';
export const BINDING_FILE = 'tfjs_binding.node';

export interface TensorflowSetUp {
  /** Of this record and the layout of its folder. */
  readonly format: typeof FORMAT;
  /** Of TensorFlow. */
  readonly version: string;
  /** Of tfjs-node-gpu. */
  readonly package: string;
  readonly variant: 'cpu' | 'cuda';
  /** process.platform and process.arch, e.g. linux-x64. */
  readonly system: string;
}

export const FORMAT = 1;

/** The folder of the set-up, there or not; MORPHOGEN_TENSORFLOW names another. */
export function tensorflowFolder(
  platform: NodeJS.Platform = process.platform,
  env: Environment = process.env,
  home: string = homedir(),
): string {
  const named = env['MORPHOGEN_TENSORFLOW'];
  if (named !== undefined && isAbsolute(named)) return named;
  return join(userCacheFolder(platform, env, home), 'tensorflow');
}

/** What is set up in `folder`; null where nothing is, or nothing that this machine and version can use. */
export function readSetUp(folder: string = tensorflowFolder()): TensorflowSetUp | null {
  let record: Partial<TensorflowSetUp>;
  try {
    record = JSON.parse(readFileSync(join(folder, SET_UP_FILE), 'utf8')) as Partial<TensorflowSetUp>;
  } catch {
    return null;
  }
  const fits = record.format === FORMAT && record.system === `${process.platform}-${process.arch}`;
  return fits ? (record as TensorflowSetUp) : null;
}
