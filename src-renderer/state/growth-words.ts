/** What the Grow screen says in words: speeds, the canvas for those who do not see it, names for what is saved. */
import type { Recipe } from '#contract/shapes/growth.ts';
import { describeMix } from './mix-words.ts';
import { countWords, plural } from './words.ts';

/** Steps a second at 1×. */
const normalSpeed = 60;
/** As fast as the engine can. */
export const topSpeed = 10_000;

const factors = [0.25, 0.5, 1, 2, 4, 8];

export interface Speed {
  /** As text, for a select. */
  readonly value: string;
  readonly label: string;
}

/** The speeds to choose from, with the present one among them. */
export function speedChoices(stepsPerSecond: number): readonly Speed[] {
  const known = [...factors.map((factor) => factor * normalSpeed), topSpeed];
  const all = known.includes(stepsPerSecond) ? known : [...known, stepsPerSecond].sort((a, b) => a - b);
  return all.map((speed) => ({ value: String(speed), label: speedLabel(speed) }));
}

function speedLabel(stepsPerSecond: number): string {
  if (stepsPerSecond >= topSpeed) return 'Full speed';
  const factor = stepsPerSecond / normalSpeed;
  if (factors.includes(factor)) return `${factor}×`;
  return `${stepsPerSecond} steps/s`;
}

export interface Shown {
  readonly names: readonly string[];
  readonly step: number;
  readonly isPlaying: boolean;
  readonly alive: number;
  readonly width: number;
  readonly height: number;
}

/** "Parrot, step 96, paused, 1,204 of 1,600 cells alive". */
export function describeCanvas({ names, step, isPlaying, alive, width, height }: Shown): string {
  const cells = `${countWords(alive)} of ${countWords(width * height)} cells alive`;
  return `${names.join(' and ')}, step ${countWords(step)}, ${isPlaying ? 'playing' : 'paused'}, ${cells}`;
}

export function describeRecipe(recipe: Recipe): string {
  const changes = recipe.events.filter(({ kind }) => kind === 'mix').length;
  const marks = recipe.events.length - changes;
  return [
    recipe.styles.map(({ name }) => name).join(' and '),
    ...(recipe.styles.length > 1 ? [describeMix(recipe.mix)] : []),
    ...(changes > 0 ? [`${plural(changes, 'change')} of the mix`] : []),
    `seed ${recipe.seed}`,
    `${recipe.grid.width} × ${recipe.grid.height} cells`,
    `${countWords(recipe.steps)} steps`,
    marks === 0 ? 'nothing painted' : `${plural(marks, 'mark')} painted`,
  ].join(' · ');
}

/** What an artwork is called unless someone says otherwise. */
export function proposedName(names: readonly string[], step: number): string {
  return `${names.join(' + ')}, step ${step}`.slice(0, 200);
}

export function formatRate(perSecond: number): string {
  return perSecond >= 9.95 ? countWords(perSecond) : perSecond.toFixed(perSecond === 0 ? 0 : 1);
}
