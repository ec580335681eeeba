/**
 * Rollouts as files, to hold any implementation against any other: the fixtures' format. In: x0 [B, H, W, C], a rule
 * a sample or one shared (w0 [R, K, d], b0 [R, d], w1 [R, d, C]), perhaps target [B, H, W, 4]; under `morphogen` the
 * automaton's numbers, the steps and the seed of the draw. Out: state_N, and grad_w0, grad_b0, grad_w1 of
 * loss = mean((state[…, :4] − target)²) over the whole batch, with the loss in the metadata. Values that are not
 * finite are written as they are: that a rollout diverges is a result here.
 */
import { featureCount, type Automaton } from '#domain/automaton.ts';
import { AppError } from '#domain/errors.ts';
import {
  rollout,
  rolloutLoss,
  type RolloutImplementation,
  type RuleTensors,
} from '#engine/rollout/rollout.ts';
import { tf } from '#engine/tf.ts';
import {
  METADATA_KEY,
  numberField,
  readFields,
  readSpec,
  takeTensors,
  type NamedShape,
  type NamedValues,
} from './morphogen-metadata.ts';
import { parseSafetensors } from './safetensors.ts';
import { safetensorsChunks, type FileChunks } from './safetensors-write.ts';

export interface RolloutTask {
  readonly automaton: Automaton;
  readonly steps: number;
  readonly seed: number;
  readonly x0: NamedValues;
  readonly w0: NamedValues;
  readonly b0: NamedValues;
  readonly w1: NamedValues;
  readonly target: NamedValues | null;
  /** The metadata as they came, to be repeated in the result. */
  readonly fields: Readonly<Record<string, unknown>>;
}

export interface RolloutRun {
  readonly steps: number;
  readonly gradients: boolean;
  readonly implementation: RolloutImplementation;
}

export interface RolloutResult {
  /** state_N and the gradients, by their names in the file. */
  readonly tensors: ReadonlyMap<string, NamedValues>;
  /** null without a target. */
  readonly loss: number | null;
}

/** @throws AppError bad-file, bad-spec or mismatch */
export function readRolloutTask(bytes: Uint8Array, name: string): RolloutTask {
  const file = parseSafetensors(bytes, { name });
  const fields = readFields(file, name);
  const { automaton, grid, steps } = readAutomaton(fields, name);
  const seed = numberField(fields['seed'], 'seed', name);
  if (seed !== seed >>> 0) {
    throw new AppError(
      'bad-file',
      `The seed of ${name} is ${seed}, not a whole number from 0 to 2^32 − 1; correct it.`,
    );
  }
  const { channels: C, hidden: d } = automaton;
  const B = file.tensors.get('x0')?.shape[0] ?? 1;
  const R = file.tensors.get('w0')?.shape[0] === 1 ? 1 : B;
  const pixels = [B, grid.height, grid.width];
  const expected: NamedShape[] = [
    { name: 'x0', shape: [...pixels, C] },
    { name: 'w0', shape: [R, featureCount(automaton), d] },
    { name: 'b0', shape: [R, d] },
    { name: 'w1', shape: [R, d, C] },
  ];
  if (file.tensors.has('target')) expected.push({ name: 'target', shape: [...pixels, 4] });
  const names = new Set(expected.map((one) => one.name));
  const found = new Map([...file.tensors].filter(([tensor]) => names.has(tensor)));
  const tensors = takeTensors(found, expected, name);
  const [x0, w0, b0, w1] = ['x0', 'w0', 'b0', 'w1'].map((one) => tensors.get(one) as NamedValues);
  return { automaton, steps, seed, x0, w0, b0, w1, target: tensors.get('target') ?? null, fields };
}

/** Runs the task on the tfjs backend that is active. @throws AppError mismatch for gradients without a target */
export async function runRolloutTask(task: RolloutTask, run: RolloutRun): Promise<RolloutResult> {
  if (run.gradients && task.target === null) {
    throw new AppError(
      'mismatch',
      'Gradients need a tensor “target” [B, H, W, 4] in the file, and there is none; add it.',
    );
  }
  const computed = tf.tidy(() => compute(task, run));
  const tensors = new Map<string, NamedValues>();
  let loss: number | null = null;
  for (const [name, tensor] of Object.entries(computed)) {
    const data = await tensor.data<'float32'>();
    if (name === LOSS) loss = data[0];
    else tensors.set(name, { shape: tensor.shape, data });
  }
  tf.dispose(computed);
  return { tensors, loss };
}

/** Name of the loss among the tensors, which no tensor of a file has. */
const LOSS = 'loss';

function compute(task: RolloutTask, run: RolloutRun): Record<string, tf.Tensor> {
  const options = {
    steps: run.steps,
    draw: { seed: task.seed, firstStep: 0, firstSample: 0 },
    implementation: run.implementation,
  };
  const x0 = tensorOf(task.x0) as tf.Tensor4D;
  const rule = [tensorOf(task.w0), tensorOf(task.b0), tensorOf(task.w1)];
  const target = task.target === null ? null : (tensorOf(task.target) as tf.Tensor4D);
  const name = `state_${run.steps}`;
  if (target === null) return { [name]: rollout(x0, ruleOf(rule), task.automaton, options) };
  let state: tf.Tensor | undefined;
  const meanLoss = (...parts: tf.Tensor[]): tf.Scalar => {
    const result = rolloutLoss(x0, ruleOf(parts), target, task.automaton, { ...options, loss: 'mse' });
    state = result.state;
    return tf.mean(result.loss);
  };
  if (!run.gradients) {
    const loss = meanLoss(...rule);
    return { [LOSS]: loss, [name]: state! };
  }
  const { value, grads } = tf.valueAndGrads(meanLoss)(rule);
  const [grad_w0, grad_b0, grad_w1] = grads;
  return { [LOSS]: value, [name]: state!, grad_w0, grad_b0, grad_w1 };
}

/** @param notes more fields for the metadata, such as the backend that ran */
export function rolloutResultChunks(
  task: RolloutTask,
  run: RolloutRun,
  result: RolloutResult,
  notes: Readonly<Record<string, string>>,
): FileChunks {
  const fields = { ...task.fields, steps: run.steps, loss: result.loss, ...notes };
  return safetensorsChunks(result.tensors, new Map([[METADATA_KEY, JSON.stringify(fields)]]), {
    allowNotFinite: true,
  });
}

/** The checks of a model's spec serve: it is one of one image. */
function readAutomaton(fields: Readonly<Record<string, unknown>>, name: string) {
  return readSpec(
    {
      version: 1,
      preset: 'rollout',
      image: 'rgba',
      grid: { height: fields['height'], width: fields['width'] },
      automaton: {
        channels: fields['channels'],
        hidden: fields['hidden'],
        sobelSizes: fields['sobelSizes'],
        aliveChannel: fields['aliveChannel'],
        aliveThreshold: fields['aliveThreshold'],
        fireRate: fields['fireRate'],
        gain: fields['gain'] ?? 1,
      },
      window: 3,
      steps: fields['steps'],
      seed: 'rgba',
      network: null,
      loss: 'mse',
      klWeight: 0,
      damage: null,
    },
    name,
  );
}

function ruleOf(parts: readonly tf.Tensor[]): RuleTensors {
  const [w0, b0, w1] = parts;
  return { w0: w0 as tf.Tensor3D, b0: b0 as tf.Tensor2D, w1: w1 as tf.Tensor3D };
}

function tensorOf({ data, shape }: NamedValues): tf.Tensor {
  return tf.tensor(data, [...shape], 'float32');
}
