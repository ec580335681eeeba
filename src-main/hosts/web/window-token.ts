/**
 * The secret that lets windows in, kept beside the library for this user alone: a window that was open when the program
 * was ended, or killed, finds its way back into the next start.
 */
import { randomBytes } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** 256 bits. */
const tokenBytes = 32;
const form = /^[\w-]{43}$/;

/** The folder's own, made where there is none that is whole. */
export async function windowToken(dataFolder: string): Promise<string> {
  const path = join(dataFolder, 'window-token');
  const kept = await readFile(path, 'utf8').catch(() => '');
  if (form.test(kept)) return kept;
  const token = randomBytes(tokenBytes).toString('base64url');
  await mkdir(dataFolder, { recursive: true });
  // Never readable by others, not even while it is written.
  await writeFile(`${path}.part`, token, { mode: 0o600 });
  await rename(`${path}.part`, path);
  return token;
}
