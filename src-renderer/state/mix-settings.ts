/**
 * What the Mixer's controls are set to, and the mix that this means. Every slot has one amount, from 0 to 10, which all
 * modes with shares read in their own way: turns as whole numbers, the others as they are. Areas have a map instead.
 */
import type { LatentPath, Mix, MixMode } from '#domain/mix.ts';
import type { AreaMap } from '../canvas/area-map.ts';

export type MixKind = Mix['kind'];

export interface MixSettings {
  readonly kind: MixKind;
  /** One a slot. */
  readonly amounts: readonly number[];
  readonly path: LatentPath;
  /** Of the edges of areas, in cells. */
  readonly softness: number;
  readonly map: AreaMap;
  /** Factor on every update; null is the first style's own. */
  readonly gain: number | null;
}

export const mixKinds: readonly MixKind[] = ['turns', 'random', 'weights', 'latent', 'areas'];
export const amounts = { most: 10, usual: 5, fine: 0.1 } as const;
export const mostSoftness = 16;
/** Beyond this little but noise grows. */
export const gains = { least: 0.5, most: 1.5, fine: 0.01, usual: 1 } as const;

export function mixOf({ gain, ...settings }: MixSettings): Mix {
  const mode = modeOf(settings);
  return gain === null ? mode : { ...mode, gain };
}

function modeOf({ kind, amounts: given, path, softness, map }: Omit<MixSettings, 'gain'>): MixMode {
  switch (kind) {
    case 'turns':
      return { kind, ratio: turnRatio(given) };
    case 'random':
    case 'weights':
      return { kind, weights: shares(given) };
    case 'latent':
      return { kind, weights: shares(given), path };
    case 'areas':
      return { kind, map: { height: map.height, width: map.width, cells: map.cells.join(''), softness } };
    default:
      return kind satisfies never;
  }
}

/** In the smallest whole numbers; a style with an amount has a turn, and if all are 0, all have one. */
export function turnRatio(given: readonly number[]): number[] {
  const whole = given.map((amount) => (amount > 0 ? Math.max(1, Math.round(amount)) : 0));
  const divisor = whole.reduce(greatestCommonDivisor, 0);
  return divisor === 0 ? given.map(() => 1) : whole.map((amount) => amount / divisor);
}

/** Their sum is 1, but for rounding to thousandths; if all are 0, they are alike. */
export function shares(given: readonly number[]): number[] {
  const sum = given.reduce((total, amount) => total + amount, 0);
  return given.map((amount) => Math.round((sum > 0 ? amount / sum : 1 / given.length) * 1000) / 1000);
}

/** The amounts of the slots after some were taken, added or moved: a style keeps its own. */
export function amountsAfter(
  before: readonly string[],
  given: readonly number[],
  after: readonly string[],
): number[] {
  const free = before.map((id, slot) => ({ id, amount: given[slot] ?? amounts.usual }));
  return after.map((id) => {
    const at = free.findIndex((slot) => slot.id === id);
    return at < 0 ? amounts.usual : free.splice(at, 1)[0].amount;
  });
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}
