/** The first pictures of a repair bench side by side: the original, what was damaged, and what each way made of it. */
import sharp from 'sharp';
import type { Grid } from '#domain/automaton.ts';

const SHOWN = 10;
const SCALE = 3;

export async function writeSheet(
  path: string,
  {
    pictures,
    holes,
    results,
    grid,
  }: {
    readonly pictures: readonly Float32Array[];
    readonly holes: readonly Uint8Array[];
    readonly results: ReadonlyMap<string, readonly Float32Array[]>;
    readonly grid: Grid;
  },
): Promise<void> {
  const { height: H, width: W } = grid;
  const damaged = pictures.map((cells, i) => cells.map((value, at) => (holes[i][at >> 2] === 1 ? 0 : value)));
  const rows: (readonly Float32Array[])[] = [pictures, damaged];
  for (const repaired of results.values()) {
    rows.push(
      repaired.map((cells, i) => cells.map((v, at) => (holes[i][at >> 2] === 1 ? v : pictures[i][at]))),
    );
  }
  const columns = Math.min(SHOWN, pictures.length);
  const sheet = Buffer.alloc(rows.length * H * columns * W * 3, 255);
  for (const [r, row] of rows.entries()) {
    for (let column = 0; column < Math.min(columns, row.length); column++) {
      for (let y = 0; y < H; y++) {
        for (let x = 0; x < W; x++) {
          const from = (y * W + x) * 4;
          const alpha = Math.min(1, row[column][from + 3]);
          const to = ((r * H + y) * columns * W + column * W + x) * 3;
          for (let c = 0; c < 3; c++) {
            sheet[to + c] = Math.max(0, Math.min(255, Math.round((row[column][from + c] + 1 - alpha) * 255)));
          }
        }
      }
    }
  }
  const raw = { width: columns * W, height: rows.length * H, channels: 3 as const };
  await sharp(sheet, { raw })
    .resize(raw.width * SCALE, raw.height * SCALE, { kernel: 'nearest' })
    .png()
    .toFile(path);
}
