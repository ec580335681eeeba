/** What the Mixer says: its modes in a word and a line, shares, turns, and names for what is made. */
import type { Mix } from '#domain/mix.ts';
import { shares, turnRatio, type MixKind } from './mix-settings.ts';

export const modeWords: Readonly<Record<MixKind, { readonly title: string; readonly line: string }>> = {
  turns: { title: 'Turns', line: 'One style a step, for all cells.' },
  random: { title: 'Random', line: 'Each cell draws one in every step.' },
  weights: { title: 'Average', line: 'One rule, of their values averaged.' },
  latent: { title: 'Latent', line: 'One rule, from between them.' },
  areas: { title: 'Areas', line: 'You paint which style acts where.' },
};

/** "67 %" */
export function shareWords(amounts: readonly number[], slot: number): string {
  return `${Math.round((shares(amounts)[slot] ?? 0) * 100)} %`;
}

/** "2 of 3 turns" */
export function turnWords(amounts: readonly number[], slot: number): string {
  const ratio = turnRatio(amounts);
  const turns = ratio.reduce((total, turn) => total + turn, 0);
  return `${ratio[slot] ?? 0} of ${turns} ${turns === 1 ? 'turn' : 'turns'}`;
}

/** "in turns 2:1", "averaged 67 % and 33 %", "in painted areas" */
export function describeMix(mix: Mix): string {
  const percent = (weights: readonly number[]): string => {
    const sum = weights.reduce((total, weight) => total + weight, 0);
    return weights.map((weight) => `${Math.round((100 * weight) / sum)} %`).join(' and ');
  };
  switch (mix.kind) {
    case 'turns':
      return mix.ratio.length === 0 ? 'in turns' : `in turns ${mix.ratio.join(':')}`;
    case 'random':
    case 'weights':
      return `${mix.kind === 'random' ? 'at random' : 'averaged'} ${percent(mix.weights)}`;
    case 'latent':
      return `by latents ${percent(mix.weights)}${mix.path === 'spherical' ? ' on the sphere' : ''}`;
    case 'areas':
      return 'in painted areas';
    default:
      return mix satisfies never;
  }
}

/** What a new style is called unless someone says otherwise; those without a share are not named. */
export function proposedStyleName(names: readonly string[], amounts: readonly number[]): string {
  const taken = names.filter((_, slot) => (shares(amounts)[slot] ?? 0) > 0);
  return (taken.length > 0 ? taken : names).join(' × ').slice(0, 200);
}
