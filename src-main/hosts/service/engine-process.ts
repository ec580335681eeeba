/** An engine process for the service: forked, watched, begun again when it dies. */
import { spawnChildEngine } from '#hosts/engine/supervision/engine-child.ts';
import { superviseEngine } from '#hosts/engine/supervision/supervise-engine.ts';
import type { OpenEngine } from './engines.ts';

/** An iteration of a large preset on a slow machine may take most of a minute, and answers nothing meanwhile. */
const HEAVY_STALL_MS = 180_000;

export const openEngineProcess: OpenEngine = (kind, settings) =>
  superviseEngine({
    settings,
    spawn: () => spawnChildEngine({ isBackground: kind === 'heavy' }),
    ...(kind === 'heavy' && { stallMs: HEAVY_STALL_MS }),
  });
