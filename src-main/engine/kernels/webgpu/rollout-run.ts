/**
 * A rollout on the graphics processor: all steps of a batch, forward and backward, as dispatches over buffers that stay
 * there. Nothing is read back, and nothing waits; see memory-plan.ts for what is kept and what is computed again.
 */
import { AppError } from '#domain/errors.ts';
import {
  PARAMETER_BYTES,
  parameterNames,
  ruleFloats,
  sizesOf,
  stateBytes,
  THREADS,
  type Sizes,
  type StepShape,
} from './code/automaton-code.ts';
import { convertCode } from './code/convert-code.ts';
import { gradientCellsCode } from './code/gradient-cells-code.ts';
import { gradientRowsCode } from './code/gradient-rows-code.ts';
import type { KernelCode } from './code/kernel-code.ts';
import { liveCode } from './code/live-code.ts';
import { lossCode } from './code/loss-code.ts';
import { largestRadius } from './code/perception-code.ts';
import { reduceCode } from './code/reduce-code.ts';
import { updateCode } from './code/update-code.ts';
import { blockPlan, type Variant } from './code/variant.ts';
import { chosenVariantOn } from './device-variants.ts';
import { BUFFER_UNIFORM, type Bound, type Compiled, type Gpu } from './gpu.ts';
import { planMemory, type MemoryPlan } from './memory-plan.ts';
import type { RolloutGoal, RolloutTask } from './rollout-task.ts';
import { Slices } from './slices.ts';
import { Submission } from './submission.ts';
import type { MatrixKernel } from './variant-choices.ts';

/** Computes the state after all steps into `state`, and the gradients that `goal` asks for. */
export function runRollout(
  gpu: Gpu,
  task: RolloutTask,
  state: GPUBuffer | null,
  goal: RolloutGoal | null,
): void {
  const half = gpu.halfStates;
  const shape: StepShape = { automaton: task.automaton, grid: task.grid, half };
  const sizes = sizesOf(shape);
  if (half && sizes.wide !== 4) throw notFour(sizes);
  const plan = planMemory(sizes, task.batch, task.steps, goal !== null, gpu.memoryLimits, half);
  if (plan === null) throw tooLarge(gpu, sizes);
  const run = new RolloutRun(gpu, task, shape, plan);
  for (let first = 0; first < task.batch; first += plan.samples) {
    run.part(first, Math.min(plan.samples, task.batch - first), state, goal);
  }
}

function tooLarge(gpu: Gpu, { cells, C }: Sizes): AppError {
  return new AppError(
    'out-of-memory',
    `A state of ${cells} cells with ${C} channels does not fit the memory of ${gpu.host.name}: choose a smaller grid, or the backend wasm.`,
  );
}

function notFour({ C }: Sizes): AppError {
  return new AppError(
    'unsupported',
    `States of ${C} channels cannot be kept as float16, which goes by four: choose float32, or a number of channels that four divides.`,
  );
}

interface StatePlace {
  readonly buffer: GPUBuffer;
  readonly offset: number;
}

class RolloutRun {
  readonly #gpu: Gpu;
  readonly #task: RolloutTask;
  readonly #shape: StepShape;
  readonly #sizes: Sizes;
  readonly #plan: MemoryPlan;
  readonly #scratch: Record<string, GPUBuffer>;
  readonly #parameters: GPUBuffer;
  readonly #parameterStride: number;
  readonly #slices: Slices;
  readonly #variants: Record<MatrixKernel, Variant | null>;
  readonly #groups = new Map<string, GPUBindGroup>();
  #work: Submission;

  constructor(gpu: Gpu, task: RolloutTask, shape: StepShape, plan: MemoryPlan) {
    this.#gpu = gpu;
    this.#task = task;
    this.#shape = shape;
    this.#sizes = sizesOf(shape);
    this.#plan = plan;
    this.#scratch = gpu.scratchOf(plan);
    this.#parameterStride = Math.max(PARAMETER_BYTES, gpu.device.limits.minUniformBufferOffsetAlignment);
    const bytes = this.#parameterStride * (task.steps + 1);
    this.#parameters = gpu.scratch('parameters', bytes, BUFFER_UNIFORM);
    this.#slices = new Slices(gpu, this.#parameterStride);
    const variantFor = (kernel: MatrixKernel): Variant | null =>
      task.variants?.[kernel] ?? chosenVariantOn(gpu, kernel, shape, task.batch);
    this.#variants = { update: variantFor('update'), rows: variantFor('rows') };
    this.#work = new Submission(gpu);
  }

  /** Samples first … first + count − 1, whole. */
  part(first: number, count: number, state: GPUBuffer | null, goal: RolloutGoal | null): void {
    const { steps } = this.#task;
    const { segment, segments, stateStride } = this.#plan;
    const bytes = count * this.#sizes.cells * this.#sizes.C * 4;
    const offset = first * this.#sizes.cells * this.#sizes.C * 4;
    const kept = count * stateBytes(this.#shape);
    this.#writeParameters(first);
    const lengthOf = (s: number): number => Math.min(segment, steps - s * segment);
    const checkpoints = this.#scratch['checkpoints'];

    this.#start(first, count);
    for (let s = 0; s < segments; s++) {
      const length = lengthOf(s);
      this.#forward(s * segment, length, count, goal !== null);
      if (s === segments - 1) break;
      const end = this.#state(length);
      this.#work.copy(end.buffer, end.offset, checkpoints, (s + 1) * stateStride, kept);
      this.#work.copy(checkpoints, (s + 1) * stateStride, this.#state(0).buffer, 0, kept);
    }
    const last = lengthOf(segments - 1);
    const final = this.#state(goal === null ? last % 2 : last);
    if (state !== null) this.#finish(final, state, first, count);
    if (goal !== null) {
      this.#begin(goal, count, last, bytes, offset);
      this.#work.clear(this.#scratch['sums'], this.#plan.buffers['sums']);
      for (let s = segments - 1; s >= 0; s--) {
        const length = lengthOf(s);
        if (s < segments - 1) {
          if (s === 0) this.#start(first, count);
          else this.#work.copy(checkpoints, s * stateStride, this.#state(0).buffer, 0, kept);
          this.#forward(s * segment, length, count, true);
          // The next segment left its gradient where step 0 does.
          if (length % 2 === 1) this.#work.copy(this.#gradient(0), 0, this.#gradient(1), 0, bytes);
        }
        this.#backward(s * segment, length, count);
      }
      if (goal.dx0 !== null) this.#work.copy(this.#gradient(0), 0, goal.dx0, offset, bytes);
      this.#reduce(goal, first, count);
    }
    // What is written next goes to the parameters at once, not after what was collected here.
    this.#work.submit();
  }

  /** State 0, of samples first … first + count − 1. */
  #start(first: number, count: number): void {
    const { x0 } = this.#task;
    const [state, bytes] = [this.#state(0), count * this.#sizes.cells * this.#sizes.C * 4];
    if (this.#shape.half !== true) this.#work.copy(x0, first * (bytes / count), state.buffer, 0, bytes);
    else this.#convert('in', x0, state, count);
  }

  /** A state into a tensor's samples first … first + count − 1. */
  #finish(state: StatePlace, tensor: GPUBuffer, first: number, count: number): void {
    const bytes = count * this.#sizes.cells * this.#sizes.C * 4;
    if (this.#shape.half === true) this.#convert('out', tensor, state, count);
    else this.#work.copy(state.buffer, state.offset, tensor, first * (bytes / count), bytes);
  }

  #convert(way: 'in' | 'out', tensor: GPUBuffer, state: StatePlace, count: number): void {
    const kernel = this.#kernel(`states ${way}`, { ...this.#shape, way }, convertCode);
    const group = this.#group(`states ${way} ${state.buffer.label}`, kernel, () => {
      const moving = this.#movingState(state.buffer);
      return [this.#parameter(), ...(way === 'in' ? [tensor, moving] : [moving, tensor])];
    });
    const groups = Math.ceil((this.#sizes.cells * this.#sizes.groups) / THREADS);
    this.#work.dispatch(kernel, group, [0, state.offset], [groups, count], 0);
  }

  /** State i of a segment: its buffer and where it lies in it. */
  #state(i: number): StatePlace {
    const { even, odd } = this.#scratch;
    return { buffer: i % 2 === 0 ? even : odd, offset: (i >> 1) * this.#plan.stateStride };
  }

  /** The gradient of state i of a segment. */
  #gradient(i: number): GPUBuffer {
    return this.#scratch[i % 2 === 0 ? 'gradientEven' : 'gradientOdd'];
  }

  #forward(firstStep: number, length: number, count: number, isKept: boolean): void {
    const task = this.#task;
    const sizes = this.#sizes;
    const { automaton, mix, hold } = task;
    const M = mix?.rules ?? 1;
    const drawnRules = mix !== null && mix.limits !== null ? M : 1;
    const ruleASample = task.ruleCount / M > 1;
    const update = this.#kernel(
      'update',
      { ...this.#shape, drawnRules, ruleASample, ...this.#varied('update') },
      updateCode,
    );
    const holdShape = hold && { channels: hold.channels, shared: hold.shared };
    const live = this.#kernel('live', { ...this.#shape, hold: holdShape }, liveCode);
    const blocks = blockPlan(this.#shape, this.#varied('update').variant).count;
    const units = count * sizes.cells * (sizes.K + sizes.C) * sizes.d * Math.max(automaton.fireRate, 0.1);
    const livingUnits = count * sizes.cells * (4 * sizes.C + 40);
    for (let i = 0; i < length; i++) {
      const from = this.#state(isKept ? i : i % 2);
      const to = this.#state(isKept ? i + 1 : (i + 1) % 2);
      const parameters = (firstStep + i) * this.#parameterStride;
      const parity = i % 2;
      const updating = this.#group(`update ${parity}`, update, () => [
        ...[this.#parameter(), this.#slices.bound],
        this.#movingState(from.buffer),
        ...[task.w0, task.b0, task.w1, this.#scratch['updated']],
        ...(drawnRules > 1 && mix?.limits ? [mix.limits] : []),
      ]);
      this.#spread(update, updating, [parameters, from.offset], [blocks, count], units);
      const living = this.#group(`live ${parity}`, live, () => [
        ...[this.#parameter(), this.#slices.bound],
        this.#movingState(from.buffer),
        this.#scratch['updated'],
        this.#movingState(to.buffer),
        this.#movingMarks(),
        ...(hold === null ? [] : [hold.mask, hold.values]),
      ]);
      const marks = isKept ? i * this.#plan.markStride : 0;
      const cells = Math.ceil(sizes.cells / THREADS);
      this.#spread(live, living, [parameters, from.offset, to.offset, marks], [cells, count], livingUnits);
    }
  }

  /** The gradient of the final state, state `last` of its segment. */
  #begin({ from }: RolloutGoal, count: number, last: number, bytes: number, offset: number): void {
    const gradient = this.#gradient(last);
    if (from.kind === 'given') {
      this.#work.copy(from.dy, offset, gradient, 0, bytes);
      return;
    }
    const { loss, pixelWeight, target, losses } = from;
    const kernel = this.#kernel('loss', { ...this.#shape, loss, weighted: pixelWeight !== null }, lossCode);
    const final = this.#state(last);
    const group = this.#group('loss', kernel, () => [
      this.#parameter(),
      this.#movingState(final.buffer),
      ...[target, losses, gradient],
      ...(pixelWeight === null ? [] : [pixelWeight]),
    ]);
    this.#work.dispatch(kernel, group, [0, final.offset], [1, count], 0);
  }

  #backward(firstStep: number, length: number, count: number): void {
    const task = this.#task;
    const sizes = this.#sizes;
    const { parts, markStride } = this.#plan;
    const ruleASample = task.ruleCount > 1;
    const gradientShape = { ...this.#shape, ruleASample, heldChannels: task.hold?.channels ?? 0 };
    const rows = this.#kernel(
      'gradient rows',
      { ...gradientShape, parts, ...this.#varied('rows') },
      gradientRowsCode,
    );
    const cells = this.#kernel('gradient cells', gradientShape, gradientCellsCode);
    const units = 3 * count * sizes.cells * (sizes.K + sizes.C) * sizes.d * task.automaton.fireRate;
    const reach = 2 * largestRadius(task.automaton.sobelSizes) + 1;
    const cellUnits = count * sizes.cells * sizes.C * Math.max(9, reach) * 4;
    for (let i = length - 1; i >= 0; i--) {
      const state = this.#state(i);
      const parameters = (firstStep + i) * this.#parameterStride;
      const marks = i * markStride;
      const parity = i % 2;
      const after = this.#gradient(i + 1);
      const ofRows = this.#group(`rows ${parity}`, rows, () => [
        ...[this.#parameter(), this.#slices.bound],
        this.#movingState(state.buffer),
        this.#movingMarks(),
        ...[after, task.w0, task.b0, task.w1],
        ...[this.#scratch['featureGradient'], this.#scratch['sums']],
      ]);
      this.#spread(rows, ofRows, [parameters, state.offset, marks], [parts, count], units);
      const ofCells = this.#group(`cells ${parity}`, cells, () => [
        ...[this.#parameter(), this.#slices.bound],
        this.#movingMarks(),
        ...[after, this.#scratch['featureGradient'], this.#gradient(i)],
      ]);
      const groups = Math.ceil((sizes.cells * sizes.groups) / THREADS);
      this.#spread(cells, ofCells, [parameters, marks], [groups, count], cellUnits);
    }
  }

  /** A kernel over workgroups [x, y], in as many dispatches as no submission being too long takes. */
  #spread(
    kernel: Compiled,
    group: GPUBindGroup,
    [parameters, ...others]: readonly number[],
    whole: readonly [x: number, y: number],
    units: number,
  ): void {
    for (const slice of this.#slices.of(whole, { kind: kernel.label, units })) {
      const offsets = [parameters, slice.origin, ...others];
      this.#work.dispatch(kernel, group, offsets, slice.extent, slice.units);
    }
  }

  #varied(kernel: MatrixKernel): { workgroupBytes: number; variant: Variant } {
    const variant = this.#variants[kernel];
    if (variant === null) throw this.#tooLargeRule();
    return { workgroupBytes: this.#gpu.workgroupBytes, variant };
  }

  #reduce({ perSample, dw0, db0, dw1 }: RolloutGoal, first: number, count: number): void {
    const { K, d, C } = this.#sizes;
    const stride = ruleFloats(this.#sizes);
    const range = this.#gpu.scratch('range', 256, BUFFER_UNIFORM);
    this.#gpu.device.queue.writeBuffer(range, 0, Uint32Array.of(first, count, first === 0 ? 0 : 1, 0));
    const parts: [GPUBuffer, number, number][] = [
      [dw0, 0, K * d],
      [db0, K * d, d],
      [dw1, K * d + d, d * C],
    ];
    for (const [total, offset, size] of parts) {
      const shape = { stride, offset, size, parts: this.#plan.parts, overSamples: !perSample };
      const kernel = this.#kernel('reduce', shape, reduceCode);
      const group = this.#gpu.bindGroup(kernel, [{ buffer: range, size: 16 }, this.#scratch['sums'], total]);
      this.#work.dispatch(kernel, group, [0], [Math.ceil(size / THREADS), perSample ? count : 1], 0);
    }
  }

  /** One set of values a step, as `parameterNames` has them. */
  #writeParameters(first: number): void {
    const { steps, draw, mix, ruleCount } = this.#task;
    const values = new Uint32Array((this.#parameterStride / 4) * (steps + 1));
    for (let t = 0; t <= steps; t++) {
      const step = draw.firstStep + t;
      const one: Record<(typeof parameterNames)[number], number> = {
        step,
        rule: mix === null || mix.limits !== null ? 0 : mix.pattern[step % mix.pattern.length],
        seed: draw.seed,
        sample: draw.firstSample + first,
        first,
        rules: ruleCount / (mix?.rules ?? 1),
      };
      values.set(
        parameterNames.map((name) => one[name]),
        (t * this.#parameterStride) / 4,
      );
    }
    this.#gpu.device.queue.writeBuffer(this.#parameters, 0, values);
  }

  #kernel<S>(name: string, shape: S, build: (shape: S) => KernelCode | null): Compiled {
    const code = this.#gpu.code(name, shape, build);
    if (code === null) throw this.#tooLargeRule();
    return this.#gpu.compiled(code);
  }

  #tooLargeRule(): AppError {
    const { C, d, K } = this.#sizes;
    return new AppError(
      'unsupported',
      `A rule of ${C} channels, ${K} features and ${d} hidden values is too large for the kernels on ${this.#gpu.host.name}: choose the backend wasm.`,
    );
  }

  #group(name: string, kernel: Compiled, bound: () => readonly Bound[]): GPUBindGroup {
    let group = this.#groups.get(name);
    if (group === undefined) this.#groups.set(name, (group = this.#gpu.bindGroup(kernel, bound())));
    return group;
  }

  #parameter(): Bound {
    return { buffer: this.#parameters, size: PARAMETER_BYTES };
  }

  #movingState(buffer: GPUBuffer): Bound {
    return { buffer, size: this.#plan.stateStride };
  }

  #movingMarks(): Bound {
    return { buffer: this.#scratch['marks'], size: this.#plan.markStride };
  }
}
