/**
 * The smooth way into a hole: values that have no bend inside it (Laplace's equation), found by over-relaxation. For
 * what a hole is like before anything is known of it, and for closing the seam around what has grown: what the edge is
 * off by is spread over the inside and added (Pérez, Gangnet & Blake 2003, "Poisson Image Editing").
 */

/** Enough for holes of tens of cells a side; what is left is below a grey level. */
const ROUNDS = 60;
const RELAXATION = 1.8;

/**
 * @param values [H, W, channels]; what is in the hole is not looked at
 * @param hole [H, W], 1 inside
 * @returns [H, W, channels], as `values` outside the hole; zero where there is nothing around
 */
export function smoothlyFilled(values: Float32Array, hole: Uint8Array, width: number): Float32Array {
  const channels = values.length / hole.length;
  const filled = values.slice();
  const cells = layersOf(hole, width);
  if (cells.length === hole.length) return filled.fill(0);
  const beside = cells.map((cell) => neighbours(cell, width, hole.length));
  const isKnown = Uint8Array.from(hole, (inside) => 1 - inside);
  for (const [i, cell] of cells.entries()) {
    const known = beside[i].filter((other) => isKnown[other] === 1);
    for (let c = 0; c < channels; c++) {
      let sum = 0;
      for (const other of known) sum += filled[other * channels + c];
      filled[cell * channels + c] = sum / known.length;
    }
    isKnown[cell] = 1;
  }
  for (let round = 0; round < ROUNDS; round++) {
    for (let i = 0; i < cells.length; i++) {
      const others = beside[i];
      for (let c = 0; c < channels; c++) {
        let sum = 0;
        for (let n = 0; n < others.length; n++) sum += filled[others[n] * channels + c];
        const at = cells[i] * channels + c;
        filled[at] += RELAXATION * (sum / others.length - filled[at]);
      }
    }
  }
  return filled;
}

/** What has grown, moved so that it meets what is known at the hole's edge; outside the hole, what is known. */
export function meetingEdge(
  grown: Float32Array,
  known: Float32Array,
  hole: Uint8Array,
  width: number,
): Float32Array {
  const off = smoothlyFilled(
    known.map((value, i) => value - grown[i]),
    hole,
    width,
  );
  return off.map((value, i) => grown[i] + value);
}

/** The cells of the hole from the edge inwards: each has a neighbour that is known or comes before it. */
function layersOf(hole: Uint8Array, width: number): number[] {
  const isTaken = Uint8Array.from(hole, (inside) => 1 - inside);
  const cells: number[] = [];
  let edge = [...hole.keys()].filter(
    (cell) => hole[cell] === 1 && neighbours(cell, width, hole.length).some((other) => hole[other] === 0),
  );
  if (edge.length === 0) return [...hole.keys()].filter((cell) => hole[cell] === 1);
  while (edge.length > 0) {
    for (const cell of edge) isTaken[cell] = 1;
    cells.push(...edge);
    const next = new Set<number>();
    for (const cell of edge) {
      for (const other of neighbours(cell, width, hole.length)) if (isTaken[other] === 0) next.add(other);
    }
    edge = [...next];
  }
  return cells;
}

function neighbours(cell: number, width: number, size: number): number[] {
  const column = cell % width;
  const found: number[] = [];
  if (column > 0) found.push(cell - 1);
  if (column < width - 1) found.push(cell + 1);
  if (cell >= width) found.push(cell - width);
  if (cell + width < size) found.push(cell + width);
  return found;
}
