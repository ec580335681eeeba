/**
 * The picture that made growing automata known (Mordvintsev et al. 2020): one that grows, keeps its shape, loses a half
 * of itself and grows it anew. The scores are of several growths, which differ in which cells fire when.
 */
import { join } from 'node:path';
import { momentsEvery, type Style } from '#app/growing.ts';
import { woundedMoments, type Wound } from '#app/wounding.ts';
import type { Grid, RuleValues } from '#domain/automaton.ts';
import { visibleRgba } from '#engine/metrics/score.ts';
import { cutHalf } from '#engine/training/damage.ts';
import { scorePictures } from '#engine/training/evaluate.ts';
import type { RgbaImage } from '#media/pixels.ts';
import { drawSheet } from '#media/sheet.ts';
import { sampleEmoji } from '../bundled.ts';
import { backgroundOf } from '../growth-options.ts';
import { openPicture } from '#hosts/engine/open-picture.ts';
import { layoutOf, picturesOf, putGif, putPng, stepLabel, type FigureContext } from './figure.ts';

/** The bundled model, and the picture it was trained on. */
export const regenerationModel = 'parrot';
export const regenerationPicture = join(sampleEmoji, 'emoji_u1f99c.png');

const SAMPLES = 8;
const SEED = 1;
/** Steps: grown, cut, given to heal, and left alone. */
const GROWN = 96;
const CUT = 160;
const HEALING = 200;
const LONG = 1000;
/** Every named step is one of them. */
const FRAME_EVERY = 4;
const FRAMES_PER_SECOND = 12.5;
const FRAMES_OF_THE_CUT = 9;
const GIF_SCALE = 5;
/** The animation ends so many steps after the last cut: there is nothing more to see, and the file is smaller. */
const SHOWN_AFTER_THE_LAST_CUT = 152;
/** Of the strip: rows that begin with the seed, and with each cut. */
const NAMED = [0, 16, 32, 48, GROWN, CUT];
const NAMED_AFTER_A_CUT = [8, 20, 40, 80, HEALING];

const sides = { left: Math.PI, right: 0 } as const;
type Side = keyof typeof sides;

export async function regeneration(context: FigureContext, style: Style): Promise<void> {
  await draw(context, style);
  await measure(context, style);
}

async function draw(context: FigureContext, { spec, rule }: Style): Promise<void> {
  const background = backgroundOf(spec);
  const cuts = [CUT, CUT + HEALING];
  const wounds = [halfOff('left', spec.grid, 1, cuts[0]), halfOff('right', spec.grid, 1, cuts[1])];
  const moments = momentsEvery(cuts[1] + HEALING, FRAME_EVERY);
  const plan = { spec, rules: [rule], seed: SEED };
  const frames: RgbaImage[] = [];
  const named = new Map<string, RgbaImage>();
  let cutsBefore = 0;
  for await (const { step, state, wounds: made } of woundedMoments(
    context.open,
    plan,
    wounds,
    moments,
    context.signal,
  )) {
    const [picture] = picturesOf(state, layoutOf(spec));
    const isCut = made > cutsBefore;
    cutsBefore = made;
    const shown = step > cuts[1] + SHOWN_AFTER_THE_LAST_CUT ? 0 : isCut ? FRAMES_OF_THE_CUT : 1;
    for (let i = 0; i < shown; i++) frames.push(picture);
    named.set(isCut ? cutLabel(step) : stepLabel(step), picture);
  }
  const gif = { scale: GIF_SCALE, background, framesPerSecond: FRAMES_PER_SECOND };
  const words = `a picture that grows, loses its left half at step ${cuts[0]}, its right half at ${cuts[1]}, and heals`;
  await putGif(context, 'heal.gif', frames, gif, words);

  const rows = [
    NAMED.map(stepLabel),
    ...cuts.map((cut) => [cutLabel(cut), ...NAMED_AFTER_A_CUT.map((steps) => stepLabel(cut + steps))]),
  ].map((columnLabels) => {
    const pictures = columnLabels.map((label) => named.get(label) ?? null);
    return [drawSheet([pictures], { background, scale: 3, gap: 8, labelScale: 2, columnLabels })];
  });
  await putPng(context, 'heal.png', drawSheet(rows, { background, gap: 0 }), 'the same at named steps');
}

function cutLabel(step: number): string {
  return `${step}, cut`;
}

/** Prints how close the picture is to its target, over all samples: the mean, and the worst. */
async function measure(context: FigureContext, style: Style): Promise<void> {
  const { spec } = style;
  const { rgba } = await openPicture(regenerationPicture, spec);
  const targets = tiled(rgba, SAMPLES);
  const plan = { spec, rules: [severalTimes(style.rule, SAMPLES)], seed: SEED };
  const scoresAt = async (wounds: readonly Wound[], moments: readonly number[]): Promise<string[]> => {
    const scores: string[] = [];
    for await (const { step, state } of woundedMoments(context.open, plan, wounds, moments, context.signal)) {
      if (!moments.includes(step)) continue;
      const each = scorePictures(spec, visibleRgba(state, spec.automaton.channels), targets);
      scores.push(words(each.map(({ psnr }) => psnr)));
    }
    return scores;
  };
  const [grown, kept] = await scoresAt([], [GROWN, LONG]);
  context.tell('', `PSNR over ${SAMPLES} growths after ${GROWN} steps: ${grown}`);
  context.tell('', `after ${LONG} steps: ${kept}`);
  for (const side of ['left', 'right'] as const) {
    const wound = halfOff(side, spec.grid, SAMPLES, CUT);
    const [healed] = await scoresAt([wound], [CUT + HEALING]);
    context.tell('', `${HEALING} steps after losing the ${side} half: ${healed}`);
  }
}

function halfOff(side: Side, grid: Grid, samples: number, step: number): Wound {
  const cut = (state: Float32Array): void => {
    const channels = state.length / (samples * grid.height * grid.width);
    for (let sample = 0; sample < samples; sample++) cutHalf(state, grid, channels, sample, sides[side]);
  };
  return { step, cut };
}

function severalTimes({ w0, b0, w1 }: RuleValues, count: number): RuleValues {
  return { count, w0: tiled(w0, count), b0: tiled(b0, count), w1: tiled(w1, count) };
}

function tiled(values: Float32Array, count: number): Float32Array {
  const all = new Float32Array(values.length * count);
  for (let i = 0; i < count; i++) all.set(values, i * values.length);
  return all;
}

function words(psnr: readonly number[]): string {
  const mean = psnr.reduce((sum, value) => sum + value, 0) / psnr.length;
  return `${mean.toFixed(2)} dB, at worst ${Math.min(...psnr).toFixed(2)} dB`;
}
