/**
 * Figures 1 to 4a of Chen & Wang, "Image Generation With Neural Cellular Automatas", with digits that the bundled model
 * was not trained on: one growing, several at named steps, targets beside what grew, and two rules taking turns.
 */
import { growthMoments, grown, momentsEvery, type GrowthPlan } from '#app/growing.ts';
import type { RuleValues } from '#domain/automaton.ts';
import type { ModelSpec } from '#domain/model-spec.ts';
import { meanScore, visibleRgba } from '#engine/metrics/score.ts';
import type { Weights } from '#engine/network/weights.ts';
import { scorePictures } from '#engine/training/evaluate.ts';
import { loadDataset } from '#media/dataset.ts';
import type { RgbaImage } from '#media/pixels.ts';
import { drawSheet } from '#media/sheet.ts';
import { heldOutDigits } from '../bundled.ts';
import { backgroundOf } from '../growth-options.ts';
import { encodeRules } from '#hosts/engine/encode-picture.ts';
import { layoutOf, picturesOf, putGif, putPng, stepLabel, type FigureContext } from './figure.ts';

export interface DigitFigureContext extends FigureContext {
  readonly model: { readonly spec: ModelSpec; readonly weights: Weights };
}

/** Places in the sample of held-out digits: one of each kind, 0 to 9, picked for their clear shapes. */
const ONE_OF_EACH = [3, 33, 11, 7, 4, 14, 15, 34, 62, 13];
const GROWING = 75;
/** Not picked: the sample's first. */
const RECONSTRUCTED = Array.from({ length: 30 }, (_, place) => place);
const RECONSTRUCTED_A_ROW = 10;
const FUSED: readonly (readonly [number, number])[] = [
  [5, 34],
  [75, 62],
  [7, 62],
  [8, 13],
  [62, 15],
  [33, 75],
  [34, 13],
  [5, 62],
];
/** Where to look at a growth, as shares of its steps: most happens late. */
const MOMENTS = [0, 1 / 4, 1 / 2, 9 / 16, 10 / 16, 11 / 16, 12 / 16, 13 / 16, 14 / 16, 1];
const LOOK = { scale: 3, gap: 8, labelScale: 2 } as const;
const SEED = 1;

export async function figure1(context: DigitFigureContext): Promise<void> {
  const { spec } = context.model;
  const background = backgroundOf(spec);
  const { rules } = await digitsAt(context, [GROWING]);
  const plan = { spec, rules: [rules], seed: SEED };
  const frames = await picturesAt(context, plan, momentsEvery(spec.steps, 1));
  const gif = { scale: 10, background, framesPerSecond: 20 };
  await putGif(
    context,
    'figure-1.gif',
    frames.map(([frame]) => frame),
    gif,
    `a digit growing in ${spec.steps} steps`,
  );
  const steps = namedSteps(spec);
  const strip = drawSheet([steps.map((step) => frames[step][0])], {
    ...LOOK,
    background,
    columnLabels: steps.map(stepLabel),
  });
  await putPng(context, 'figure-1.png', strip, `the same at the steps ${steps.join(', ')}`);
}

export async function figure2(context: DigitFigureContext): Promise<void> {
  const { spec } = context.model;
  const { rules } = await digitsAt(context, ONE_OF_EACH);
  const steps = namedSteps(spec);
  const moments = await picturesAt(context, { spec, rules: [rules], seed: SEED }, steps);
  const rows = ONE_OF_EACH.map((_, digit) => moments.map((pictures) => pictures[digit]));
  const sheet = drawSheet(rows, {
    ...LOOK,
    background: backgroundOf(spec),
    columnLabels: steps.map(stepLabel),
  });
  await putPng(context, 'figure-2.png', sheet, `ten digits at the steps ${steps.join(', ')}`);
}

export async function figure3(context: DigitFigureContext): Promise<void> {
  const { spec } = context.model;
  const { rules, targets } = await digitsAt(context, RECONSTRUCTED);
  const plan = { spec, rules: [rules], seed: SEED };
  const state = await grown(context.open, plan, spec.steps, context.signal);
  const wanted = picturesOf(targets, { ...spec.grid, channels: 4 });
  const found = picturesOf(state, layoutOf(spec));
  const rows: RgbaImage[][] = [];
  for (let first = 0; first < wanted.length; first += RECONSTRUCTED_A_ROW) {
    rows.push(wanted.slice(first, first + RECONSTRUCTED_A_ROW));
    rows.push(found.slice(first, first + RECONSTRUCTED_A_ROW));
  }
  const sheet = drawSheet(rows, {
    ...LOOK,
    background: backgroundOf(spec),
    rowLabels: rows.map((_, row) => (row % 2 === 0 ? 'digit' : 'grown')),
  });
  const { psnr, ssim } = meanScore(scorePictures(spec, visibleRgba(state, spec.automaton.channels), targets));
  const scores = `PSNR ${psnr.toFixed(2)} dB, SSIM ${ssim.toFixed(3)}`;
  await putPng(context, 'figure-3.png', sheet, `${wanted.length} digits above what grew: ${scores}`);
}

export async function figure4a(context: DigitFigureContext): Promise<void> {
  const { spec } = context.model;
  const [a, b] = [0, 1].map((side) => FUSED.map((pair) => pair[side]));
  const [one, other] = [await digitsAt(context, a), await digitsAt(context, b)];
  const moments = momentsEvery(spec.steps, 1);
  const columns = await Promise.all(
    [[one.rules], [other.rules], [one.rules, other.rules]].map((rules) =>
      picturesAt(context, { spec, rules, seed: SEED }, moments),
    ),
  );
  const background = backgroundOf(spec);
  const rowLabels = ['A', 'B', 'in turns'];
  const sheets = moments.map((_, moment) => columns.map((pictures) => pictures[moment]));
  await putPng(
    context,
    'figure-4a.png',
    drawSheet(sheets[moments.length - 1], { ...LOOK, background, rowLabels }),
    'two digits, and their rules taking turns, one a step',
  );
  const frames = sheets.map((rows) => drawSheet(rows, { background, gap: 2 }));
  const gif = { scale: LOOK.scale, background, framesPerSecond: 20 };
  await putGif(context, 'figure-4a.gif', frames, gif, 'the same, growing');
}

async function digitsAt(
  { model }: DigitFigureContext,
  places: readonly number[],
): Promise<{ targets: Float32Array; rules: RuleValues }> {
  const { spec, weights } = model;
  const source = { image: spec.image, grid: spec.grid, keepDuplicates: true };
  const targets = (await loadDataset(heldOutDigits, source)).batch(places);
  return { targets, rules: await encodeRules(weights, spec, targets) };
}

/** The batch's pictures at each of the steps. */
async function picturesAt(
  { open, signal }: FigureContext,
  plan: GrowthPlan,
  steps: readonly number[],
): Promise<RgbaImage[][]> {
  const pictures: RgbaImage[][] = [];
  for await (const { state } of growthMoments(open, plan, steps, signal)) {
    pictures.push(picturesOf(state, layoutOf(plan.spec)));
  }
  return pictures;
}

function namedSteps({ steps }: ModelSpec): number[] {
  return MOMENTS.map((share) => Math.round(share * steps));
}
