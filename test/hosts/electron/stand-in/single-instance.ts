/**
 * Which start of a program is the first, by a file in its folder; later ones leave what they have to say beside it. All of
 * it at once, as `app.requestSingleInstanceLock` answers at once.
 */
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, watch, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';

export interface SecondStart {
  readonly argv: string[];
  readonly workingDirectory: string;
  readonly additionalData: unknown;
}

const lockName = 'first-start';
const wordName = /^second-start-\d+\.json$/;

/** @returns whether this is the first */
export function lockInstance(
  folder: string,
  own: SecondStart,
  onSecond: (start: SecondStart) => void,
): boolean {
  mkdirSync(folder, { recursive: true });
  const lock = join(folder, lockName);
  if (!take(lock)) {
    const word = join(folder, `second-start-${process.pid}`);
    writeFileSync(word, JSON.stringify(own));
    renameSync(word, `${word}.json`);
    return false;
  }
  const watcher = watch(folder, () => {
    for (const name of readdirSync(folder).filter((other) => wordName.test(other))) {
      const start = JSON.parse(readFileSync(join(folder, name), 'utf8')) as SecondStart;
      rmSync(join(folder, name));
      onSecond(start);
    }
  });
  watcher.unref();
  process.once('exit', () => rmSync(lock, { force: true }));
  return true;
}

function take(lock: string): boolean {
  try {
    writeFileSync(lock, String(process.pid), { flag: 'wx' });
    return true;
  } catch {
    if (isRunning(Number(readFileSync(lock, 'utf8')))) return false;
    // It was killed.
    writeFileSync(lock, String(process.pid));
    return true;
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
