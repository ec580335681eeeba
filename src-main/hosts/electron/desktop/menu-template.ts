/**
 * The menus, made from the window's own table of commands, so that names and shortcuts are the same in both. What is in no
 * menu by its name is in one that is called as the screen that it belongs to.
 */
import type { MenuItemConstructorOptions } from 'electron';
import type { MenuCommand } from '#contract/desktop-contract.ts';
import { shortcutOf } from './accelerators.ts';

export interface MenuSetup {
  readonly commands: readonly MenuCommand[];
  readonly platform: NodeJS.Platform;
  /** Paths, the newest first. */
  readonly recent: readonly string[];
  /** Whether this is a program under development. */
  readonly hasDeveloperTools: boolean;
}

/** What the items do. */
export interface MenuActions {
  readonly run: (commandId: string) => void;
  readonly openRecent: (path: string) => void;
  readonly forgetRecent: () => void;
  readonly showDataFolder: () => void;
  readonly checkForUpdates: () => void;
  readonly showLicences: () => void;
  readonly showAbout: () => void;
}

type Item = MenuItemConstructorOptions;
const line: Item = { type: 'separator' };
const everywhere = new Set(['Go to', 'Everywhere', 'Settings']);

export function menuTemplate(setup: MenuSetup, actions: MenuActions): Item[] {
  const { commands, platform, recent } = setup;
  const isMac = platform === 'darwin';
  const used = new Set<string>();

  function itemOf({ id, title, keys, isEnabled }: MenuCommand): Item {
    used.add(id);
    return {
      ...{ id, label: inMenu(title), enabled: isEnabled, click: () => actions.run(id) },
      ...shortcutOf(keys, platform),
    };
  }
  /** A screen's own commands come later than those of the whole window, and win where they can be used, as for keys. */
  const byKey = (key: string): MenuCommand | undefined => {
    const candidates = commands.filter(({ id, keys }) => keys.includes(key) && !used.has(id));
    return candidates.findLast(({ isEnabled }) => isEnabled) ?? candidates.at(-1);
  };
  const optional = (command: MenuCommand | undefined): Item[] =>
    command === undefined ? [] : [itemOf(command)];
  const named = (...ids: string[]): Item[] =>
    ids.flatMap((id) => optional(commands.find((command) => command.id === id && !used.has(id))));
  const section = (name: string): Item[] =>
    commands.filter((command) => command.section === name && !used.has(command.id)).map(itemOf);
  const keyed = (...keys: string[]): Item[] => keys.flatMap((key) => optional(byKey(key)));

  const settings = named('settings');
  const shortcuts = named('shortcuts');
  const about: Item = { id: 'about', label: 'About Morphogen', click: actions.showAbout };

  const file = grouped(
    keyed('Mod+O'),
    [{ label: 'Open recent', id: 'recent', submenu: recentItems(recent, actions) }],
    keyed('Mod+S', 'Mod+Shift+S', 'Mod+E'),
    [{ id: 'data-folder', label: folderWords(platform), click: actions.showDataFolder }],
    isMac
      ? [{ role: 'close' }]
      : [...settings, { role: 'quit', label: 'Quit', accelerator: 'CommandOrControl+Q' }],
  );
  const [selectAll = { role: 'selectAll' as const }] = keyed('Mod+A');
  const edit = grouped(
    keyed('Mod+Z', 'Mod+Shift+Z'),
    [{ role: 'cut' }, { role: 'copy' }, { role: 'paste' }, selectAll],
    keyed('Mod+F'),
  );
  const developer: Item[] = setup.hasDeveloperTools ? [{ role: 'toggleDevTools' }] : [];
  const view = grouped(
    section('Go to'),
    named('palette', 'activity'),
    // What of the whole window has no place by its name; its undo gives way to the screen's.
    section('Everywhere').filter(({ id }) => id !== 'undo' && id !== 'redo'),
    [{ label: 'Theme', submenu: section('Settings') }].filter(({ submenu }) => submenu.length > 0),
    [
      { role: 'resetZoom', label: 'Usual size of text' },
      { role: 'zoomIn', label: 'Larger text' },
      { role: 'zoomOut', label: 'Smaller text' },
      { role: 'togglefullscreen', label: 'Full screen' },
    ],
    developer,
  );
  const help = grouped(
    shortcuts,
    [
      { id: 'updates', label: 'Check for updates…', click: actions.checkForUpdates },
      { id: 'licences', label: 'Licences', click: actions.showLicences },
    ],
    isMac ? [] : [about],
  );
  const screens = [...new Set(commands.map((command) => command.section))].filter(
    (name) => !everywhere.has(name),
  );
  const screenMenus = screens.map((name): Item => ({ label: name, submenu: folded(section(name)) }));
  const window: Item[] = isMac
    ? [{ role: 'minimize' }, { role: 'zoom' }, line, { role: 'front' }]
    : [
        { role: 'minimize', label: 'Minimise' },
        { role: 'close', label: 'Close' },
      ];
  const appMenu: Item = {
    label: 'Morphogen',
    submenu: grouped(
      [about],
      settings,
      [{ role: 'services' }],
      [{ role: 'hide' }, { role: 'hideOthers' }, { role: 'unhide' }],
      [{ role: 'quit' }],
    ),
  };
  return [
    ...(isMac ? [appMenu] : []),
    { label: 'File', submenu: file },
    { label: 'Edit', submenu: edit },
    { label: 'View', submenu: view },
    ...screenMenus.filter(({ submenu }) => Array.isArray(submenu) && submenu.length > 0),
    { label: 'Window', role: 'window', submenu: window },
    { label: 'Help', role: 'help', submenu: help },
  ];
}

/** Groups with a line between any two. */
function grouped(...groups: readonly (readonly Item[])[]): Item[] {
  return groups
    .filter((group) => group.length > 0)
    .flatMap((group, index) => (index === 0 ? group : [line, ...group]));
}

const folds: readonly (readonly [RegExp, string])[] = [
  [/\.tool\./, 'Tool'],
  [/\.mode\./, 'Mix by'],
  [/\.paint\./, 'Areas of'],
];

/** Choices of one kind lie in a menu of their own. */
function folded(items: readonly Item[]): Item[] {
  const folders = new Map<string, Item[]>();
  const shown: Item[] = [];
  for (const item of items) {
    const title = folds.find(([pattern]) => pattern.test(item.id ?? ''))?.[1];
    if (title === undefined) shown.push(item);
    else {
      let folder = folders.get(title);
      if (folder === undefined) {
        folder = [];
        folders.set(title, folder);
        shown.push({ label: title, submenu: folder });
      }
      folder.push(item);
    }
  }
  return shown;
}

function recentItems(recent: readonly string[], { openRecent, forgetRecent }: MenuActions): Item[] {
  if (recent.length === 0) return [{ label: 'Nothing yet', enabled: false }];
  return [
    ...recent.map((path): Item => ({ label: inMenu(shortened(path)), click: () => openRecent(path) })),
    line,
    { id: 'forget-recent', label: 'Forget these', click: forgetRecent },
  ];
}

/** The end of a path says most. */
function shortened(path: string): string {
  const characters = [...path];
  return characters.length <= 60 ? path : `…${characters.slice(-59).join('')}`;
}

function folderWords(platform: NodeJS.Platform): string {
  if (platform === 'darwin') return 'Show the data folder in Finder';
  return platform === 'win32' ? 'Show the data folder in Explorer' : 'Show the data folder';
}

/** An ampersand marks the letter that follows it, in menus; names are shown as they are. */
function inMenu(text: string): string {
  return text.replaceAll('&', '&&');
}
