/**
 * How several rules work on one state. `turns`, `random` and `areas` leave the rules as they are and say which one a
 * cell follows in a step; `weights` and `latent` make one rule of them, once. Shares have one value a style, in the
 * styles' order, and count in proportion. What each mode does to the last bit: domain/mix-choice.ts and mix-blend.ts.
 */
import { AppError } from './errors.ts';

export type Mix = MixMode & {
  /** Factor on every update, 0…10, e.g. the authors' 0.99 in colour; the first style's own if left out. */
  readonly gain?: number | undefined;
};

export type MixMode =
  /** One rule a step for all cells, spread evenly: 2:1 is AAB. Integers; no ratio at all is one turn each. */
  | { readonly kind: 'turns'; readonly ratio: readonly number[] }
  /** Every cell draws its rule anew in every step, with these odds. */
  | { readonly kind: 'random'; readonly weights: readonly number[] }
  /** The values of the rules averaged. */
  | { readonly kind: 'weights'; readonly weights: readonly number[] }
  /** The latents averaged, or gone between on a sphere, then decoded by the model that made them. */
  | { readonly kind: 'latent'; readonly weights: readonly number[]; readonly path: LatentPath }
  /** A painted map says which rule acts where. */
  | { readonly kind: 'areas'; readonly map: AreaMap };

export type LatentPath = 'linear' | 'spherical';

export interface AreaMap {
  /** Of the map; stretched over the grid where that is another. */
  readonly height: number;
  readonly width: number;
  /** The style of each cell as one digit, 0…3, row by row: height·width characters. */
  readonly cells: string;
  /**
   * Width of the edges, in cells of the grid: within it, a cell draws its rule anew in every step, by how much of the
   * square around it, 2·softness + 1 cells a side, each style has. 0: hard edges.
   */
  readonly softness: number;
}

/** The styles that one mix can have. */
export const MOST_STYLES = 4;
export const MOST_GAIN = 10;

/** The paper's: one after another. */
export function evenTurns(styles: number): Mix {
  return { kind: 'turns', ratio: new Array<number>(styles).fill(1) };
}

/** With its ratio written out. */
export function completeMix(mix: Mix, styles: number): Mix {
  return mix.kind === 'turns' && mix.ratio.length === 0 ? { ...mix, ...evenTurns(styles) } : mix;
}

/** Whether one rule can stand for it: such a mix can be saved as a style. */
export function isOneRule({ kind }: Mix): boolean {
  return kind === 'weights' || kind === 'latent';
}

/** @throws AppError bad-argument where it does not fit so many styles, or gives none of them a share */
export function checkMix(mix: Mix, styles: number): void {
  const { gain = 1 } = mix;
  if (!(gain >= 0 && gain <= MOST_GAIN)) {
    fail(`The gain of a mix is a number from 0 to ${MOST_GAIN}, and this is ${gain}: choose another.`);
  }
  if (mix.kind === 'areas') {
    checkMap(mix.map, styles);
    return;
  }
  const shares = mix.kind === 'turns' ? mix.ratio : mix.weights;
  if (mix.kind === 'turns' && shares.length === 0) return;
  const what = mix.kind === 'turns' ? 'ratio' : 'weights';
  if (shares.length !== styles) {
    fail(`The mix has ${what} for ${shares.length} styles, and there are ${styles}: give one for each.`);
  }
  const isRight = (share: number): boolean =>
    share >= 0 && (mix.kind === 'turns' ? Number.isInteger(share) && share <= 1000 : share <= 1e6);
  const wrong = shares.find((share) => !isRight(share));
  if (wrong !== undefined) {
    const wanted = mix.kind === 'turns' ? 'integers from 0 to 1,000' : 'numbers from 0 to 1,000,000';
    fail(`The ${what} of a mix are ${wanted}, and one is ${wrong}: choose another.`);
  }
  if (!shares.some((share) => share > 0)) {
    fail(`The ${what} of the mix are all 0: give one style more than that.`);
  }
}

function checkMap({ height, width, cells, softness }: AreaMap, styles: number): void {
  if (cells.length !== height * width) {
    fail(`The map of areas has ${cells.length} cells, and ${height}×${width} were expected: paint it again.`);
  }
  for (const digit of new Set(cells)) {
    if (!/^[0-3]$/.test(digit) || Number(digit) >= styles) {
      fail(
        `The map of areas names a style “${digit}”, and there are ${styles}, counted from 0: paint it again.`,
      );
    }
  }
  if (!Number.isInteger(softness) || softness < 0 || softness > 64) {
    fail(`The softness of areas is an integer from 0 to 64, and this is ${softness}: choose another.`);
  }
}

function fail(sentence: string): never {
  throw new AppError('bad-argument', sentence);
}
