/**
 * Repair, scored where the original is known: a folder of pictures that the model has not seen, each damaged in a known
 * way and repaired locked, unlocked, by a rule that learned it, and, as a peer, by OpenCV. Scores are of the inside of
 * the masks only, on premultiplied RGBA: the mean over the pictures of PSNR (dB) and SSIM.
 *
 *   node test/bench/repair.ts MODEL FOLDER [--count 100] [--learn 10] [--iterations 400] [--python PYTHON] [--sheet FILE]
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import process from 'node:process';
import { parseArgs } from 'node:util';
import type { Grid } from '#domain/automaton.ts';
import { createRandom, type Random } from '#domain/random.ts';
import { scoreInside } from '#engine/metrics/masked-score.ts';
import { smoothlyFilled } from '#engine/repair/surroundings.ts';
import { cutCircles, drawCircles } from '#engine/training/damage.ts';
import { openEncoderModel } from '#hosts/engine/model-files.ts';
import { openEngine } from '#hosts/engine/open-engine.ts';
import { learningGrower, modelGrower, type PatchGrower } from '#hosts/engine/repair/patch-grower.ts';
import { loadDataset } from '#media/dataset.ts';
import { writeSheet } from './repair-sheet.ts';

const paperDamage = { circles: 8, minRadius: 0.02, maxRadius: 0.05 };
const RADIUS = 3;

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    count: { type: 'string', default: '100' },
    learn: { type: 'string', default: '10' },
    iterations: { type: 'string', default: '400' },
    python: { type: 'string' },
    sheet: { type: 'string' },
  },
});
const [modelPath, folder] = positionals;
const engine = await openEngine({ backend: 'auto' });
const model = await openEncoderModel(modelPath);
const { grid, image } = model.spec;
const { implementation } = engine;
const dataset = await loadDataset(folder, { grid, image, enlarge: true, limit: Number(values.count) });
const pictures = dataset.names.map((_, i) => dataset.batch([i]));

const growers: Readonly<Record<string, { readonly grower: PatchGrower; readonly count: number }>> = {
  locked: { grower: modelGrower(model, { lock: 'best', implementation }), count: pictures.length },
  'grown whole, met': {
    grower: modelGrower(model, { lock: 'meet', implementation }),
    count: pictures.length,
  },
  'unlocked (paper)': {
    grower: modelGrower(model, { lock: 'plain', implementation }),
    count: pictures.length,
  },
  learned: {
    grower: learningGrower(model, learning()),
    count: Math.min(pictures.length, Number(values.learn)),
  },
  'learned, no model': {
    grower: learningGrower(null, learning()),
    count: Math.min(pictures.length, Number(values.learn)),
  },
};

for (const damage of ['circles', 'box'] as const) {
  const holes = pictures.map((_, i) => holeOf(damage, grid, createRandom(i + 1)));
  const results = new Map<string, Float32Array[]>();
  results.set(
    'smooth fill',
    pictures.map((cells, i) => smoothlyFilled(cells, holes[i], grid.width)),
  );
  if (values.python !== undefined) {
    for (const method of ['telea', 'ns'])
      results.set(`OpenCV ${method}`, inpainted(values.python, method, holes));
  }
  for (const [name, { grower, count }] of Object.entries(growers)) {
    const startMs = performance.now();
    const repaired: Float32Array[] = [];
    for (let i = 0; i < count; i++) repaired.push(await grown(grower, pictures[i], holes[i]));
    results.set(name, repaired);
    if (count > 0)
      process.stderr.write(`${name}: ${((performance.now() - startMs) / count / 1000).toFixed(2)} s each\n`);
  }
  for (const [name, repaired] of results) report(damage, name, repaired, holes);
  if (values.sheet !== undefined) {
    await writeSheet(`${values.sheet}-${damage}.png`, { pictures, holes, results, grid });
  }
}
model.dispose();
engine.dispose();

function learning() {
  return {
    ...{ lock: 'hold' as const, implementation, iterations: Number(values.iterations) },
    isStopped: () => false,
    onNotice: () => undefined,
  };
}

/** [H, W], 1 inside: the paper's circles, or a box of a quarter of the picture. */
function holeOf(damage: 'circles' | 'box', { height, width }: Grid, random: Random): Uint8Array {
  const hole = new Uint8Array(height * width);
  if (damage === 'circles') {
    const ones = new Float32Array(height * width).fill(1);
    cutCircles(ones, grid, 1, 0, drawCircles(paperDamage, grid, random));
    return Uint8Array.from(ones, (value) => 1 - value);
  }
  const [boxHeight, boxWidth] = [height >> 1, width >> 1];
  const top = Math.floor(random.next() * (height - boxHeight + 1));
  const left = Math.floor(random.next() * (width - boxWidth + 1));
  for (let y = top; y < top + boxHeight; y++) hole.fill(1, y * width + left, y * width + left + boxWidth);
  return hole;
}

function grown(grower: PatchGrower, cells: Float32Array, hole: Uint8Array): Promise<Float32Array> {
  const { signal } = new AbortController();
  const phase = (): Promise<void> => Promise.resolve();
  return grower.grow({ cells, hole, isFirst: true, isOpaque: image !== 'rgba', signal, phase });
}

function inpainted(python: string, method: string, holes: readonly Uint8Array[]): Float32Array[] {
  const { height, width } = grid;
  const header = Buffer.from(Int32Array.of(pictures.length, height, width).buffer);
  const parts = pictures.flatMap((cells, i) => [
    Buffer.from(Uint8Array.from(cells, (value) => Math.round(value * 255))),
    Buffer.from(holes[i].map((inside) => inside * 255)),
  ]);
  const peer = join(import.meta.dirname, 'opencv_peer.py');
  const { stdout, status, stderr } = spawnSync(python, [peer, method, String(RADIUS)], {
    ...{ input: Buffer.concat([header, ...parts]), maxBuffer: 1 << 30 },
  });
  if (status !== 0) throw new Error(`OpenCV: ${stderr.toString()}`);
  const size = height * width * 4;
  return pictures.map((_, i) => Float32Array.from(stdout.subarray(i * size, (i + 1) * size), (v) => v / 255));
}

function report(
  damage: string,
  name: string,
  repaired: readonly Float32Array[],
  holes: readonly Uint8Array[],
): void {
  if (repaired.length === 0) return;
  const shape = { ...grid, channels: 4 };
  const scores = repaired.map((cells, i) => {
    const hole = holes[i];
    const whole = cells.map((value, at) => (hole[at >> 2] === 1 ? value : pictures[i][at]));
    return scoreInside(whole, pictures[i], hole, shape);
  });
  const mean = (of: readonly number[]): number => of.reduce((sum, value) => sum + value, 0) / of.length;
  const psnr = mean(scores.map((score) => score.psnr)).toFixed(2);
  const ssim = mean(scores.map((score) => score.ssim).filter(Number.isFinite)).toFixed(3);
  process.stdout.write(`${damage}  ${name.padEnd(20)} ${psnr} dB  SSIM ${ssim}  n=${scores.length}\n`);
}
