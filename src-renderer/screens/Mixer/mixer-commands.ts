/** What the Mixer can do, for the palette, the keys and the list of shortcuts; what it shares with Grow included. */
import { MOST_STYLES } from '#domain/mix.ts';
import type { Command } from '../../state/commands.svelte.ts';
import { mixKinds } from '../../state/mix-settings.ts';
import { modeWords } from '../../state/mix-words.ts';
import { mixer } from '../../state/mixer.svelte.ts';
import { growCommands, type GrowActions } from '../Grow/grow-commands.ts';
import { tools, type Tool } from '../Grow/tools.svelte.ts';

export interface MixerActions extends Omit<GrowActions, 'chooseStyle'> {
  readonly addStyle: () => void;
  readonly saveStyle: () => void;
  readonly compare: () => void;
  readonly morph: () => void;
}

export function mixerCommands({ stage, save, addStyle, saveStyle, compare, morph }: MixerActions): Command[] {
  const shared = growCommands({ stage, save, chooseStyle: addStyle })
    .filter(({ id }) => id !== 'grow.style')
    .map((command) => ({ ...command, id: command.id.replace('grow.', 'mixer.'), section: 'Mixer' }));
  const isOpen = (): boolean => mixer.styleIds.length > 0;
  const hasAreas = (): boolean => isOpen() && mixer.settings.kind === 'areas';
  const command = (
    id: string,
    title: string,
    keys: readonly string[],
    run: () => void,
    isEnabled: () => boolean = isOpen,
  ): Command => ({ id: `mixer.${id}`, title, section: 'Mixer', keys, isEnabled, run });
  const tool = (name: Tool, title: string, key: string): Command =>
    command(`tool.${name}`, title, [key], () => (tools.tool = name), hasAreas);
  return [
    ...shared,
    command('add', 'Add a style', ['A'], addStyle, () => mixer.styleIds.length < MOST_STYLES),
    command('dice', 'Another seed', ['D'], () => mixer.throwDice()),
    command('save-style', 'Save the mix as a style', ['Mod+Shift+S'], saveStyle),
    command('compare', 'Modes side by side', ['M'], compare),
    command(
      'morph',
      'Morph from style to style',
      [],
      morph,
      () => mixer.styleIds.length > 1 && mixer.problems !== null && mixer.whyNot('latent') === null,
    ),
    ...mixKinds.map((kind, index) =>
      command(
        `mode.${kind}`,
        `Mix: ${modeWords[kind].title}`,
        [`Shift+F${index + 1}`],
        () => mixer.setKind(kind),
        () => isOpen() && mixer.whyNot(kind) === null,
      ),
    ),
    tool('area', 'Paint areas', 'P'),
    tool('fill', 'Fill an area', 'G'),
    ...Array.from({ length: MOST_STYLES }, (_, slot) =>
      command(
        `paint.${slot + 1}`,
        `Paint the areas of style ${slot + 1}`,
        [String(slot + 1)],
        () => (mixer.painted = slot),
        () => hasAreas() && slot < mixer.styleIds.length,
      ),
    ),
  ];
}
