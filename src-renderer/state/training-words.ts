/** What the Train screen says in words: presets, modes, what a run costs, what its state means and what to do next. */
import type { Job } from '#contract/shapes/jobs.ts';
import type { Model } from '#contract/shapes/library.ts';
import type { TrainingEstimate, TrainingWishes } from '#contract/shapes/training.ts';
import { presets, type PresetName } from '#domain/model-presets.ts';
import { byteWords, countWords, durationWords } from './words.ts';

export type Mode = TrainingWishes['mode'];

export const modes: readonly { readonly value: Mode; readonly label: string; readonly text: string }[] = [
  { value: 'grow', label: 'Grow', text: 'Grows from one cell; what happens after that is left to it.' },
  { value: 'persist', label: 'Persist', text: 'Grows, and stays what it is for as long as it runs.' },
  { value: 'regenerate', label: 'Regenerate', text: 'Stays, and heals what is cut away. Takes longest.' },
];

const presetTexts: Readonly<Record<PresetName, { readonly label: string; readonly text: string }>> = {
  sketch: {
    label: 'Sketch',
    text: 'Any folder of pictures, in colour and transparent. Made for this computer.',
  },
  digits: { label: 'Digits', text: 'Drawings of one colour, such as handwriting. The quickest.' },
  'small-images': {
    label: 'Small images',
    text: 'Photographs without transparency; a large model. Slow here.',
  },
  faces: { label: 'Faces', text: 'Photographs that are to heal; the largest model. Very slow here.' },
  single: { label: 'One picture', text: 'Grows a single picture, and knows nothing else.' },
};

export interface PresetWords {
  readonly value: PresetName;
  readonly label: string;
  readonly text: string;
  /** "40 × 40" */
  readonly grid: string;
}

/** @param isSingle whether one picture is to be grown; null: not known yet */
export function presetChoices(isSingle: boolean | null): readonly PresetWords[] {
  const order: readonly PresetName[] = ['sketch', 'digits', 'small-images', 'faces', 'single'];
  return order
    .filter((name) => isSingle === null || (name === 'single') === isSingle)
    .map((name) => {
      const { grid } = presets[name];
      return { value: name, ...presetTexts[name], grid: `${grid.width} × ${grid.height}` };
    });
}

/** Models whose weights the preset can go on from: those of its own kind. */
export function fittingModels(models: readonly Model[], preset: PresetName): readonly Model[] {
  return models.filter((model) => model.preset === preset);
}

/** A run must leave this share of the free memory to everything else. */
const safeShare = 0.8;

export interface EstimateWords {
  readonly time: string;
  readonly pace: string;
  readonly memory: string;
  /** A sentence; null where it fits. */
  readonly warning: string | null;
}

/** @param iterations as wished now; the estimate's own if null. The time goes with them. */
export function estimateWords(estimate: TrainingEstimate, iterations: number | null): EstimateWords {
  const count = iterations ?? estimate.iterations;
  const seconds = iterations === null ? estimate.seconds : (count * estimate.msPerIteration) / 1000;
  const { peakBytes, freeBytes } = estimate;
  return {
    time: `about ${durationWords(seconds)}`,
    pace: `${countWords(count)} iterations of ${estimate.batch} pictures, ${rateWords(1000 / estimate.msPerIteration)}`,
    memory: `${byteWords(peakBytes)} of ${byteWords(freeBytes)} free`,
    warning: memoryWarning(peakBytes, freeBytes),
  };
}

function memoryWarning(peakBytes: number, freeBytes: number): string | null {
  if (peakBytes > freeBytes)
    return `This needs ${byteWords(peakBytes)} of memory and ${byteWords(freeBytes)} are free: choose a smaller batch, a smaller preset, or close other programs.`;
  if (peakBytes > freeBytes * safeShare)
    return 'This leaves little memory for anything else: close other programs, or choose a smaller batch.';
  return null;
}

/** `12 iterations/s`, `3.4 s an iteration`. */
export function rateWords(perSecond: number): string {
  if (!(perSecond > 0)) return '—';
  if (perSecond >= 1)
    return `${perSecond >= 9.95 ? countWords(perSecond) : perSecond.toFixed(1)} iterations/s`;
  const seconds = 1 / perSecond;
  return `${seconds >= 9.95 ? countWords(seconds) : seconds.toFixed(1)} s an iteration`;
}

/** `0.00312`, `1.2e-7`. */
export function lossWords(loss: number): string {
  if (!Number.isFinite(loss)) return '—';
  return Math.abs(loss) >= 0.0001 ? Number(loss.toPrecision(3)).toString() : loss.toExponential(1);
}

/** `4:07`, `1:02:09`. */
export function clockWords(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const two = (value: number): string => String(value).padStart(2, '0');
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor((whole % 3600) / 60);
  return hours > 0 ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
}

/** What the state of a training means, and what to do next. Null where the numbers say it. */
export function stateAdvice({ state, canResume, message }: Job): string | null {
  const known = message ?? '';
  switch (state) {
    case 'queued':
      return 'It waits for its turn: one training runs at a time. It starts by itself.';
    case 'running':
      return known === '' ? null : known;
    case 'pausing':
      return 'It saves what it learned, then it pauses.';
    case 'stopping':
      return 'It saves what it learned, and makes the styles.';
    case 'paused':
      return 'Paused and saved; other work may run meanwhile. Resume it when you like, also after a restart.';
    case 'interrupted':
      return `Morphogen ended while this was running. Nothing up to the last save is lost: resume it, or stop and keep what there is. ${known}`.trim();
    case 'failed':
      return `${known === '' ? 'It failed.' : known} ${canResume ? 'It can be tried again from the last save.' : ''}`.trim();
    case 'stopped':
      return `${canResume ? 'Resume it to train on from there.' : 'Its model and styles are kept.'} ${known}`.trim();
    case 'cancelled':
      return 'Cancelled: what it had learned is thrown away.';
    case 'done':
      return known === '' ? null : known;
    default:
      return state satisfies never;
  }
}

/** For copying: a file a line. */
export function skippedText(skipped: readonly { readonly path: string; readonly reason: string }[]): string {
  return skipped.map(({ path, reason }) => `${path}\t${reason}`).join('\n');
}

/** A whole number from a field, or null where it is empty. @returns undefined for anything else. */
export function wholeNumber(text: string, least: number, most: number): number | null | undefined {
  const trimmed = text.trim();
  if (trimmed === '') return null;
  const value = Number(trimmed.replaceAll(/[\s,_]/g, ''));
  return Number.isInteger(value) && value >= least && value <= most ? value : undefined;
}

/** A rate above 0, at most 1. */
export function learningRateOf(text: string): number | null | undefined {
  const trimmed = text.trim();
  if (trimmed === '') return null;
  const value = Number(trimmed.replace(',', '.'));
  return value > 0 && value <= 1 ? value : undefined;
}
