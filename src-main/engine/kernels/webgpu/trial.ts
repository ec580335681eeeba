/**
 * Whether a backend computes what the automaton is: a small rollout with its loss and gradients, compared with the plain
 * loops. Drivers of graphics processors have bugs; one that gives wrong numbers is not used.
 */
import { featureCount, type Automaton } from '#domain/automaton.ts';
import { AppError } from '#domain/errors.ts';
import { createRandom } from '#domain/random.ts';
import { referenceLoss } from '#engine/kernels/reference/rollout.ts';
import { rolloutLoss, type RuleTensors } from '#engine/rollout/rollout.ts';
import { tf } from '#engine/tf.ts';

const automaton: Automaton = {
  channels: 8,
  hidden: 12,
  sobelSizes: [3, 5],
  aliveChannel: 3,
  aliveThreshold: 0.1,
  fireRate: 0.5,
  gain: 1,
};
const side = 7;
const steps = 5;

/** Of the largest value: states, and gradients, as every float32 backend must have them. */
const STATE_BOUND = 1e-5;
const GRADIENT_BOUND = 1e-4;

/** It computes, but not what it should: AppError `unsupported`, and worth remembering. */
export class WrongNumbersError extends AppError {
  constructor(message: string) {
    super('unsupported', message);
  }
}

/**
 * Runs it on the active backend.
 * @throws WrongNumbersError with how far off it was
 */
export async function tryRollout(name: string): Promise<void> {
  const { channels: C, hidden: d } = automaton;
  const K = featureCount(automaton);
  const random = createRandom(1);
  const normals = (count: number, scale: number): Float32Array =>
    Float32Array.from({ length: count }, () => scale * random.normal());
  const x0 = normals(side * side * C, 0.3).map((value, i) => (i % C === 3 ? 1 : value));
  const [w0, b0, w1] = [normals(K * d, K ** -0.5), normals(d, 0.3), normals(d * C, 0.1 * d ** -0.5)];
  const target = Float32Array.from({ length: side * side * 4 }, () => random.next());
  const draw = { seed: 7, firstStep: 3, firstSample: 2 };
  const expected = referenceLoss(
    { batch: 1, grid: { height: side, width: side }, automaton, steps, draw, x0, ruleCount: 1, w0, b0, w1 },
    { target, pixelWeight: null, loss: 'mse' },
  );

  const tensors = tf.tidy(() => {
    const start = tf.tensor4d(x0, [1, side, side, C]);
    const goal = tf.tensor4d(target, [1, side, side, 4]);
    let state: tf.Tensor | undefined;
    const gradients = tf.grads((a, b, c) => {
      const rule = { w0: a, b0: b, w1: c } as RuleTensors;
      const result = rolloutLoss(start, rule, goal, automaton, { steps, draw, loss: 'mse' });
      state = result.state;
      return tf.sum(result.loss);
    })([tf.tensor3d(w0, [1, K, d]), tf.tensor2d(b0, [1, d]), tf.tensor3d(w1, [1, d, C])]);
    return [state!, ...gradients];
  });
  try {
    const [state, ...gradients] = await Promise.all(tensors.map((tensor) => tensor.data<'float32'>()));
    judge(name, 'state', state, expected.state, STATE_BOUND);
    for (const [i, part] of (['dw0', 'db0', 'dw1'] as const).entries()) {
      judge(name, `gradient of ${part.slice(1)}`, gradients[i], expected[part], GRADIENT_BOUND);
    }
  } finally {
    tf.dispose(tensors);
  }
}

function judge(
  name: string,
  what: string,
  actual: Float32Array,
  expected: ArrayLike<number>,
  bound: number,
): void {
  let [largest, error] = [0, actual.length === expected.length ? 0 : Infinity];
  for (let i = 0; i < expected.length; i++) {
    largest = Math.max(largest, Math.abs(expected[i]));
    // Not Math.max: what is no number must not pass.
    if (!(Math.abs(actual[i] - expected[i]) <= error)) error = Math.abs(actual[i] - expected[i]);
  }
  if (largest > 0 && error <= bound * largest) return;
  throw new WrongNumbersError(
    `${name} computes wrong numbers (its ${what} is off by ${(error / largest).toExponential(1)} of the largest value, where ${bound} is allowed), so it is not used: update its driver, or choose the backend wasm.`,
  );
}
