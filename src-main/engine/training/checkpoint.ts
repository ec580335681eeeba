/**
 * A training run as a file: the spec, the options and the counters as JSON, weights and moments as tensors. Read as
 * strictly as a model: every tensor that the spec asks for and none besides. `progress` is the caller's own (elapsed
 * time, best scores, where the data is) and comes back as it went in.
 */
import { AppError } from '#domain/errors.ts';
import type { ModelSpec } from '#domain/model-spec.ts';
import {
  metadataOf,
  numberField,
  readMetadata,
  readSpec,
  recordField,
  ruleShapes,
  takeTensors,
} from '#engine/files/morphogen-metadata.ts';
import type { NamedShape } from '#engine/files/morphogen-metadata.ts';
import { parseSafetensors } from '#engine/files/safetensors.ts';
import { safetensorsChunks } from '#engine/files/safetensors-write.ts';
import type { FileChunks } from '#engine/files/safetensors-write.ts';
import { weightShapes } from '#engine/network/weights.ts';
import { defaultTraining } from '#engine/training/options.ts';
import type { TrainingOptions } from '#engine/training/options.ts';
import { POOL_TENSOR, singleOptions } from '#engine/training/single-options.ts';
import type { SingleMode, SingleOptions } from '#engine/training/single-options.ts';
import type { RunSnapshot } from '#engine/training/run-tensors.ts';
import type { TrainerSnapshot } from '#engine/training/trainer.ts';

/** A run over many images, or one over a single image. */
export type RunSettings = ImagesRun | SingleRun;

export interface ImagesRun {
  readonly kind: 'images';
  readonly options: TrainingOptions;
}

export interface SingleRun {
  readonly kind: 'single';
  readonly mode: SingleMode;
  readonly options: SingleOptions;
}

export type Checkpoint = {
  readonly spec: ModelSpec;
  readonly progress: Readonly<Record<string, unknown>>;
} & (
  | { readonly run: ImagesRun; readonly snapshot: TrainerSnapshot }
  | { readonly run: SingleRun; readonly snapshot: RunSnapshot }
);

/** The file's bytes, as views of the snapshot's arrays; write them before the next step if those are shared. */
export function checkpointChunks({ spec, run, snapshot, progress }: Checkpoint): FileChunks {
  const { tensors, ...state } = snapshot;
  return safetensorsChunks(tensors, metadataOf('checkpoint', { spec, run, state, progress }));
}

/**
 * The values are views of `bytes`.
 * @throws AppError bad-file, bad-spec or mismatch
 */
export function readCheckpoint(bytes: Uint8Array, { name }: { readonly name: string }): Checkpoint {
  const file = parseSafetensors(bytes, { name });
  const fields = readMetadata(file, 'checkpoint', name);
  const spec = readSpec(fields['spec'], name);
  const run = readRun(fields['run'], name);
  const state = recordField(fields['state'], 'state', name);
  const integer = (from: Readonly<Record<string, unknown>>, key: string): number => {
    const value = numberField(from[key], `state.${key}`, name);
    if (Number.isSafeInteger(value) && value >= 0) return value;
    throw badRun(name, `state.${key}`);
  };
  if ((run.kind === 'single') !== (spec.network === null)) throw badRun(name, 'run.kind');
  const progress = recordField(fields['progress'], 'progress', name);
  const snapshot: RunSnapshot = {
    iteration: integer(state, 'iteration'),
    updates: integer(state, 'updates'),
    seed: integer(state, 'seed'),
    tensors: takeTensors(file.tensors, checkpointShapes(spec, run), name),
  };
  if (run.kind === 'single') return { spec, run, snapshot, progress };
  const stored = recordField(state['order'], 'state.order', name);
  const order = {
    epoch: integer(stored, 'epoch'),
    position: integer(stored, 'position'),
    count: integer(stored, 'count'),
  };
  return { spec, run, snapshot: { ...snapshot, order }, progress };
}

/** Every tensor of a run's snapshot. */
export function checkpointShapes(spec: ModelSpec, run: RunSettings): NamedShape[] {
  const weights = spec.network === null ? ruleShapes(spec.automaton) : weightShapes(spec);
  const prefixes = ['', 'adam.m.', 'adam.v.'];
  if (run.options.adam.averageDecay !== null) prefixes.push('average.');
  const shapes = prefixes.flatMap((prefix) =>
    weights.map(({ name, shape }) => ({ name: prefix + name, shape })),
  );
  if (run.kind === 'single' && run.mode !== 'grow') {
    const { grid, automaton } = spec;
    const shape = [run.options.poolSize, grid.height, grid.width, automaton.channels];
    shapes.push({ name: POOL_TENSOR, shape });
  }
  return shapes;
}

/** A run's settings that came from elsewhere. @throws AppError bad-file with the name of what they came in */
export function readRun(value: unknown, name: string): RunSettings {
  const { kind, mode, options } = recordField(value, 'run', name);
  if (kind === 'images' && agrees(options, defaultTraining)) return { kind, options };
  const isMode = mode === 'grow' || mode === 'persist' || mode === 'regenerate';
  if (kind === 'single' && isMode && agrees(options, singleOptions)) return { kind, mode, options };
  throw badRun(name, 'run');
}

/** Options that may be null, and those that are words: what they may be. */
const words: Readonly<Record<string, readonly string[]>> = {
  decay: ['none', 'cosine', 'exponential', 'step'],
  weightGradient: ['none', 'clip-global-norm', 'normalise'],
  sampleGradient: ['none', 'clip', 'equalise'],
};
const orNull: Readonly<Record<string, unknown>> = {
  averageDecay: 0.999,
  steps: { min: 1, max: 1 },
  stepCurriculum: { from: 1, iterations: 1 },
};

/** Whether a value from a file has the fields of the example, finite numbers where it has numbers, known words where words. */
function agrees<T>(value: unknown, example: T, key = ''): value is T {
  if (key in orNull) return value === null || agrees(value, orNull[key]);
  if (typeof example === 'number') return typeof value === 'number' && Number.isFinite(value) && value >= 0;
  if (typeof example === 'string') return typeof value === 'string' && words[key].includes(value);
  if (typeof example !== 'object' || example === null) return false;
  if (typeof value !== 'object' || value === null) return false;
  const fields = value as Readonly<Record<string, unknown>>;
  return Object.entries(example).every(([field, part]) => agrees(fields[field], part, field));
}

function badRun(name: string, what: string): AppError {
  return new AppError(
    'bad-file',
    `${name} cannot be resumed: its “${what}” is not one that this version of Morphogen wrote; start the run anew.`,
  );
}
