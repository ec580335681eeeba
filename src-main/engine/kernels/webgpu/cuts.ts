/**
 * A dispatch that would keep the processor too long, as several over parts of its workgroups. Workgroups of one dispatch do
 * not see each other's results, so whoever tells them where their part begins gets the same to the last bit.
 */
export type Workgroups = readonly [x: number, y: number, z: number];

export interface Cut {
  /** The first workgroup. */
  readonly origin: Workgroups;
  readonly groups: Workgroups;
  /** Of the whole dispatch's work. */
  readonly units: number;
}

/**
 * Parts in their order that make up the whole, none with more than `most` units as far as single workgroups allow.
 * @param units of the whole, alike in all workgroups
 */
export function cutsOf([x, y, z]: Workgroups, units: number, most: number): Cut[] {
  const all = x * y * z;
  const each = units / all;
  const fitting = units <= most ? all : Math.max(1, Math.floor(most / each));
  const depth = Math.max(1, Math.floor(fitting / (x * y)));
  const height = Math.min(y, Math.max(1, Math.floor(fitting / x)));
  const width = Math.min(x, fitting);
  const cuts: Cut[] = [];
  for (let k = 0; k < z; k += depth) {
    for (let j = 0; j < y; j += height) {
      for (let i = 0; i < x; i += width) {
        const groups = [Math.min(width, x - i), Math.min(height, y - j), Math.min(depth, z - k)] as const;
        cuts.push({ origin: [i, j, k], groups, units: each * groups[0] * groups[1] * groups[2] });
      }
    }
  }
  return cuts;
}
