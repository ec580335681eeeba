/** What the Grow screen can do, for the palette, the keys and the list of shortcuts. */
import type { Stage } from '../../canvas/stage.ts';
import { nextBrushSize } from '../../canvas/stroke.ts';
import type { Command } from '../../state/commands.svelte.ts';
import { growth } from '../../state/growth-state.svelte.ts';
import { tools, type Tool } from './tools.svelte.ts';

export interface GrowActions {
  readonly stage: () => Stage | null;
  readonly chooseStyle: () => void;
  readonly save: () => void;
}

export function growCommands({ stage, chooseStyle, save }: GrowActions): Command[] {
  const isOpen = (): boolean => growth.opened !== null;
  const command = (
    id: string,
    title: string,
    keys: readonly string[],
    run: () => void,
    isEnabled: () => boolean = isOpen,
  ): Command => ({ id: `grow.${id}`, title, section: 'Grow', keys, isEnabled, run });
  const tool = (name: Tool, title: string, key: string): Command =>
    command(`tool.${name}`, title, [key], () => {
      tools.tool = name;
    });
  const step = (by: number): void => void growth.control({ kind: 'step', by });
  const size = (direction: -1 | 1): void => {
    tools.brushSize = nextBrushSize(tools.brushSize, direction);
  };
  return [
    command('style', 'Choose a style to grow', [], chooseStyle, () => true),
    command('play', 'Play or pause', ['Space'], () => growth.togglePlaying()),
    command('back', 'One step back', [',', 'ArrowLeft'], () => step(-1)),
    command('forward', 'One step forward', ['.', 'ArrowRight'], () => step(1)),
    command('restart', 'Start again from the seed', ['R'], () => growth.restart()),
    command('loop', 'Loop on or off', ['L'], () =>
      growth.setLoop(growth.loopAt === null ? (growth.opened?.trainedSteps ?? 1) : null),
    ),
    tool('brush', 'Damage brush', 'B'),
    tool('circle', 'Circle eraser', 'C'),
    tool('seed', 'Seed', 'S'),
    tool('pan', 'Move the view', 'V'),
    command('smaller', 'Smaller brush', ['['], () => size(-1)),
    command('larger', 'Larger brush', [']'], () => size(1)),
    command('undo', 'Undo the last stroke', ['Mod+Z'], () => void growth.control({ kind: 'undo' })),
    command('redo', 'Redo the stroke', ['Mod+Shift+Z', 'Mod+Y'], () => void growth.control({ kind: 'redo' })),
    command('zoom-in', 'Zoom in', ['Plus', '='], () => stage()?.zoom(1.5)),
    command('zoom-out', 'Zoom out', ['-'], () => stage()?.zoom(1 / 1.5)),
    command('fit', 'Fit the picture in the window', ['0'], () => stage()?.fit()),
    command('actual', 'One pixel a cell', ['1'], () => stage()?.actualSize()),
    command('save', 'Save as artwork', ['Mod+S'], save),
  ];
}
