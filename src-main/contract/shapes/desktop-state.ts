/** What a desktop keeps from one start to the next beside the library: where its window was, which folders were used. */
import { z } from 'zod';

const path = z.string().min(1).max(32_768);
const pixels = z.number().int().min(-1_000_000).max(1_000_000);
export const MOST_RECENT = 10;

export const windowPlace = z.object({
  /** In points of the screen, as it is when it is not maximised. */
  x: pixels,
  y: pixels,
  width: pixels.min(1),
  height: pixels.min(1),
  isMaximized: z.boolean(),
});
export type WindowPlace = z.output<typeof windowPlace>;

/** What is not understood is forgotten, part by part: it is a convenience. */
export const desktopState = z.object({
  window: windowPlace.nullable().catch(null).default(null),
  /** By what was chosen there. */
  folders: z.record(z.string().max(40), path).catch({}).default({}),
  /** Files that were opened, the newest first. */
  recent: z.array(path).max(MOST_RECENT).catch([]).default([]),
});
export type DesktopState = z.output<typeof desktopState>;
