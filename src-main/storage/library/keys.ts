/** Ids, and the forms of names that are compared. */
import { randomBytes } from 'node:crypto';

/** 16 characters; two of 10⁹ are the same with a chance of 1 in 37. Fits the contract's `id`. */
export function freshId(): string {
  return randomBytes(8).toString('hex');
}

/** What two spellings of one tag share. */
export function tagKey(name: string): string {
  return name.normalize('NFC').toLowerCase();
}

/** Sorts names as people do: without case and accents, and 2 before 10. */
export function nameKey(name: string): string {
  return name
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/\d+/g, (digits) => digits.replace(/^0+(?=\d)/, '').padStart(16, '0'));
}
