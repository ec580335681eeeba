/**
 * What only a desktop can do for its window: menus, the system's own dialogs, files handed over by the system, dragging
 * files out. A page in a browser never asks for these; `hasNativeDialogs` in the snapshot says which of the two it is.
 */
import { z } from 'zod';
import { appContract } from './app-contract.ts';
import { defineContract } from './contract.ts';
import { itemRef } from './shapes/library.ts';
import { id } from './shapes/values.ts';

const nothing = z.object({});
const path = z.string().min(1).max(32_768);
const label = z.string().max(1000);

/** A row of the window's table of commands, as a menu shows it. */
export const menuCommand = z.object({
  id: z.string().min(1).max(200),
  title: label,
  section: label,
  /** As in the table: `Mod+K`, `Shift+D`, `Space`. */
  keys: z.array(z.string().min(1).max(40)).max(8),
  isEnabled: z.boolean(),
});
export type MenuCommand = z.output<typeof menuCommand>;

/** What is looked for; each remembers its own last folder. */
export const chosenThing = z.enum(['files', 'pictures', 'photo', 'picture-folder', 'save-folder']);
export type ChosenThing = z.output<typeof chosenThing>;

export const desktopContract = defineContract({
  methods: {
    'desktop.about': {
      params: nothing,
      result: z.object({
        /** "Electron 45.5.0, Chromium 144.0, Node 24.21.0". */
        runtime: z.string(),
        /** Data lies beside the program. */
        isPortable: z.boolean(),
        canPreventSleep: z.boolean(),
      }),
    },
    /** All that can be done in the window now, for the menus. */
    'desktop.setCommands': {
      params: z.object({ commands: z.array(menuCommand).max(1000) }),
      result: nothing,
    },
    /** Files that the system handed over and that no window has taken yet. */
    'desktop.takeOpened': { params: nothing, result: z.object({ paths: z.array(path) }) },
    /** The system's dialog. None if it is cancelled. */
    'desktop.choose': {
      params: z.object({
        what: chosenThing,
        title: label,
        /** What the button says. */
        choose: label.nullable().default(null),
        start: path.nullable().default(null),
      }),
      result: z.object({ paths: z.array(path) }),
    },
    /** Files that came in by a drop: they join the recent ones. */
    'desktop.noteRecent': { params: z.object({ paths: z.array(path).max(10_000) }), result: nothing },
    'desktop.showDataFolder': { params: nothing, result: nothing },
    /** Where an export went. @throws AppError not-found */
    'desktop.showExport': { params: z.object({ jobId: id }), result: nothing },
    /**
     * Takes over a drag that has begun in the window: the items' files are made (a picture, a style file; or a GIF of the
     * growth) and dragged out. Cancelled, as when the button is let go before they are there, nothing is dragged.
     */
    'desktop.drag': {
      params: z.object({ items: z.array(itemRef).min(1).max(100), as: z.enum(['file', 'gif']) }),
      result: z.object({ isDragged: z.boolean() }),
    },
    'desktop.showLicences': { params: nothing, result: nothing },
    /** For the Edit menu while text is typed. */
    'desktop.editText': {
      params: z.object({ action: z.enum(['undo', 'redo', 'selectAll']) }),
      result: nothing,
    },
  },
  events: {
    /** A menu's item of the window's table was chosen. */
    'desktop.command': z.object({ id: z.string() }),
    /** There is something for `desktop.takeOpened`. */
    'desktop.opened': nothing,
  },
});
export type DesktopContract = typeof desktopContract;

/** All that a window may ask, in whatever host. */
export const windowContract = defineContract({
  methods: { ...appContract.methods, ...desktopContract.methods },
  events: { ...appContract.events, ...desktopContract.events },
});
export type WindowContract = typeof windowContract;
