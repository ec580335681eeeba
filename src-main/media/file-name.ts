/**
 * Names for files we make from names that people and data gave: valid on Windows, macOS and Linux, never a path, never
 * one of Windows' devices. A name that would be too long is refused, not cut: two long names must not become one file.
 */
import { AppError } from '#domain/errors.ts';

const devices = /^(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(\.|$)/i;
const forbidden = /[<>:"/\\|?*\u0000-\u001f\u007f]/g;
const maxBytes = 240;

/** @throws AppError `bad-argument` when the name is longer than file systems take. */
export function safeFileName(name: string): string {
  const plain = name
    .normalize('NFC')
    .replace(forbidden, '_')
    .replace(/[. ]+$/, '')
    .replace(/^\s+/, '');
  const named = plain === '' ? 'unnamed' : plain;
  const safe = devices.test(named) ? `_${named}` : named;
  if (Buffer.byteLength(safe) > maxBytes)
    throw new AppError(
      'bad-argument',
      `The name “${safe.slice(0, 40)}…” is too long for a file: give a shorter one.`,
    );
  return safe;
}
