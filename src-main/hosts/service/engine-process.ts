/** The service's engine processes: forked, watched, begun again when they die. What trains gives way to what people look at. */
import { spawnChildEngine, type EngineChild } from '#hosts/engine/supervision/engine-child.ts';
import { superviseEngine } from '#hosts/engine/supervision/supervise-engine.ts';
import type { OpenEngine } from './engines.ts';

/** An iteration of a large preset on a slow machine may take most of a minute, and answers nothing meanwhile. */
const HEAVY_STALL_MS = 180_000;

export interface OpenerOptions {
  /** How a process begins: by Node's fork, if left out. */
  readonly spawn?: (kind: 'live' | 'heavy') => EngineChild;
  /** Handed in by tests. */
  readonly supervise?: typeof superviseEngine;
}

export function engineOpener(onBug: (failure: Error) => void, options: OpenerOptions = {}): OpenEngine {
  const { supervise = superviseEngine } = options;
  const { spawn = (kind) => spawnChildEngine({ isBackground: kind === 'heavy' }) } = options;
  return (kind, settings) =>
    supervise({
      ...{ settings, onBug },
      isBackground: kind === 'heavy',
      spawn: () => spawn(kind),
      ...(kind === 'heavy' && { stallMs: HEAVY_STALL_MS }),
    });
}
