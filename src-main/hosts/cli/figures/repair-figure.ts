/**
 * Figure 4b of Chen & Wang: pictures that lost circles, and what grows from the damaged ones; below it the same, locked
 * (see patch-grower.ts). Scores are of the inside of the holes.
 */
import { createRandom } from '#domain/random.ts';
import { scoreInside } from '#engine/metrics/masked-score.ts';
import { psnrOfError } from '#engine/metrics/psnr.ts';
import type { RolloutImplementation } from '#engine/rollout/rollout.ts';
import { cutCircles, drawCircles } from '#engine/training/damage.ts';
import type { OpenModel } from '#hosts/engine/model-files.ts';
import { modelGrower } from '#hosts/engine/repair/patch-grower.ts';
import { loadDataset } from '#media/dataset.ts';
import { stateToImage, type RgbaImage } from '#media/pixels.ts';
import { drawSheet } from '#media/sheet.ts';
import { sampleEmoji } from '../bundled.ts';
import { backgroundOf } from '../growth-options.ts';
import { putPng, type FigureContext } from './figure.ts';

export const repairModelName = 'emoji';

export interface RepairFigureContext extends FigureContext {
  readonly model: OpenModel;
  readonly implementation: RolloutImplementation;
  readonly signal: AbortSignal;
}

/** The paper's. */
const DAMAGE = { circles: 8, minRadius: 0.02, maxRadius: 0.05 };
/** Not picked: every so-manyth of the sample's. */
const PICTURES = 12;
const LOOK = { scale: 3, gap: 8, labelScale: 2 } as const;

export async function figure4b(context: RepairFigureContext): Promise<void> {
  const { model, implementation, signal } = context;
  const { grid, image } = model.spec;
  const dataset = await loadDataset(sampleEmoji, { grid, image, enlarge: true });
  const every = Math.max(1, Math.floor(dataset.names.length / PICTURES));
  const plain = modelGrower(model, { lock: 'plain', implementation });
  const meeting = modelGrower(model, { lock: 'best', implementation });
  const shown = (cells: Float32Array) => stateToImage(cells, { ...grid, channels: 4 });
  const columns: RgbaImage[][] = [];
  const errors = { plain: 0, meeting: 0 };
  for (let i = 0; i < PICTURES && i * every < dataset.names.length; i++) {
    const cells = dataset.batch([i * every]);
    const damaged = cells.slice();
    const intact = new Float32Array(grid.height * grid.width).fill(1);
    const circles = drawCircles(DAMAGE, grid, createRandom(i + 1));
    cutCircles(intact, grid, 1, 0, circles);
    cutCircles(damaged, grid, 4, 0, circles);
    const hole = Uint8Array.from(intact, (value) => 1 - value);
    const patch = {
      ...{ cells, hole, isFirst: true, isOpaque: image !== 'rgba' },
      signal,
      phase: () => Promise.resolve(),
    };
    const [grown, met] = [await plain.grow(patch), await meeting.grow(patch)];
    const repaired = met.map((value, at) => (hole[at >> 2] === 1 ? value : cells[at]));
    errors.plain += scoreInside(grown, cells, hole, { ...grid, channels: 4 }).mse / PICTURES;
    errors.meeting += scoreInside(repaired, cells, hole, { ...grid, channels: 4 }).mse / PICTURES;
    columns.push([cells, damaged, grown, repaired].map(shown));
  }
  const rowLabels = ['picture', 'damaged', 'grown', 'repaired'];
  const rows = rowLabels.map((_, row) => columns.map((column) => column[row]));
  const sheet = drawSheet(rows, { ...LOOK, background: backgroundOf(model.spec), rowLabels });
  const [before, after] = [psnrOfError(errors.plain).toFixed(1), psnrOfError(errors.meeting).toFixed(1)];
  await putPng(
    context,
    'figure-4b.png',
    sheet,
    `damaged emoji, what grows from them, and the same locked: ${before} and ${after} dB inside the holes`,
  );
}
