/**
 * The picture that made growing automata known (Mordvintsev et al. 2020): one that grows, keeps its shape, loses a half
 * of itself and grows it anew. The scores are of several growths, which differ in which cells fire when.
 */
import { join } from 'node:path';
import type { Style } from '#app/growing.ts';
import { woundedMoments, type Wound } from '#app/wounding.ts';
import type { Grid, RuleValues } from '#domain/automaton.ts';
import { visibleRgba } from '#engine/metrics/score.ts';
import { cutHalf } from '#engine/training/damage.ts';
import { scorePictures } from '#engine/training/evaluate.ts';
import type { RgbaImage } from '#media/pixels.ts';
import { drawSheet } from '#media/sheet.ts';
import { sampleEmoji } from '../bundled.ts';
import { backgroundOf } from '../growth-options.ts';
import { openPicture } from '../open-picture.ts';
import { layoutOf, picturesOf, putGif, putPng, type FigureContext } from './figure.ts';

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
const FRAME_EVERY = 2;
const FRAMES_PER_SECOND = 20;
const FRAMES_OF_THE_CUT = 14;
const SCALE = 6;

const sides = { left: Math.PI, right: 0 } as const;
type Side = keyof typeof sides;

export async function regeneration(context: FigureContext, style: Style): Promise<void> {
  await draw(context, style);
  await measure(context, style);
}

async function draw(context: FigureContext, style: Style): Promise<void> {
  const { spec } = style;
  const background = backgroundOf(spec);
  const wounds = [halfOff('left', spec.grid, 1, CUT), halfOff('right', spec.grid, 1, CUT + HEALING)];
  const end = CUT + 2 * HEALING;
  const moments = Array.from({ length: end / FRAME_EVERY + 1 }, (_, i) => i * FRAME_EVERY);
  const frames: RgbaImage[] = [];
  const strip = new Map<string, RgbaImage>();
  const plan = { spec, rules: [style.rule], seed: SEED };
  let wounded = 0;
  for await (const moment of woundedMoments(context.open, plan, wounds, moments, context.signal)) {
    const [picture] = picturesOf(moment.state, layoutOf(spec));
    const isCut = moment.wounds > wounded;
    wounded = moment.wounds;
    frames.push(...Array.from({ length: isCut ? FRAMES_OF_THE_CUT : 1 }, () => picture));
    strip.set(`${moment.step}${isCut ? ' cut' : ''}`, picture);
  }
  const gif = { scale: SCALE, background, framesPerSecond: FRAMES_PER_SECOND };
  const words = `a picture that grows, loses its left half at step ${CUT}, its right half at ${CUT + HEALING}, and heals`;
  await putGif(context, 'heal.gif', frames, gif, words);
  const rows = [
    [0, 16, 32, 48, GROWN, CUT].map(String),
    ...[CUT, CUT + HEALING].map((cut) => [
      `${cut} cut`,
      ...[10, 20, 40, 80, HEALING].map((steps) => String(cut + steps)),
    ]),
  ];
  const sheets = rows.map((columnLabels) =>
    drawSheet([columnLabels.map((label) => strip.get(label) ?? null)], {
      background,
      scale: 3,
      columnLabels,
    }),
  );
  await putPng(
    context,
    'heal.png',
    drawSheet(
      sheets.map((sheet) => [sheet]),
      { background, gap: 0 },
    ),
    'the same at named steps',
  );
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
