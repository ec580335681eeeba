/**
 * Which variant of a matrix kernel runs, for each kind of work: found by tuning.ts, kept while the device is there, and
 * handed out as plain values, so that the next start takes the same and what is computed again comes out the same. What
 * nothing was chosen for runs the plain variant.
 */
import type { StepShape } from './code/automaton-code.ts';
import type { Variant } from './code/variant.ts';

export type MatrixKernel = 'update' | 'rows';

/** By the key of their work. */
export type ChosenVariants = Readonly<Record<string, Variant>>;

/** Batches of about the same size are one kind of work. */
export function workKey(kernel: MatrixKernel, { automaton, grid, half }: StepShape, batch: number): string {
  const { channels, hidden, sobelSizes, fireRate } = automaton;
  const most = 2 ** Math.ceil(Math.log2(Math.max(1, batch)));
  const sizes = `${channels}/${hidden}/${sobelSizes.join('+')}`;
  return `${kernel} ${sizes} ${grid.height}×${grid.width} ≤${most} ${fireRate}${half === true ? ' f16' : ''}`;
}

export class VariantChoices {
  readonly #chosen = new Map<string, Variant>();

  of(kernel: MatrixKernel, shape: StepShape, batch: number): Variant | null {
    return this.#chosen.get(workKey(kernel, shape, batch)) ?? null;
  }

  choose(kernel: MatrixKernel, shape: StepShape, batch: number, variant: Variant): void {
    this.#chosen.set(workKey(kernel, shape, batch), variant);
  }

  /** To be kept beside what is remembered of the processor. */
  all(): ChosenVariants {
    return Object.fromEntries(this.#chosen);
  }

  /** Takes what was kept; anything that is no variant is left out, and found anew. */
  restore(kept: unknown): void {
    if (typeof kept !== 'object' || kept === null) return;
    for (const [key, value] of Object.entries(kept)) {
      const variant = variantOf(value);
      if (variant !== null) this.#chosen.set(key, variant);
    }
  }
}

const checks: Readonly<Record<keyof Variant, (value: unknown) => boolean>> = {
  threads: (value) => [64, 128, 256].includes(value as number),
  rows: isCount,
  tileRows: (value) => [1, 2, 4, 8].includes(value as number),
  chunk: (value) => isCount(value) && (value as number) % 8 === 0,
  block: isCount,
  weights: isPlace,
  perception: isPlace,
  isCompact: (value) => typeof value === 'boolean',
  subgroups: (value) => typeof value === 'boolean',
  sums: (value) => value === 'memory' || value === 'registers',
};

function variantOf(value: unknown): Variant | null {
  if (typeof value !== 'object' || value === null) return null;
  const given = value as Record<string, unknown>;
  const names = Object.keys(checks) as (keyof Variant)[];
  return names.every((name) => checks[name](given[name]))
    ? (Object.fromEntries(names.map((name) => [name, given[name]])) as unknown as Variant)
    : null;
}

function isCount(value: unknown): boolean {
  return Number.isInteger(value) && (value as number) >= 1 && (value as number) <= 512;
}

function isPlace(value: unknown): boolean {
  return value === 'cached' || value === 'staged';
}
