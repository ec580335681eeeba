/** What a hole would be if it were only smooth: each of its cells the mean of those beside it, from the edge inwards. */

/** Enough for holes of tens of cells a side; what is left is far below a grey level. */
const ROUNDS = 150;

/**
 * @param values [H, W, channels]; what is in the hole is not looked at
 * @param hole [H, W], 1 inside
 * @returns [H, W, channels], as `values` outside the hole; zero where there is nothing around
 */
export function smoothlyFilled(values: Float32Array, hole: Uint8Array, width: number): Float32Array {
  const height = hole.length / width;
  const channels = values.length / hole.length;
  const filled = values.slice();
  const known = Uint8Array.from(hole, (inside) => (inside === 1 ? 0 : 1));
  const cells = [...hole.keys()].filter((cell) => hole[cell] === 1);
  for (const cell of cells) filled.fill(0, cell * channels, (cell + 1) * channels);
  for (let round = 0; round < ROUNDS; round++) {
    for (const cell of cells) {
      const [x, y] = [cell % width, Math.floor(cell / width)];
      const beside = [
        x > 0 ? cell - 1 : -1,
        x < width - 1 ? cell + 1 : -1,
        y > 0 ? cell - width : -1,
        y < height - 1 ? cell + width : -1,
      ].filter((other) => other >= 0 && known[other] === 1);
      if (beside.length === 0) continue;
      known[cell] = 1;
      for (let c = 0; c < channels; c++) {
        let sum = 0;
        for (const other of beside) sum += filled[other * channels + c];
        filled[cell * channels + c] = sum / beside.length;
      }
    }
  }
  return filled;
}
