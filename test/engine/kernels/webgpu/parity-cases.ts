/**
 * The rollout on WebGPU beside the reference and the authors' own code, within the bounds of any float32 backend: states
 * 1e-5, gradients 1e-4 of a tensor's largest value. Each shape is a program that SwiftShader compiles for seconds, so
 * cases share their shapes where they can. Nothing here is Node's: the same cases run in a browser.
 */
import { evenLimits, turnPattern } from '#domain/mix-choice.ts';
import { referenceRollout } from '#engine/kernels/reference/rollout.ts';
import { rolloutMixed } from '#engine/rollout/mixed.ts';
import { rollout, rolloutLoss, type RuleTensors } from '#engine/rollout/rollout.ts';
import { tf } from '#engine/tf.ts';
import {
  distance,
  holdTensors,
  randomCase,
  referenceCase,
  referenceTask,
  ruleTensors,
  runCaseAsync,
  stateShape,
  type CaseOptions,
} from '#test/engine/rollout/rollout-case.ts';
import type { Fixture } from '#test/fixtures/parse-safetensors.ts';

const STATE_BOUND = 1e-5;
const GRADIENT_BOUND = 1e-4;

/** How far one tensor is off, as a share of its largest value. */
export interface Compared {
  readonly what: string;
  readonly off: number;
  readonly bound: number;
}

export interface ParityCase {
  readonly name: string;
  /** Of test/fixtures/rollout; null where there is none. */
  readonly fixture: string | null;
  /** On the active backend. */
  run(fixture: Fixture | null): Promise<Compared[]>;
}

const options: Readonly<Record<string, CaseOptions>> = {
  'a rule a sample': {},
  'other steps and samples': { draw: { firstStep: 1000, firstSample: 12 } },
  'a masked bce': { weighted: true, loss: 'bce', life: 0.5 },
  'all dead': { life: -10 },
  'a shared rule, held cells': {
    ...{ shared: true, batch: 3, steps: 6 },
    hold: { channels: 4, shared: true, share: 0.3 },
  },
  'odd sizes': { grid: { height: 5, width: 9 }, automaton: { channels: 5, hidden: 7, sobelSizes: [7] } },
  'four channels at once, dying': {
    ...{ life: -0.4, vigour: 0.3, steps: 12, grid: { height: 13, width: 11 } },
    automaton: { channels: 8, hidden: 12, sobelSizes: [3] },
  },
  'a 1×1 grid, no gradient filters, a gain': {
    ...{ grid: { height: 1, width: 1 }, life: 1 },
    automaton: { sobelSizes: [], gain: 0.7, hidden: 1, channels: 4 },
  },
};

export const parityCases: readonly ParityCase[] = [
  ...Object.entries(options).map(([name, option]) => ({
    name: `agrees with the reference: ${name}`,
    fixture: null,
    run: () => besideReference(name.length, option),
  })),
  ...['no-sobel-odd', 'dying-1'].map((fixture) => ({
    name: `agrees with the authors’ code: ${fixture}`,
    fixture,
    run: (read: Fixture | null) => besideFixture(read!),
  })),
  {
    name: 'several rules in turns, drawn, and drawn with held cells',
    fixture: null,
    run: severalRules,
  },
];

/** Everything that the operation computes, of a random case. */
export async function besideReference(seed: number, option: CaseOptions): Promise<Compared[]> {
  const spec = randomCase(seed, option);
  const expected = referenceCase(spec);
  return [...(await runCaseAsync(spec))].map(([what, values]) =>
    compared(what, values, expected.get(what)!, what.includes(':') ? GRADIENT_BOUND : STATE_BOUND),
  );
}

async function severalRules(): Promise<Compared[]> {
  const option = { steps: 7, shared: true } as const;
  const [spec, other] = [randomCase(3, option), randomCase(44, option)];
  const both = (part: 'w0' | 'b0' | 'w1'): Float32Array => Float32Array.of(...spec[part], ...other[part]);
  const held = randomCase(3, { ...option, hold: { channels: 3, shared: false, share: 0.4 } });
  const found: Compared[] = [];
  for (const [limits, { hold }] of [
    [null, spec],
    [evenLimits([2, 1], spec.grid), spec],
    [evenLimits([2, 1], spec.grid), held],
  ] as const) {
    const mixedSpec = { ...spec, hold, ruleCount: 2, w0: both('w0'), b0: both('b0'), w1: both('w1') };
    const mix = { rules: 2, pattern: turnPattern([2, 1]), limits };
    const state = tf.tidy(() => {
      const { height, width } = spec.grid;
      const mixed = {
        ...{ count: 2, rules: ruleTensors(mixedSpec), pattern: mix.pattern },
        limits: limits && tf.tensor3d(limits, [1, height, width]),
      };
      const x0 = tf.tensor4d(spec.x0, stateShape(spec));
      const { steps, draw, automaton } = spec;
      return rolloutMixed(x0, mixed, automaton, { steps, draw, hold: holdTensors(mixedSpec) });
    });
    const expected = referenceRollout(referenceTask(mixedSpec), mix);
    found.push(compared(JSON.stringify(mix.pattern), await state.data(), expected, STATE_BOUND));
    state.dispose();
  }
  return found;
}

export async function besideFixture({ tensors, metadata }: Fixture): Promise<Compared[]> {
  const [batch, height, width, channels] = tensors.get('x0')!.shape as [number, number, number, number];
  const steps = metadata['steps'] as number;
  const automaton = {
    ...{ channels, hidden: metadata['hidden'] as number, sobelSizes: metadata['sobelSizes'] as number[] },
    ...{ aliveChannel: metadata['aliveChannel'] as number, gain: 1 },
    ...{ aliveThreshold: metadata['aliveThreshold'] as number, fireRate: metadata['fireRate'] as number },
  };
  const draw = { seed: metadata['seed'] as number, firstStep: 0, firstSample: 0 };
  const computed = tf.tidy(() => {
    const input = (key: string): tf.Tensor =>
      tf.tensor(tensors.get(key)!.values, tensors.get(key)!.shape as []);
    const x0 = input('x0') as tf.Tensor4D;
    const target = tf.reshape<tf.Rank.R4>(input('target'), [batch, height, width, 4]);
    let state: tf.Tensor | undefined;
    const grads = tf.grads((w0, b0, w1) => {
      const rule = { w0, b0, w1 } as RuleTensors;
      const result = rolloutLoss(x0, rule, target, automaton, { steps, draw, loss: 'mse' });
      state = result.state;
      return tf.mean(result.loss);
    })([input('w0'), input('b0'), input('w1')]);
    const rule = { w0: input('w0'), b0: input('b0'), w1: input('w1') } as RuleTensors;
    const first = rollout(x0, rule, automaton, { steps: 1, draw });
    return {
      state_1: first,
      [`state_${steps}`]: state!,
      grad_w0: grads[0],
      grad_b0: grads[1],
      grad_w1: grads[2],
    };
  });
  const found: Compared[] = [];
  for (const [key, tensor] of Object.entries(computed)) {
    const bound = key.startsWith('grad') ? GRADIENT_BOUND : STATE_BOUND;
    found.push(compared(key, await tensor.data(), tensors.get(key)!.values, bound));
  }
  tf.dispose(computed);
  return found;
}

function compared(
  what: string,
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  bound: number,
): Compared {
  return { what, off: distance(actual, expected), bound };
}

/** What is not within its bound, in sentences; what is no number neither. */
export function beyondBounds(found: readonly Compared[]): string[] {
  return found
    .filter(({ off, bound }) => !(off <= bound))
    .map(
      ({ what, off, bound }) =>
        `${what}: off by ${off.toExponential(2)} of the largest value, bound ${bound}`,
    );
}
