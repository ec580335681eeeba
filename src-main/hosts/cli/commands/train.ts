/** `train`: a model from a folder of pictures, an IDX file or one picture. The run itself is app/training-run.ts. */
import { readFile, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { runTraining } from '#app/training-run.ts';
import type { BackendChoice } from '#contract/shapes/engine-state.ts';
import { AppError } from '#domain/errors.ts';
import { parseModelSpec } from '#domain/model-check.ts';
import { presetNames, presets, type PresetName } from '#domain/model-presets.ts';
import type { ModelSpec } from '#domain/model-spec.ts';
import { readCheckpoint, type Checkpoint, type RunSettings } from '#engine/training/checkpoint.ts';
import type { ValuesByName } from '#engine/training/tensor-values.ts';
import { createTrainingJob, type TrainingPaths } from '#hosts/engine/training-job.ts';
import { differencesSince, progressOf, splitPictures } from '#hosts/engine/training-start.ts';
import { continuedRun, freshRun, usualIterations } from '#hosts/engine/training-settings.ts';
import type { Dataset } from '#media/dataset.ts';
import { survivingLoss } from '#hosts/engine/webgpu/after-loss.ts';
import { findIdxFile } from '#media/idx.ts';
import { loadCheckpoint } from '#storage/checkpoint-slots.ts';
import { defineCommand, type CommandContext } from '../command.ts';
import { loadPictures } from '../load-pictures.ts';
import { readModel } from '#hosts/engine/model-files.ts';
import { engineOptions, withEngine } from '../open-engine.ts';
import { createTrainingReporter } from '../training-report.ts';

const options = {
  preset: {
    type: 'string',
    choices: presetNames,
    help: 'kind of model; digits for IDX files, single for one picture, else sketch',
  },
  out: {
    type: 'string',
    short: 'o',
    placeholder: 'M',
    help: 'the model file to write; out/NAME.safetensors if left out',
  },
  iterations: { type: 'integer', short: 'n', min: 1, max: 1e9, help: "the run's end; by the preset" },
  batch: { type: 'integer', min: 1, max: 65_536, help: 'pictures an iteration; by the preset' },
  seed: {
    type: 'integer',
    min: 0,
    max: 2 ** 32 - 1,
    help: 'of the first weights and all that is drawn; 1 if left out',
  },
  lr: { type: 'number', placeholder: 'RATE', min: 0, help: 'learning rate; 0.001, for one picture 0.002' },
  mode: {
    type: 'string',
    choices: ['grow', 'persist', 'regenerate'],
    help: 'for one picture: only grow, also keep its shape (the default), or also heal',
  },
  resume: { type: 'boolean', help: 'go on from the last checkpoint of M' },
  restart: { type: 'boolean', help: 'throw away the checkpoints of an unfinished run of M' },
  from: {
    type: 'string',
    placeholder: 'MODEL',
    help: "start from a model's weights, and go by its spec unless another one is named",
  },
  spec: { type: 'string', placeholder: 'FILE', help: 'the kind of model as JSON, instead of a preset' },
  limit: { type: 'integer', placeholder: 'N', min: 1, help: 'use at most N pictures' },
  enlarge: { type: 'boolean', help: "enlarge pictures that are smaller than the model's grid" },
  validation: {
    type: 'integer',
    placeholder: 'N',
    min: 0,
    help: 'pictures kept for judging; a tenth, at most 256, if left out',
  },
  'validate-every': {
    type: 'integer',
    placeholder: 'N',
    min: 0,
    default: 250,
    help: 'iterations between two validations; 0 for none',
  },
  'preview-every': {
    type: 'integer',
    placeholder: 'N',
    min: 0,
    default: 500,
    help: 'iterations between two preview sheets beside M; 0 for none',
  },
  'save-every': {
    type: 'number',
    placeholder: 'SECONDS',
    min: 0,
    default: 60,
    help: 'time between two checkpoints',
  },
  float32: { type: 'boolean', help: 'write the model in full precision, twice as large' },
  ...engineOptions,
  json: { type: 'boolean', help: 'JSON lines on stdout: progress, validations, the end' },
} as const;

type Context = CommandContext<typeof options>;

export const command = defineCommand({
  name: 'train',
  summary: 'Train a model on a folder of pictures, an IDX file or one picture',
  description:
    'Pictures are PNG, JPEG, WebP, GIF, AVIF, TIFF or IDX; folders are searched with all that is in them, and files that ' +
    'cannot be used are listed and skipped. Ctrl-C saves a checkpoint and the model as it is; --resume goes on from ' +
    "there with the run's own settings. The model is written at the end, with its scores on the pictures kept for judging.",
  positionals: [{ name: 'SOURCE', help: 'a folder of pictures, an IDX file or one picture' }],
  options,
  examples: [
    { line: 'train photos', does: 'a model of your pictures, in out/photos.safetensors' },
    {
      line: 'train mnist --preset digits --out digits.safetensors --iterations 5000',
      does: 'a model of handwritten digits',
    },
    {
      line: 'train mnist --out digits.safetensors --resume',
      does: 'the same run, from where it was interrupted',
    },
    {
      line: 'train lizard.png --mode regenerate --out lizard.safetensors',
      does: 'one picture that heals when it is damaged',
    },
  ],
  async run(context) {
    const source = context.path(context.positionals[0]);
    const paths = pathsOf(context, source);
    await refuseFolder(paths.model);
    const start = await (context.options.resume ? resumed(context, paths) : fresh(context, source, paths));
    const dataset = await loadPictures(source, start.spec, context, {
      limit: context.options.limit,
      enlarge: context.options.enlarge,
    });
    const data = `${basename(source)}, ${dataset.count} pictures`;
    await survivingLoss(
      context.options.backend,
      async (backend, again) => {
        const from = again ? await afterLoss(start, paths) : start;
        await train(context, { ...from, backend }, dataset, paths, data);
      },
      (sentence) => context.err.line(sentence),
    );
  },
});

/** Where a run starts from. */
interface Start {
  readonly spec: ModelSpec;
  readonly run: RunSettings;
  readonly seed: number;
  readonly iterations: number;
  readonly weights?: ValuesByName;
  readonly checkpoint?: Checkpoint;
}

async function train(
  context: Context,
  start: Start & { readonly backend: BackendChoice },
  dataset: Dataset,
  paths: TrainingPaths,
  data: string,
): Promise<void> {
  const { options, err } = context;
  const { spec, run, seed, iterations, checkpoint } = start;
  const { count } = dataset;
  const split = splitPictures(spec, { count, seed, checkpoint, validation: options.validation });
  const { threads } = options;
  await withEngine({ backend: start.backend, threads }, err, async ({ implementation, description }) => {
    const differences = checkpoint ? differencesSince(checkpoint, { backend: description, data }) : [];
    for (const sentence of differences) err.line(sentence);
    const job = await createTrainingJob({
      ...start,
      ...split,
      pictures: dataset,
      implementation,
      paths,
      data,
      backend: description,
      dtype: options.float32 ? 'F32' : 'F16',
    });
    const reporter = createTrainingReporter(context, { json: options.json });
    try {
      const count = split.training.length;
      const judged = spec.network === null ? '' : `, ${split.validation.length} for judging`;
      err.line(
        `Training ${spec.preset} to iteration ${iterations}: ${count} pictures in batches of ${run.options.batchSize}` +
          `${judged}, seed ${seed}`,
      );
      const plan = {
        iterations,
        validateEvery: options['validate-every'],
        previewEvery: options['preview-every'],
        saveEveryMs: options['save-every'] * 1000,
        reportEveryMs: reporter.everyMs,
      };
      const ports = {
        ...job,
        nowMs: () => performance.now(),
        pause: () => new Promise<void>((resolve) => setImmediate(resolve)),
        isStopped: () => context.signal.aborted,
        emit: (event: Parameters<typeof reporter.emit>[0]) => reporter.emit(event),
      };
      const earlier = checkpoint ? progressOf(checkpoint) : null;
      const { iteration, isFinished } = await runTraining(plan, ports, earlier);
      if (!isFinished) {
        err.line(`Stopped and saved after iteration ${iteration}: the same command with --resume goes on.`);
      }
    } finally {
      reporter.close();
      job.dispose();
    }
  });
}

/** The same run, from what it saved last; from its start where that was nothing. */
async function afterLoss(start: Start, paths: TrainingPaths): Promise<Start> {
  const loaded = await loadCheckpoint(paths.checkpoints, (bytes, name) => readCheckpoint(bytes, { name }));
  return loaded === null ? start : { ...start, checkpoint: loaded.value };
}

async function fresh({ options, path }: Context, source: string, paths: TrainingPaths): Promise<Start> {
  if (!options.restart) await refuseUnfinished(paths);
  const model = options.from === undefined ? undefined : await readModel(path(options.from));
  const asked = options.spec === undefined ? model?.spec : undefined;
  const spec = asked ?? (await specOf(options, path, source));
  if (model && options.preset !== undefined && options.preset !== spec.preset) {
    throw new AppError(
      'mismatch',
      `${options.from} is a model of the preset ${spec.preset}, and --preset asks for ${options.preset}: leave it out.`,
    );
  }
  if (options.mode !== undefined && spec.network !== null) {
    throw new AppError(
      'bad-argument',
      `--mode is for models of one picture, such as the preset single, not for ${spec.preset}: leave it out.`,
    );
  }
  const iterations = options.iterations ?? usualIterations(spec);
  const { batch, lr: learningRate, mode } = options;
  const wishes = { iterations, batch, learningRate, mode };
  const run = freshRun(spec, wishes);
  return { spec, run, seed: options.seed ?? 1, iterations, ...(model && { weights: model.weights }) };
}

async function resumed(context: Context, paths: TrainingPaths): Promise<Start> {
  const { options, err } = context;
  const loaded = await loadCheckpoint(paths.checkpoints, (bytes, name) => readCheckpoint(bytes, { name }));
  if (loaded === null) {
    throw new AppError(
      'not-found',
      `There is no checkpoint of ${paths.model} to resume from (in ${paths.checkpoints}): leave --resume out.`,
    );
  }
  if (loaded.notice !== null) err.line(loaded.notice);
  const { value: checkpoint } = loaded;
  const { spec, snapshot } = checkpoint;
  await refuseOtherSettings(context, checkpoint);
  if (options.from !== undefined)
    err.line('--from was for the start of this run; it goes on from its own weights.');
  const iterations = options.iterations ?? progressOf(checkpoint).iterations;
  if (iterations < snapshot.iteration) {
    throw new AppError(
      'bad-argument',
      `The run is at iteration ${snapshot.iteration} already, and --iterations asks for ${iterations} in all: ask for more.`,
    );
  }
  if (iterations === snapshot.iteration) {
    err.line(`All ${iterations} iterations are made already; --iterations with a larger number goes on.`);
  }
  const run = continuedRun(checkpoint.run, { iterations, batch: options.batch, learningRate: options.lr });
  return { spec, run, seed: snapshot.seed, iterations, checkpoint };
}

/** What a run cannot change halfway. */
async function refuseOtherSettings({ options, path }: Context, checkpoint: Checkpoint): Promise<void> {
  const { spec, run, snapshot } = checkpoint;
  const refuse = (option: string, has: string | number): never => {
    throw new AppError(
      'mismatch',
      `The run to resume has ${option} ${has}, which cannot change halfway: leave --${option} out, or --resume.`,
    );
  };
  if (options.restart) {
    throw new AppError(
      'bad-argument',
      '--restart throws the run away and --resume goes on with it: give only one of them.',
    );
  }
  if (options.preset !== undefined && options.preset !== spec.preset) refuse('preset', spec.preset);
  if (options.seed !== undefined && options.seed !== snapshot.seed) refuse('seed', snapshot.seed);
  if (options.mode !== undefined && (run.kind !== 'single' || options.mode !== run.mode)) {
    refuse('mode', run.kind === 'single' ? run.mode : 'none');
  }
  if (options.spec !== undefined && !isDeepStrictEqual(await readSpecFile(path(options.spec)), spec)) {
    refuse('spec', `${spec.preset} of another kind`);
  }
}

async function specOf(
  { preset, spec }: Context['options'],
  path: Context['path'],
  source: string,
): Promise<ModelSpec> {
  if (spec !== undefined) return readSpecFile(path(spec));
  return presets[preset ?? (await usualPreset(source))];
}

async function usualPreset(source: string): Promise<PresetName> {
  if ((await findIdxFile(source)) !== null) return 'digits';
  return (await stat(source)).isFile() ? 'single' : 'sketch';
}

async function readSpecFile(path: string): Promise<ModelSpec> {
  const text = await readFile(path, 'utf8');
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new AppError('bad-spec', `${path} is not JSON: give a file with a model's spec.`, { cause });
  }
  return parseModelSpec(value);
}

function pathsOf({ options, path }: Context, source: string): TrainingPaths {
  const name = basename(source).replace(/\.[^.]*$/, '') || 'model';
  const model = path(options.out ?? `out/${name}.safetensors`);
  const stem = model.replace(/\.safetensors$/, '');
  return { model, preview: `${stem}.preview.png`, checkpoints: `${stem}.checkpoints` };
}

async function refuseFolder(model: string): Promise<void> {
  const found = await stat(model).catch(() => null);
  if (found?.isDirectory()) {
    throw new AppError(
      'io',
      `${model} is a folder where the model's file should be: give --out a file's name.`,
    );
  }
}

async function refuseUnfinished(paths: TrainingPaths): Promise<void> {
  const found = await loadCheckpoint(paths.checkpoints, (bytes, name) =>
    readCheckpoint(bytes, { name }),
  ).catch((failure: unknown) => {
    // None that can be read is none that could be lost.
    if (failure instanceof AppError && failure.code === 'bad-file') return null;
    throw failure;
  });
  if (found === null || progressOf(found.value).isFinished) return;
  throw new AppError(
    'busy',
    `A run of ${paths.model} was interrupted at iteration ${found.iteration}: add --resume to go on with it, or ` +
      '--restart to throw it away and start anew.',
  );
}
