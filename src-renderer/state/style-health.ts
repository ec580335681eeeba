/** What is known of how styles fare beyond their training; asked once a rule while the window is open. */
import type { StyleHealth } from '#contract/shapes/library.ts';
import { client } from '../lib/client.ts';

const known = new Map<string, StyleHealth>();

export function knownHealth(ruleHash: string): StyleHealth | null {
  return known.get(ruleHash) ?? null;
}

/** @returns null where it cannot be had, or was given up */
export async function askHealth(
  { id, ruleHash }: { readonly id: string; readonly ruleHash: string },
  signal: AbortSignal,
): Promise<StyleHealth | null> {
  try {
    const health = await client.call('styles.health', { styleId: id }, { signal });
    known.set(ruleHash, health);
    return health;
  } catch {
    // A rule that does not grow says so where it is grown.
    return null;
  }
}
