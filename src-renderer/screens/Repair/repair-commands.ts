/** What the Repair screen can do, for the palette, the keys and the list of shortcuts. */
import { nextMaskBrushSize } from '../../canvas/mask-shapes.ts';
import type { PhotoStage } from '../../canvas/photo-stage.ts';
import type { Command } from '../../state/commands.svelte.ts';
import { repairMask, type RepairTool } from '../../state/repair-mask.svelte.ts';
import { repair } from '../../state/repair.svelte.ts';

export interface RepairActions {
  readonly stage: () => PhotoStage | null;
  readonly choosePhoto: () => void;
  readonly loadMask: () => void;
  readonly saveMask: () => void;
  readonly saveIntoFolder: () => void;
  /** One pixel of the photo a pixel of the screen. */
  readonly actualSize: () => void;
}

export function repairCommands(actions: RepairActions): Command[] {
  const isOpen = (): boolean => repair.status === 'open';
  const canPaint = (): boolean => isOpen() && !repair.isRunning;
  const hasResult = (): boolean => isOpen() && repair.result !== null;
  const command = (
    id: string,
    title: string,
    keys: readonly string[],
    run: () => void,
    isEnabled: () => boolean = isOpen,
  ): Command => ({ id: `repair.${id}`, title, section: 'Repair', keys, isEnabled, run });
  const tool = (name: RepairTool, title: string, key: string): Command =>
    command(`tool.${name}`, title, [key], () => {
      repairMask.tool = name;
    });
  const size = (direction: -1 | 1): void => {
    repairMask.size = nextMaskBrushSize(repairMask.size, direction);
  };
  const hardness = (by: number): void => {
    repairMask.hardness = Math.min(100, Math.max(0, repairMask.hardness + by));
  };
  const stage = (): PhotoStage | null => actions.stage();
  return [
    command('open', 'Open a photo', ['Mod+O'], actions.choosePhoto, () => true),
    tool('brush', 'Brush', 'B'),
    tool('eraser', 'Eraser', 'E'),
    tool('rectangle', 'Rectangle', 'R'),
    tool('lasso', 'Lasso', 'L'),
    tool('pan', 'Move the view', 'V'),
    command('smaller', 'Smaller brush', ['['], () => size(-1)),
    command('larger', 'Larger brush', [']'], () => size(1)),
    command('softer', 'Softer brush', ['{'], () => hardness(-10)),
    command('harder', 'Harder brush', ['}'], () => hardness(10)),
    command('undo', 'Undo the painting', ['Mod+Z'], () => canPaint() && repairMask.undo()),
    command('redo', 'Redo the painting', ['Mod+Shift+Z', 'Mod+Y'], () => canPaint() && repairMask.redo()),
    command('clear', 'Clear the mask', ['Delete'], () => repairMask.clear(), canPaint),
    command('invert', 'Invert the mask', ['I'], () => repairMask.invert(), canPaint),
    command('mask', 'Show or hide the mask', ['M'], () => (repairMask.isShown = !repairMask.isShown)),
    command('load-mask', 'Load a mask', [], actions.loadMask, canPaint),
    command('save-mask', 'Save the mask as PNG', [], actions.saveMask),
    command(
      'apply',
      'Repair',
      ['Mod+Enter'],
      () => void repair.apply(),
      () => repair.canApply,
    ),
    command(
      'divider',
      'Before and after, side by side',
      ['D'],
      () => {
        repair.divider = repair.divider === 0.5 ? 0 : 0.5;
      },
      hasResult,
    ),
    command('save', 'Save the repaired photo', ['Mod+S'], () => void repair.save(null), hasResult),
    command('save-folder', 'Save the repaired photo into a folder', [], actions.saveIntoFolder, hasResult),
    command('go-on', 'Go on with the result as the photo', [], () => void repair.goOn(), hasResult),
    command('zoom-in', 'Zoom in', ['Plus', '='], () => stage()?.zoom(1.5)),
    command('zoom-out', 'Zoom out', ['-'], () => stage()?.zoom(1 / 1.5)),
    command('fit', 'Fit the photo in the window', ['0'], () => stage()?.fit()),
    command('actual', 'One pixel of the photo a pixel of the screen', ['1'], actions.actualSize),
    command('close', 'Close the photo', [], () => repair.close()),
  ];
}
