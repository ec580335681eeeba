import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import type { MenuItemConstructorOptions } from 'electron';
import type { MenuCommand } from '#contract/desktop-contract.ts';
import { menuTemplate, type MenuActions } from '#hosts/electron/desktop/menu-template.ts';
import { Menu } from '../stand-in/menu.ts';

const command = (id: string, section: string, keys: string[] = [], isEnabled = true): MenuCommand => ({
  ...{ id, section, title: `Title of ${id}`, keys, isEnabled },
});

const commands: MenuCommand[] = [
  command('gallery', 'Go to', ['Mod+1']),
  command('settings', 'Go to', ['Mod+,']),
  command('palette', 'Everywhere', ['Mod+K']),
  command('shortcuts', 'Everywhere', ['?']),
  command('activity', 'Everywhere', ['Mod+J']),
  command('undo', 'Everywhere', ['Mod+Z']),
  command('redo', 'Everywhere', ['Mod+Shift+Z', 'Mod+Y'], false),
  command('theme-dark', 'Settings'),
  command('grow.play', 'Grow', ['Space']),
  command('grow.tool.brush', 'Grow', ['B']),
  command('grow.undo', 'Grow', ['Mod+Z'], false),
  command('grow.save', 'Grow', ['Mod+S']),
];

function actions(heard: string[] = []): MenuActions {
  return {
    run: (id) => heard.push(`run ${id}`),
    openRecent: (path) => heard.push(`open ${path}`),
    forgetRecent: () => heard.push('forget'),
    showDataFolder: () => heard.push('data'),
    checkForUpdates: () => heard.push('updates'),
    showLicences: () => heard.push('licences'),
    showAbout: () => heard.push('about'),
  };
}

function built(
  platform: NodeJS.Platform,
  given = commands,
  recent: string[] = [],
  heard: string[] = [],
): Menu {
  return Menu.buildFromTemplate(
    menuTemplate({ commands: given, platform, recent, hasDeveloperTools: false }, actions(heard)),
  );
}

const titles = (menu: Menu | undefined): string[] =>
  (menu?.items ?? []).map(({ label, role, type }) => (type === 'separator' ? '-' : label || (role ?? '')));
const under = (menu: Menu, label: string): Menu | undefined =>
  menu.items.find((item) => item.label === label)?.submenu;

test('names and shortcuts are those of the window’s own table, and a click runs the command', () => {
  const heard: string[] = [];
  const menu = built('linux', commands, [], heard);
  assert.deepEqual(titles(menu), ['File', 'Edit', 'View', 'Grow', 'Window', 'Help']);
  const save = menu.getMenuItemById('grow.save')!;
  assert.deepEqual([save.label, save.accelerator], ['Title of grow.save', 'CommandOrControl+S']);
  save.click();
  menu.getMenuItemById('palette')!.click();
  menu.getMenuItemById('updates')!.click();
  menu.getMenuItemById('data-folder')!.click();
  menu.getMenuItemById('about')!.click();
  assert.deepEqual(heard, ['run grow.save', 'run palette', 'updates', 'data', 'about']);
});

test('every command of the window is somewhere in the menus', () => {
  for (const platform of ['linux', 'darwin', 'win32'] as const) {
    const menu = built(platform);
    const shown = commands.filter(({ id }) => menu.getMenuItemById(id) !== null);
    // The screen's undo cannot be used, so the key is the library's; it stands in the screen's own menu.
    assert.deepEqual(
      shown.map(({ id }) => id),
      commands.map(({ id }) => id),
      platform,
    );
  }
});

test('a screen’s own command of the same keys wins while it can be used; what cannot be used is disabled', () => {
  const edit = (given: MenuCommand[]): string[] => titles(under(built('linux', given), 'Edit'));
  assert.equal(edit(commands)[0], 'Title of undo');
  const usable = commands.map((one) => (one.id === 'grow.undo' ? { ...one, isEnabled: true } : one));
  assert.equal(edit(usable)[0], 'Title of grow.undo');
  assert.equal(built('linux').getMenuItemById('redo')!.enabled, false);
});

test('keys are shown and left to the page; a Mac, which takes all that it shows, shows none without ⌘', () => {
  for (const platform of ['linux', 'win32'] as const) {
    const play = built(platform).getMenuItemById('grow.play')!;
    assert.deepEqual([play.accelerator, play.registerAccelerator], ['Space', false]);
  }
  const mac = built('darwin');
  assert.equal(mac.getMenuItemById('grow.play')!.accelerator, null);
  assert.equal(mac.getMenuItemById('grow.tool.brush')!.accelerator, null);
  assert.equal(mac.getMenuItemById('grow.save')!.accelerator, 'CommandOrControl+S');
});

test('a Mac has its own menu, with settings, about and quit in it', () => {
  const [first] = built('darwin').items;
  assert.equal(first.label, 'Morphogen');
  assert.deepEqual(titles(first.submenu).slice(0, 3), ['About Morphogen', '-', 'Title of settings']);
  assert.equal(first.submenu!.items.at(-1)!.role, 'quit');
  assert.ok(titles(under(built('linux'), 'File')).includes('Quit'));
  assert.ok(titles(under(built('linux'), 'Help')).includes('About Morphogen'));
});

test('files opened before can be opened again, by their whole path, or be forgotten', () => {
  const heard: string[] = [];
  const long = `/${'deep/'.repeat(30)}cat & dog.png`;
  const menu = built('linux', commands, ['/home/me/cat.png', long], heard);
  const recent = under(under(menu, 'File')!, 'Open recent')!;
  assert.deepEqual(titles(recent).slice(0, 1), ['/home/me/cat.png']);
  assert.match(recent.items[1].label, /^….*cat && dog\.png$/);
  recent.items[1].click();
  menu.getMenuItemById('forget-recent')!.click();
  assert.deepEqual(heard, [`open ${long}`, 'forget']);
  assert.throws(() => under(under(built('linux'), 'File')!, 'Open recent')!.items[0].click());
});

test('no command twice, no two lines together, no empty menu, whatever the window says', () => {
  const someKeys = fc.constantFrom(
    'Mod+Z',
    'Mod+S',
    'Mod+O',
    'Mod+A',
    'Mod+F',
    'Space',
    'F',
    '[',
    'Mod+Enter',
  );
  const one = fc.record({
    id: fc.constantFrom('gallery', 'undo', 'grow.a', 'grow.tool.b', 'mixer.mode.c', 'repair.d', 'settings'),
    title: fc.string(),
    section: fc.constantFrom('Go to', 'Everywhere', 'Settings', 'Grow', 'Mixer'),
    keys: fc.array(someKeys, { maxLength: 2 }),
    isEnabled: fc.boolean(),
  });
  const tables = fc.uniqueArray(one, { selector: ({ id }) => id });
  const platforms = fc.constantFrom<NodeJS.Platform>('linux', 'darwin', 'win32');
  fc.assert(
    fc.property(tables, platforms, (table, platform) => {
      const named = table.map((row) => ({ ...row, title: `a ${row.title}` }));
      const template = menuTemplate(
        { commands: named, platform, recent: [], hasDeveloperTools: true },
        actions(),
      );
      Menu.buildFromTemplate(template);
      const ids: string[] = [];
      const walk = (items: readonly MenuItemConstructorOptions[]): void => {
        assert.ok(items.length > 0);
        for (const [index, { type, id, submenu }] of items.entries()) {
          if (type === 'separator')
            assert.ok(index > 0 && index < items.length - 1 && items[index - 1].type !== 'separator');
          if (id !== undefined) ids.push(id);
          if (Array.isArray(submenu)) walk(submenu);
        }
      };
      walk(template);
      assert.equal(new Set(ids).size, ids.length, ids.join(' '));
    }),
    { numRuns: 200 },
  );
});
