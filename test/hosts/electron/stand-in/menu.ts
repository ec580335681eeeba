/** `Menu`: what would be shown, for tests to read and to click. Accelerators are held to the words that Electron knows. */
import type Electron from 'electron';
import type { Like } from './like-electron.ts';

const modifiers =
  /^(Command|Cmd|Control|Ctrl|CommandOrControl|CmdOrCtrl|Alt|Option|AltGr|Shift|Super|Meta)$/i;
const keyCodes =
  /^([0-9A-Z]|F([1-9]|1\d|2[0-4])|[)!@#$%^&*(:;+=<,_\->.?/~`{\][|\\}"']|Plus|Space|Tab|Capslock|Numlock|Scrolllock|Backspace|Delete|Insert|Return|Enter|Up|Down|Left|Right|Home|End|PageUp|PageDown|Escape|Esc)$/i;

class StandInMenuItem implements Like<
  Electron.MenuItem,
  'id' | 'label' | 'enabled' | 'accelerator' | 'registerAccelerator' | 'type'
> {
  readonly id: string;
  readonly label: string;
  readonly role: Electron.MenuItemConstructorOptions['role'];
  readonly accelerator: string | null;
  readonly registerAccelerator: boolean;
  readonly type: 'normal' | 'separator' | 'submenu' | 'checkbox' | 'radio' | 'header' | 'palette';
  readonly submenu: Menu | undefined;
  enabled: boolean;
  readonly #click: Electron.MenuItemConstructorOptions['click'];

  constructor(options: Electron.MenuItemConstructorOptions) {
    const { id = '', label = '', role, accelerator = null, submenu } = options;
    if (label === '' && role === undefined && options.type !== 'separator')
      throw new TypeError('a menu’s item needs a label, a role, or to be a separator');
    if (accelerator !== null) checkAccelerator(accelerator);
    this.id = id;
    this.label = label;
    this.role = role;
    this.accelerator = accelerator;
    this.registerAccelerator = options.registerAccelerator ?? true;
    this.type = options.type ?? (submenu === undefined ? 'normal' : 'submenu');
    this.submenu = Array.isArray(submenu) ? Menu.buildFromTemplate(submenu) : undefined;
    this.enabled = options.enabled ?? true;
    this.#click = options.click;
  }

  /** As the user does it: one that is disabled cannot be clicked. */
  click(): void {
    if (!this.enabled) throw new Error(`“${this.label}” is disabled`);
    this.#click?.(this as unknown as Electron.MenuItem, undefined, {});
  }
}

export class Menu {
  static #application: Menu | null = null;
  readonly items: StandInMenuItem[];

  static buildFromTemplate(template: readonly Electron.MenuItemConstructorOptions[]): Menu {
    return new Menu(template);
  }

  static setApplicationMenu(menu: Menu | null): void {
    Menu.#application = menu;
  }

  static getApplicationMenu(): Menu | null {
    return Menu.#application;
  }

  private constructor(template: readonly Electron.MenuItemConstructorOptions[]) {
    this.items = template.map((options) => new StandInMenuItem(options));
  }

  getMenuItemById(id: string): StandInMenuItem | null {
    for (const item of this.items) {
      const found = item.id === id ? item : item.submenu?.getMenuItemById(id);
      if (found !== undefined && found !== null) return found;
    }
    return null;
  }
}

function checkAccelerator(accelerator: string): void {
  const parts = accelerator.split('+');
  const key = parts.at(-1) ?? '';
  if (!keyCodes.test(key) || !parts.slice(0, -1).every((part) => modifiers.test(part)))
    throw new TypeError(`${accelerator} is no accelerator`);
}
