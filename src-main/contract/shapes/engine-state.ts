/** What computes, and whether it does. */
import { z } from 'zod';
import { count } from './values.ts';

export const backendChoice = z.enum(['auto', 'webgpu', 'wasm', 'tensorflow', 'reference', 'composed']);
export type BackendChoice = z.output<typeof backendChoice>;

/** A backend that this machine lacks: why, in a sentence, and the command that brings it. */
export const missingBackend = z.object({ backend: backendChoice, reason: z.string(), command: z.string() });
export type MissingBackend = z.output<typeof missingBackend>;

const backendName = backendChoice.exclude(['auto']);

export const engineInfo = z.object({
  backend: backendName,
  threads: count,
  /** What runs, and why nothing better. One line, whose parts are set apart by semicolons. */
  description: z.string(),
  /** The processor, also where another device computes. */
  device: z.string(),
  /** Absent where none computes. */
  graphics: z
    .object({
      /** For people. */
      name: z.string(),
      /** Which the main processor plays. */
      isSoftware: z.boolean(),
      /** Of a window that lends it, for growing and training: what does all the rest. null: it does everything. */
      rest: backendName.nullable(),
    })
    .optional(),
});
export type EngineInfo = z.output<typeof engineInfo>;

export const engineState = z.object({
  status: z.enum(['starting', 'ready', 'stalled', 'restarting', 'failed']),
  /** Null until it was ready once. */
  info: engineInfo.nullable(),
  /** Restarts since it last ran well; at most 3 in a row. */
  restarts: count,
  /** A sentence, where something is wrong. */
  problem: z.string().nullable(),
});
export type EngineState = z.output<typeof engineState>;
