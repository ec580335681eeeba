/**
 * Ways to run the matrix kernels (update-code.ts, gradient-rows-code.ts): how much a workgroup takes on, and what it puts
 * into its own memory. Which is quickest depends on the processor, so tuning.ts tries some. States come out the same to the
 * bit whichever runs: every cell's arithmetic is the same, in the same order. The sums of a rule's gradient are added up in
 * another order by other `rows`, `block`, `perception`, `isCompact` and `sums`, and differ in their last bits.
 */
import { BLOCK, type StepShape } from './automaton-code.ts';
import { largestRadius } from './perception-code.ts';

export interface Variant {
  /** Of a workgroup: 64, 128 or 256. */
  readonly threads: number;
  /** Cells to compute at a time. */
  readonly rows: number;
  /** Of them, those whose tile of the hidden values one thread has in registers. */
  readonly tileRows: number;
  /** Hidden values at a time, at most; a multiple of TILE. */
  readonly chunk: number;
  /** Cells that a workgroup looks through for those to compute. */
  readonly block: number;
  /** Whether the rule's weights are brought into workgroup memory, or read where they are, by way of the cache. */
  readonly weights: 'cached' | 'staged';
  /** Whether the states around a block, which then is a rectangle, are brought into workgroup memory. */
  readonly perception: 'cached' | 'staged';
  /** Whether only cells that count are computed, gathered one after another; else all, and some results are dropped. */
  readonly isCompact: boolean;
  /** Whether threads gather by the operations of their subgroups. */
  readonly subgroups: boolean;
  /** Where a workgroup adds up the rule's gradient within a step; registers hold only that of a small rule. */
  readonly sums: 'memory' | 'registers';
}

/** What a device can do, as far as the kernels' variants ask. */
export interface VariantLimits {
  readonly workgroupBytes: number;
  readonly threads: number;
  readonly subgroups: boolean;
}

const tiles: readonly (readonly [threads: number, rows: number, tileRows: number, chunk: number])[] = [
  [64, 32, 4, 64],
  [64, 16, 2, 64],
  [64, 32, 4, 32],
  [64, 16, 2, 32],
  [64, 8, 1, 32],
  [64, 8, 1, 8],
];

/** Larger ones, for processors with many threads and much workgroup memory. */
const largerTiles: typeof tiles = [
  [128, 64, 4, 64],
  [256, 64, 4, 128],
  [256, 128, 4, 64],
  [64, 64, 8, 64],
];

/** What every device can do that has the memory: of the plain variants, the first that `fits`. */
export function plainVariant(shape: StepShape, fits: (variant: Variant) => boolean): Variant | null {
  return tiles.map((tile) => plain(shape, tile)).find((variant) => fits(variant)) ?? null;
}

/** Others to try for its work, all of which fit: first by their tiles. */
export function largerVariants(shape: StepShape, fits: (variant: Variant) => boolean): Variant[] {
  return largerTiles.map((tile) => plain(shape, tile)).filter((variant) => fits(variant));
}

/** What to try of a variant beyond its tiles, each by itself, the most promising first. */
export function furtherVariants(
  shape: StepShape,
  { subgroups }: Pick<VariantLimits, 'subgroups'>,
): readonly Partial<Variant>[] {
  const { fireRate } = shape.automaton;
  return [
    { sums: 'registers' },
    { perception: 'staged' },
    { weights: 'staged' },
    // Where most cells fire, few of those computed for nothing are saved by gathering.
    ...(fireRate >= LEAST_WITHOUT_GATHERING ? [{ isCompact: false }] : []),
    ...(subgroups ? [{ subgroups: true }] : []),
  ];
}

/** A variant with a change; with smaller tiles, where it takes more memory than there is beside its own. */
export function changedVariant(
  shape: StepShape,
  variant: Variant,
  change: Partial<Variant>,
  fits: (variant: Variant) => boolean,
): Variant | null {
  const changed = { ...variant, ...change };
  if (fits(changed)) return changed;
  const tilesOf = ({ threads, rows, tileRows, chunk, block }: Variant): Partial<Variant> => ({
    ...{ threads, rows, tileRows, chunk, block },
  });
  const smaller = plainVariant(shape, (one) => fits({ ...changed, ...tilesOf(one) }));
  return smaller && { ...changed, ...tilesOf(smaller) };
}

const LEAST_WITHOUT_GATHERING = 0.7;

function plain(shape: StepShape, [threads, rows, tileRows, chunk]: (typeof tiles)[number]): Variant {
  return {
    ...{ threads, rows, tileRows, chunk, block: blockFor(shape, rows, Math.max(BLOCK, 2 * threads)) },
    ...{ weights: 'cached', perception: 'cached', isCompact: true, subgroups: false, sums: 'memory' },
  };
}

/**
 * About `wanted` cells, of which those that fire seldom are a few more than a multiple of `rows`: the last turn of a block
 * takes as long with one cell as with all.
 */
export function blockFor({ automaton }: StepShape, rows: number, wanted: number): number {
  const p = Math.min(1, Math.max(automaton.fireRate, 0.05));
  const turns = Math.max(1, Math.round((wanted * p) / rows));
  let block = Math.ceil((turns * rows) / p);
  while (block > 16 && block * p + 1.5 * Math.sqrt(block * p * (1 - p)) > turns * rows) block--;
  return Math.min(MOST_BLOCK, Math.max(16, block));
}

const MOST_BLOCK = 512;

/** The rectangle of a block: all of it where states are staged, else cells one after another, row after row. */
export interface BlockPlan {
  readonly height: number;
  readonly width: number;
  readonly across: number;
  readonly count: number;
  /** Cells around it that perception reads. */
  readonly halo: number;
}

export function blockPlan({ automaton, grid }: StepShape, { block, perception }: Variant): BlockPlan {
  const halo = Math.max(1, largestRadius(automaton.sobelSizes));
  const cells = grid.height * grid.width;
  if (perception === 'cached') {
    return { height: 1, width: block, across: 1, count: Math.ceil(cells / block), halo };
  }
  // The fewest blocks, and of those the ones with the smallest surroundings.
  let best: BlockPlan | null = null;
  for (let width = 1; width <= Math.min(grid.width, block); width++) {
    const height = Math.min(grid.height, Math.floor(block / width));
    const across = Math.ceil(grid.width / width);
    const plan = { height, width, across, count: across * Math.ceil(grid.height / height), halo };
    if (best === null || costOf(plan) < costOf(best)) best = plan;
  }
  return best!;
}

function costOf(plan: BlockPlan): number {
  return plan.count * (plan.height * plan.width + stagedCells(plan));
}

/** Cells of a block with what surrounds it. */
export function stagedCells({ height, width, halo }: BlockPlan): number {
  return (height + 2 * halo) * (width + 2 * halo);
}

/** For messages and reports, e.g. `128 threads, 64×64 tiles, staged states`. */
export function variantName({ threads, rows, chunk, block, ...variant }: Variant): string {
  return [
    `${threads} threads, ${rows}×${chunk} of ${block} cells`,
    ...(variant.perception === 'staged' ? ['staged states'] : []),
    ...(variant.weights === 'staged' ? ['staged weights'] : []),
    ...(variant.sums === 'registers' ? ['sums in registers'] : []),
    ...(variant.isCompact ? [] : ['every cell']),
    ...(variant.subgroups ? ['subgroups'] : []),
  ].join(', ');
}
