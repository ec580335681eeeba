/**
 * Finds the quickest variant of the matrix kernels for a kind of work, on the very processor that will do it, by rollouts of
 * a few steps. It begins with the plain variant and keeps each change that makes it quicker, within a fraction of a second;
 * what it found is kept in the device's choices. Nothing is chosen that computes otherwise: states must be the plain
 * variant's to the bit, so that a growth comes out the same whatever was chosen, and gradients within rounding.
 *
 * Times are the host's, around submissions: browsers round the processor's own timestamps to a tenth of a millisecond.
 */
import { featureCount } from '#domain/automaton.ts';
import { createRandom } from '#domain/random.ts';
import type { TunedWork } from '#engine/rollout/tuned.ts';
import { sizesOf, type StepShape } from './code/automaton-code.ts';
import {
  blockFor,
  changedVariant,
  furtherVariants,
  largerVariants,
  variantName,
  type Variant,
} from './code/variant.ts';
import { chosenVariantOn, fitsDevice, plainVariantOn } from './device-variants.ts';
import { BUFFER_STORAGE, type Gpu } from './gpu.ts';
import { ReadBack } from './read-back.ts';
import { runRollout } from './rollout-run.ts';
import type { RolloutGoal, RolloutTask } from './rollout-task.ts';
import type { MatrixKernel } from './variant-choices.ts';

export interface TuningOptions {
  /** Milliseconds after which nothing more is tried. */
  readonly budgetMs?: number;
}

export interface Tuned {
  readonly kernel: MatrixKernel;
  readonly batch: number;
  readonly variant: Variant;
  /** What was tried, in its order, the plain variant first: its name, and milliseconds of the same rollout. */
  readonly tried: readonly { readonly name: string; readonly ms: number }[];
}

const BUDGET_MS = 400;
/** Steps of a rollout, and the largest state that one is measured on. */
const STEPS = 3;
const MOST_STATE_BYTES = 32 * 2 ** 20;
/** A time is taken of so much, or so many rollouts. */
const LEAST_MS = 4;
const MOST_RUNS = 32;
/** A change that gains less than this share is not taken: it may be chance. */
const LEAST_GAIN = 0.03;
/** Of the largest value of a gradient. */
const GRADIENT_BOUND = 1e-5;

/**
 * Chooses for what nothing was chosen for yet.
 * @returns what was found just now; empty where everything was known
 */
export async function tune(gpu: Gpu, work: TunedWork, options: TuningOptions = {}): Promise<Tuned[]> {
  const kernels: MatrixKernel[] = work.training ? ['update', 'rows'] : ['update'];
  const shape: StepShape = { automaton: work.automaton, grid: work.grid, half: gpu.halfStates };
  const unknown = kernels.filter((kernel) => gpu.choices.of(kernel, shape, work.batch) === null);
  if (unknown.length === 0) return [];
  const bench = new Bench(gpu, shape, work);
  try {
    const found: Tuned[] = [];
    for (const kernel of unknown) {
      const tuned = await search(
        gpu,
        bench,
        kernel,
        { ...work, shape },
        (options.budgetMs ?? BUDGET_MS) / unknown.length,
      );
      if (tuned === null) continue;
      gpu.choices.choose(kernel, shape, work.batch, tuned.variant);
      found.push(tuned);
    }
    return found;
  } finally {
    bench.dispose();
  }
}

/** The variants that compute it, by their names. */
export function wayOf(gpu: Gpu, { automaton, grid, batch, training }: TunedWork): string {
  const shape: StepShape = { automaton, grid, half: gpu.halfStates };
  const kernels: MatrixKernel[] = training ? ['update', 'rows'] : ['update'];
  const names = kernels.map((kernel) => {
    const variant = chosenVariantOn(gpu, kernel, shape, batch);
    return variant === null ? 'none' : variantName(variant);
  });
  return [...new Set(names)].join('; ') + (gpu.halfStates ? '; states as float16' : '');
}

async function search(
  gpu: Gpu,
  bench: Bench,
  kernel: MatrixKernel,
  work: TunedWork & { readonly shape: StepShape },
  budgetMs: number,
): Promise<Tuned | null> {
  const { shape } = work;
  const { now } = gpu.host;
  const fits = (variant: Variant): boolean => fitsDevice(gpu, kernel, shape, variant);
  const plain = plainVariantOn(gpu, kernel, shape);
  if (plain === null) return null;
  const end = now() + budgetMs;
  const tried: { name: string; ms: number }[] = [];
  const measured = async (variant: Variant): Promise<number> => {
    const ms = await bench.measure(kernel, variant);
    tried.push({ name: variantName(variant), ms });
    return ms;
  };
  let best = { variant: plain, ms: await measured(plain) };
  const expected = await bench.results(kernel, plain);
  const consider = async (variant: Variant): Promise<void> => {
    if (now() >= end || !fits(variant)) return;
    const ms = await measured(variant);
    // Right after it, as clocks and the pace of submissions are now.
    best.ms = Math.min(best.ms, await bench.measure(kernel, best.variant));
    if (ms > best.ms * (1 - LEAST_GAIN)) return;
    if (isSame(await bench.results(kernel, variant), expected, kernel)) best = { variant, ms };
  };
  for (const variant of largerVariants(shape, fits)) await consider(variant);
  const { rows, block } = best.variant;
  await consider({ ...best.variant, block: blockFor(shape, rows, 2 * block) });
  for (const change of furtherVariants(shape, gpu.variantLimits)) {
    const changed = changedVariant(shape, best.variant, change, fits);
    if (changed !== null) await consider(changed);
  }
  return { kernel, batch: work.batch, variant: best.variant, tried };
}

function isSame(actual: Float32Array, expected: Float32Array, kernel: MatrixKernel): boolean {
  let [largest, error] = [0, 0];
  for (const [i, value] of expected.entries()) {
    largest = Math.max(largest, Math.abs(value));
    // Not Math.max: what is no number must not pass.
    if (!(Math.abs(actual[i] - value) <= error)) error = Math.abs(actual[i] - value);
  }
  return kernel === 'update' ? error === 0 : error <= GRADIENT_BOUND * largest;
}

/** A rollout to measure: random states of which every cell lives, random rules. */
class Bench {
  readonly #gpu: Gpu;
  readonly #task: RolloutTask;
  readonly #goal: RolloutGoal | null;
  readonly #state: GPUBuffer;
  readonly #buffers: GPUBuffer[] = [];
  readonly #counts: { readonly state: number; readonly dw0: number };

  constructor(gpu: Gpu, shape: StepShape, { batch: wanted, training }: TunedWork) {
    this.#gpu = gpu;
    const { automaton, grid } = shape;
    const { cells, C, d } = sizesOf(shape);
    const K = featureCount(automaton);
    const batch = Math.max(1, Math.min(wanted, Math.floor(MOST_STATE_BYTES / (cells * C * 4))));
    const rules = training ? batch : 1;
    const random = createRandom(1);
    const values = (count: number, scale: number, center = 0): GPUBuffer =>
      this.#buffer(
        count,
        Float32Array.from({ length: Math.min(count, 65_536) }, () => center + scale * random.normal()),
      );
    const x0 = values(batch * cells * C, 0.1, 1);
    const [w0, b0, w1] = [
      values(rules * K * d, K ** -0.5),
      values(rules * d, 0.3),
      values(rules * d * C, 0.01 * d ** -0.5),
    ];
    this.#task = {
      ...{ automaton, grid, batch, steps: STEPS, ruleCount: rules, x0, w0, b0, w1, mix: null, hold: null },
      draw: { seed: 1, firstStep: 0, firstSample: 0 },
    };
    this.#state = this.#buffer(batch * cells * C);
    this.#goal = training
      ? {
          from: { kind: 'given', dy: values(batch * cells * C, 1) },
          ...{ dx0: null, perSample: true },
          ...{
            dw0: this.#buffer(rules * K * d),
            db0: this.#buffer(rules * d),
            dw1: this.#buffer(rules * d * C),
          },
        }
      : null;
    this.#counts = { state: cells * C, dw0: K * d };
  }

  /** Milliseconds of a rollout, the better of two times, once the program is there. */
  async measure(kernel: MatrixKernel, variant: Variant): Promise<number> {
    await this.#time(kernel, variant, 1);
    const once = await this.#time(kernel, variant, 1);
    // One that is short would measure the way to the processor and back.
    const count = Math.min(MOST_RUNS, Math.max(1, Math.ceil(LEAST_MS / Math.max(once, 1e-3))));
    if (count === 1) return Math.min(once, await this.#time(kernel, variant, 1));
    const both = [await this.#time(kernel, variant, count), await this.#time(kernel, variant, count)];
    return Math.min(...both) / count;
  }

  async #time(kernel: MatrixKernel, variant: Variant, count: number): Promise<number> {
    const start = this.#gpu.host.now();
    for (let i = 0; i < count; i++) this.#run(kernel, variant);
    await this.#done();
    return this.#gpu.host.now() - start;
  }

  /** The first sample's: its state, or the gradient of its w0. */
  async results(kernel: MatrixKernel, variant: Variant): Promise<Float32Array> {
    this.#run(kernel, variant);
    const [buffer, count] =
      kernel === 'rows' && this.#goal !== null
        ? [this.#goal.dw0, this.#counts.dw0]
        : [this.#state, this.#counts.state];
    const encoder = this.#gpu.device.createCommandEncoder();
    const values = new ReadBack(this.#gpu).copy(encoder, [{ buffer, bytes: count * 4 }]);
    this.#gpu.device.queue.submit([encoder.finish()]);
    return new Float32Array(await values());
  }

  dispose(): void {
    for (const buffer of this.#buffers) buffer.destroy();
  }

  #run(kernel: MatrixKernel, variant: Variant): void {
    const task = { ...this.#task, variants: { [kernel]: variant } };
    runRollout(this.#gpu, task, this.#state, kernel === 'rows' ? this.#goal : null);
  }

  async #done(): Promise<void> {
    await this.#gpu.device.queue.onSubmittedWorkDone();
    await this.#gpu.settled();
  }

  #buffer(count: number, values?: Float32Array<ArrayBuffer>): GPUBuffer {
    const { device } = this.#gpu;
    const buffer = device.createBuffer({ size: Math.ceil((count * 4) / 16) * 16, usage: BUFFER_STORAGE });
    this.#buffers.push(buffer);
    for (let at = 0; values !== undefined && at < count; at += values.length) {
      device.queue.writeBuffer(buffer, at * 4, values, 0, Math.min(values.length, count - at));
    }
    return buffer;
  }
}
