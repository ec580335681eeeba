/** Where a key takes the keyboard's place in a grid that is read in rows. */
export interface GridPlace {
  readonly at: number;
  readonly total: number;
  readonly columns: number;
  /** Rows on the screen, for Page Up and Page Down. */
  readonly pageRows: number;
}

/** @returns the new place, the same at an edge; null for a key that moves nothing. */
export function gridMove(key: string, { at, total, columns, pageRows }: GridPlace): number | null {
  if (total === 0) return null;
  const last = total - 1;
  const down = (rows: number): number => {
    const to = at + rows * columns;
    if (to <= last) return to;
    // A short last row is entered at its end.
    return Math.floor(last / columns) > Math.floor(at / columns) ? last : at;
  };
  const up = (rows: number): number => {
    const steps = Math.min(rows, Math.floor(at / columns));
    return at - steps * columns;
  };
  switch (key) {
    case 'ArrowRight':
      return Math.min(at + 1, last);
    case 'ArrowLeft':
      return Math.max(at - 1, 0);
    case 'ArrowDown':
      return down(1);
    case 'ArrowUp':
      return up(1);
    case 'PageDown':
      return down(pageRows);
    case 'PageUp':
      return up(pageRows);
    case 'Home':
      return 0;
    case 'End':
      return last;
    default:
      return null;
  }
}
