/**
 * Tries the backends on this machine: each grows the same small automaton, and must come to the state that the
 * reference comes to, within the bound of any float32 backend (1e-5 of the largest value).
 */
import type { Automaton } from '#domain/automaton.ts';
import { featureCount } from '#domain/automaton.ts';
import { createRandom } from '#domain/random.ts';
import { registerReferenceKernels } from '#engine/kernels/reference/register.ts';
import { TENSORFLOW_BACKEND } from '#engine/kernels/tensorflow/register.ts';
import { useWasmBackend } from '#engine/kernels/wasm/register.ts';
import { rollout, type RolloutImplementation } from '#engine/rollout/rollout.ts';
import { variantName } from '#engine/kernels/webgpu/code/variant.ts';
import type { ChosenVariants } from '#engine/kernels/webgpu/variant-choices.ts';
import { tf } from '#engine/tf.ts';
import { createKernels } from '#hosts/engine/kernel-threads.ts';
import { processorNames } from '#hosts/engine/webgpu/dawn.ts';
import { openWebgpu, type OpenWebgpu } from '#hosts/engine/webgpu/open-webgpu.ts';
import { describeTensorflow, useTensorflowBackend } from '#hosts/engine/tensorflow/backend.ts';

export interface BackendReport {
  readonly name: string;
  readonly works: boolean;
  /** What it runs on; or why it does not work. */
  readonly detail: string;
}

export interface Trial {
  /** The best first. */
  readonly backends: readonly BackendReport[];
  /** Threads that the kernels use. */
  readonly threads: number;
}

const automaton: Automaton = {
  channels: 4,
  hidden: 8,
  sobelSizes: [3],
  aliveChannel: 3,
  aliveThreshold: 0.1,
  fireRate: 0.5,
  gain: 1,
};
const side = 6;
const steps = 8;
const bound = 1e-5;

export async function tryBackends(): Promise<Trial> {
  let threads = 1;
  let expected: Float32Array | undefined;
  const reference = await report('reference', async () => {
    registerReferenceKernels();
    await tf.setBackend('cpu');
    expected = grow('auto');
    return 'plain loops on one thread: slow, and what the others are judged by';
  });
  const composed = await report('composed', async () => {
    await tf.setBackend('cpu');
    judge(grow('composed'), expected);
    return 'one tfjs operation after another on one thread: slow, and runs on any tfjs backend';
  });
  const wasm = await report('wasm', async () => {
    const kernels = await createKernels();
    try {
      await useWasmBackend(kernels);
      judge(grow('auto'), expected);
      threads = kernels.threads;
      return kernels.description.replace(/^wasm: /, '');
    } finally {
      await tf.setBackend('cpu');
      kernels.dispose();
    }
  });
  const tensorflow = await report('tensorflow', async () => {
    const native = await useTensorflowBackend();
    try {
      judge(grow('auto'), expected);
      return describeTensorflow(native);
    } finally {
      await tf.setBackend('cpu');
      tf.removeBackend(TENSORFLOW_BACKEND);
    }
  });
  const webgpu = await report('webgpu', async () => {
    const gpu = await openWebgpu({ softwareToo: true, tryAgain: true });
    try {
      return describeWebgpu(gpu, await processorNames()) + describeVariants(gpu.backend.gpu.choices.all());
    } finally {
      await tf.setBackend('cpu');
      gpu.close();
    }
  });
  // A backend that works, but is not chosen, is not the first.
  const isChosen = webgpu.works && !webgpu.detail.includes(': software');
  const others = [wasm, tensorflow, composed, reference];
  return { backends: isChosen ? [webgpu, ...others] : [...others, webgpu], threads };
}

/** Which processor, why it, and which others there are. */
export function describeWebgpu(
  { name, isSoftware, passedOver }: Pick<OpenWebgpu, 'name' | 'isSoftware' | 'passedOver'>,
  names: readonly string[],
): string {
  const what = isSoftware ? ': software, slower than wasm, and so not chosen by itself' : '';
  const before = passedOver.map(({ why }) => `; passed over: ${why.replace(/\.$/, '')}`).join('');
  const isSeen = (one: string): boolean => one === name || passedOver.some((other) => other.name === one);
  const after = names.filter((one) => !isSeen(one));
  const next = after.length === 0 ? '' : `; it comes before ${after.join(' and ')}`;
  return `${name}${what}${before}${next}`;
}

/** Of the kernels, those that were found quickest on it; results of trainings hang on them in their last bits. */
export function describeVariants(choices: ChosenVariants): string {
  const names = [...new Set(Object.values(choices).map(variantName))];
  if (names.length === 0) return '';
  const shown = names.slice(0, MOST_VARIANTS).join(' or ');
  const others = names.length - MOST_VARIANTS;
  return `; its kernels were found quickest by ${shown}${others > 0 ? ` or ${others} others` : ''}`;
}

const MOST_VARIANTS = 3;

async function report(name: string, attempt: () => Promise<string>): Promise<BackendReport> {
  try {
    return { name, works: true, detail: await attempt() };
  } catch (failure) {
    return { name, works: false, detail: failure instanceof Error ? failure.message : String(failure) };
  }
}

/** @returns the state [1, side, side, C] after all steps, from a full square of living cells. */
function grow(implementation: RolloutImplementation): Float32Array {
  const { channels: C, hidden: d } = automaton;
  const K = featureCount(automaton);
  const random = createRandom(1);
  const values = (count: number): Float32Array =>
    Float32Array.from({ length: count }, () => random.normal() * 0.1);
  return tf.tidy(() => {
    const x0 = tf.tensor4d(
      values(side * side * C).map((value, i) => (i % C === 3 ? 1 : value)),
      [1, side, side, C],
    );
    const rule = {
      w0: tf.tensor3d(values(K * d), [1, K, d]),
      b0: tf.tensor2d(values(d), [1, d]),
      w1: tf.tensor3d(values(d * C), [1, d, C]),
    };
    const draw = { seed: 7, firstStep: 0, firstSample: 0 };
    return rollout(x0, rule, automaton, { steps, draw, implementation }).dataSync<'float32'>().slice();
  });
}

function judge(state: Float32Array, expected: Float32Array | undefined): void {
  if (expected === undefined)
    throw new Error('the reference does not work, so nothing can be compared with it');
  const largest = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const error = state.reduce((most, value, i) => Math.max(most, Math.abs(value - expected[i])), 0);
  if (!(largest > 0 && error <= bound * largest)) {
    throw new Error(
      `its results differ from the reference by ${error}, more than ${bound} of the largest value`,
    );
  }
}
