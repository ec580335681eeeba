/** The service's engine processes: forked, watched, begun again when they die. What trains gives way to what people look at. */
import { spawnChildEngine } from '#hosts/engine/supervision/engine-child.ts';
import { superviseEngine } from '#hosts/engine/supervision/supervise-engine.ts';
import type { OpenEngine } from './engines.ts';

/** An iteration of a large preset on a slow machine may take most of a minute, and answers nothing meanwhile. */
const HEAVY_STALL_MS = 180_000;

/** @param supervise handed in by tests */
export function engineOpener(
  onBug: (failure: Error) => void,
  supervise: typeof superviseEngine = superviseEngine,
): OpenEngine {
  return (kind, settings) =>
    supervise({
      ...{ settings, onBug },
      spawn: () => spawnChildEngine({ isBackground: kind === 'heavy' }),
      ...(kind === 'heavy' && { stallMs: HEAVY_STALL_MS }),
    });
}
