/**
 * A family as it is drawn: the one it is about in the middle row, parents above, children below, each generation a row.
 * Pure: who is kin to whom comes in, rows and lines come out. Someone who is kin in two ways appears once, nearest to
 * the middle.
 */
import type { ItemRef, Relative } from '#contract/shapes/library.ts';

export interface Kin {
  readonly self: Relative;
  readonly parents: readonly Relative[];
  readonly children: readonly Relative[];
}

export interface TreeNode {
  readonly item: Relative;
  /** Below 0 for ancestors, 0 for the middle. */
  readonly generation: number;
  /** From the left, in places of its row; rows are centred on each other. */
  readonly place: number;
}

export interface Tree {
  readonly nodes: readonly TreeNode[];
  /** From parent to child, as indices of nodes. */
  readonly lines: readonly (readonly [parent: number, child: number])[];
  readonly firstGeneration: number;
  readonly generations: number;
  /** Of the longest row. */
  readonly widest: number;
  /** How many more there are in rows that are full. */
  readonly leftOut: number;
}

export function kinKey({ kind, id }: ItemRef): string {
  return `${kind}:${id}`;
}

/**
 * @param known By kinKey; those who are not in it have no kin as far as is known.
 * @param mostPlaces Of a row.
 */
export function layOutTree(known: ReadonlyMap<string, Kin>, middle: ItemRef, mostPlaces: number): Tree {
  const self = known.get(kinKey(middle));
  if (self === undefined)
    return { nodes: [], lines: [], firstGeneration: 0, generations: 0, widest: 0, leftOut: 0 };
  const generations = new Map<string, { item: Relative; generation: number }>();
  generations.set(kinKey(middle), { item: self.self, generation: 0 });
  let leftOut = 0;
  const rows = new Map<number, Relative[]>([[0, [self.self]]]);
  const walk = (direction: -1 | 1): void => {
    for (let generation = 0; ; generation += direction) {
      const next: Relative[] = [];
      for (const item of rows.get(generation) ?? []) {
        const kin = known.get(kinKey(item));
        for (const relative of (direction < 0 ? kin?.parents : kin?.children) ?? []) {
          if (generations.has(kinKey(relative))) continue;
          if (next.length >= mostPlaces) {
            leftOut += 1;
            continue;
          }
          generations.set(kinKey(relative), { item: relative, generation: generation + direction });
          next.push(relative);
        }
      }
      if (next.length === 0) return;
      rows.set(generation + direction, next);
    }
  };
  walk(-1);
  walk(1);
  const nodes = [...rows]
    .sort(([a], [b]) => a - b)
    .flatMap(([generation, items]) => items.map((item, place) => ({ item, generation, place })));
  const index = new Map(nodes.map(({ item }, at) => [kinKey(item), at]));
  const lines = new Map<string, readonly [number, number]>();
  const join = (parent: Relative, child: Relative): void => {
    const from = index.get(kinKey(parent));
    const to = index.get(kinKey(child));
    if (from !== undefined && to !== undefined) lines.set(`${from} ${to}`, [from, to]);
  };
  for (const { item } of nodes) {
    const kin = known.get(kinKey(item));
    for (const parent of kin?.parents ?? []) join(parent, item);
    for (const child of kin?.children ?? []) join(item, child);
  }
  return {
    nodes,
    lines: [...lines.values()],
    firstGeneration: Math.min(...rows.keys()),
    generations: rows.size,
    widest: Math.max(...[...rows.values()].map(({ length }) => length)),
    leftOut,
  };
}
