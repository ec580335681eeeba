/**
 * A graphics processor as the kernels use it: pipelines compiled once, scratch buffers that stay from call to call,
 * and submissions of many dispatches. The device comes from the host; the engine asks for none.
 */
/// <reference types="@webgpu/types" />
import { AppError } from '#domain/errors.ts';
import { LessMemoryError } from '#engine/less-memory.ts';
import type { BindingCode, KernelCode } from './code/kernel-code.ts';
import type { VariantLimits } from './code/variant.ts';
import type { DispatchTimer } from './dispatch-timer.ts';
import type { MemoryLimits, MemoryPlan } from './memory-plan.ts';
import { SubmissionPace, UNWATCHED_MS, type Work } from './submission-pace.ts';
import { VariantChoices, type ChosenVariants } from './variant-choices.ts';

/** What a host hands in. It destroys the device itself, after the backend is disposed of. */
export interface GpuHost {
  readonly device: GPUDevice;
  /** The processor's name, for sentences. */
  readonly name: string;
  /** Milliseconds of a clock that never goes back. */
  readonly now: () => number;
  /** Scratch memory of a rollout; if left out DEFAULT_SCRATCH_BYTES, or less where tensors take much. */
  readonly scratchBytes?: number;
  /** A submission takes no longer than this, as far as it can be told before. */
  readonly submissionMs?: number;
  /** Rollouts keep their states as float16. Off if left out. */
  readonly halfStates?: boolean;
  /** To find out which variant of the kernels is quickest here; the plain one runs if left out, as on software. */
  readonly tuning?: {
    /** What was kept of an earlier start. */
    readonly kept: unknown;
    keep(choices: ChosenVariants): void;
  };
  /** Told once whenever less memory must do. */
  readonly onNotice?: (sentence: string) => void;
}

export const DEFAULT_SCRATCH_BYTES = 1024 ** 3;
/** Of tensors and scratch together, as long as rollouts have what they need not to be slow: fits processors with 4 GiB. */
const USUAL_TOTAL_BYTES = 3.75 * 1024 ** 3;
const MODEST_SCRATCH_BYTES = 256 * 1024 ** 2;
/** Parameters and the like, which no plan has. */
const SMALL_BYTES = 8 * 1024 ** 2;
const LEAST_SCRATCH_BYTES = 64 * 1024;

/** What a device must be asked for, of what its adapter has: `requiredLimits` of requestDevice. */
export const wantedLimits = [
  'maxBufferSize',
  'maxStorageBufferBindingSize',
  'maxComputeWorkgroupStorageSize',
  'maxComputeWorkgroupsPerDimension',
  'maxComputeWorkgroupSizeX',
  'maxComputeInvocationsPerWorkgroup',
] as const;

const featureNames: readonly string[] = ['timestamp-query', 'subgroups'];

/** What a device is asked for where its adapter offers it: `requiredFeatures` of requestDevice. */
export const wantedFeatures = featureNames as readonly GPUFeatureName[];

export interface TensorMemory {
  /** That they take, now or soon. */
  bytes(): number;
  /** Gives back what they do not need. */
  runOut(): void;
}

export interface Compiled {
  readonly label: string;
  readonly pipeline: GPUComputePipeline;
  readonly layout: GPUBindGroupLayout;
}

/** A buffer, or the part of it that a kernel sees. */
export type Bound = GPUBuffer | GPUBufferBinding;

export class Gpu {
  readonly host: GpuHost;
  readonly device: GPUDevice;
  readonly pace: SubmissionPace;
  /** Which of the matrix kernels' variants runs; the plain one where nothing was chosen. */
  readonly choices = new VariantChoices();
  /** Whether rollouts keep their states as float16: half the memory, and an error that `bench gpu` tells. */
  halfStates: boolean;
  /** What times the dispatches, while somebody wants to know. */
  timer: DispatchTimer | null = null;
  readonly #pipelines = new Map<string, Compiled>();
  readonly #scratch = new Map<string, GPUBuffer>();
  #codes = new Map<string, KernelCode | null>();
  #scratchLimit: number;
  /** What belongs to tensors; their backend's. */
  tensors: TensorMemory = { bytes: () => 0, runOut: () => undefined };
  /** Asked of the device, not yet answered: whether there was memory. */
  #asked: Promise<void> = Promise.resolve();
  #ranOut: AppError | null = null;
  #bug: Error | null = null;
  #isLost = false;

  constructor(host: GpuHost) {
    this.host = host;
    this.device = host.device;
    this.pace = new SubmissionPace(host.submissionMs ?? UNWATCHED_MS);
    this.halfStates = host.halfStates ?? false;
    this.choices.restore(host.tuning?.kept);
    this.#scratchLimit = host.scratchBytes ?? DEFAULT_SCRATCH_BYTES;
    void this.device.lost.then(() => (this.#isLost = true));
    this.device.onuncapturederror = ({ error }) => {
      // A buffer of a tensor that found no room; or commands that a kernel should not have given.
      if (error.constructor.name === 'GPUOutOfMemoryError') this.#runOut();
      else this.#bug ??= new Error(`WebGPU refused a command: ${error.message}`);
    };
  }

  get isLost(): boolean {
    return this.#isLost;
  }

  get workgroupBytes(): number {
    return this.device.limits.maxComputeWorkgroupStorageSize;
  }

  get variantLimits(): VariantLimits {
    const { limits, features } = this.device;
    return {
      workgroupBytes: this.workgroupBytes,
      threads: Math.min(limits.maxComputeInvocationsPerWorkgroup, limits.maxComputeWorkgroupSizeX),
      subgroups: features.has('subgroups'),
    };
  }

  get memoryLimits(): MemoryLimits {
    const { maxBufferSize, maxStorageBufferBindingSize, minStorageBufferOffsetAlignment } =
      this.device.limits;
    const left = Math.max(MODEST_SCRATCH_BYTES, USUAL_TOTAL_BYTES - this.tensors.bytes());
    return {
      total: this.host.scratchBytes === undefined ? Math.min(this.#scratchLimit, left) : this.#scratchLimit,
      buffer: Math.min(maxBufferSize, maxStorageBufferBindingSize),
      alignment: Math.max(4, minStorageBufferOffsetAlignment),
    };
  }

  /** What `build` makes of `shape`, made once; `null` is kept, too. */
  code<S>(name: string, shape: S, build: (shape: S) => KernelCode | null): KernelCode | null {
    const key = `${name} ${JSON.stringify(shape)}`;
    let code = this.#codes.get(key);
    if (code === undefined) this.#codes.set(key, (code = build(shape)));
    return code;
  }

  compiled(code: KernelCode): Compiled {
    let found = this.#pipelines.get(code.source);
    if (found === undefined) this.#pipelines.set(code.source, (found = this.#compile(code)));
    return found;
  }

  #compile({ label, source, bindings }: KernelCode): Compiled {
    const { device } = this;
    const layout = device.createBindGroupLayout({
      label,
      entries: bindings.map(({ access, moves }, binding) => ({
        binding,
        visibility: 4, // GPUShaderStage.COMPUTE; its name is a global that not every host has.
        buffer: { type: bufferTypes[access], hasDynamicOffset: moves },
      })),
    });
    const module = device.createShaderModule({ label, code: source });
    const pipeline = device.createComputePipeline({
      label,
      layout: device.createPipelineLayout({ bindGroupLayouts: [layout] }),
      compute: { module, entryPoint: 'main' },
    });
    return { label, pipeline, layout };
  }

  bindGroup({ layout }: Compiled, bound: readonly Bound[]): GPUBindGroup {
    return this.device.createBindGroup({
      layout,
      entries: bound.map((one, binding) => ({ binding, resource: 'buffer' in one ? one : { buffer: one } })),
    });
  }

  /** The scratch buffer of a name, at least that large. Its values are those of whoever had it before. */
  scratch(name: string, bytes: number, usage = BUFFER_STORAGE): GPUBuffer {
    const known = this.#scratch.get(name);
    if (known !== undefined && known.size >= bytes) return known;
    known?.destroy();
    const { device } = this;
    device.pushErrorScope('out-of-memory');
    const buffer = device.createBuffer({ label: name, size: Math.ceil(bytes / 16) * 16, usage });
    const answer = device.popErrorScope().catch(() => null);
    this.#asked = Promise.all([this.#asked, answer]).then(([, error]) => {
      if (error !== null) this.#runOut();
    });
    this.#scratch.set(name, buffer);
    return buffer;
  }

  /** All scratch buffers of a plan; where what is there already stands in its way, all of that is given back. */
  scratchOf(plan: MemoryPlan): Record<string, GPUBuffer> {
    const sizes = new Map(Object.entries(plan.buffers));
    for (const [name, { size }] of this.#scratch) sizes.set(name, Math.max(size, sizes.get(name) ?? 0));
    const all = [...sizes.values()].reduce((sum, size) => sum + size, 0);
    if (all > this.memoryLimits.total + SMALL_BYTES) this.releaseScratch();
    return Object.fromEntries(
      Object.entries(plan.buffers).map(([name, bytes]) => [name, this.scratch(name, bytes)]),
    );
  }

  releaseScratch(): void {
    for (const buffer of this.#scratch.values()) buffer.destroy();
    this.#scratch.clear();
  }

  /** Hands over what was recorded, and learns what it takes. */
  submit(commands: GPUCommandBuffer, work: readonly Work[]): void {
    this.device.queue.submit([commands]);
    this.submitted(work);
  }

  /** Call it right after a submission. */
  submitted(work: readonly Work[]): void {
    const { device, host, pace } = this;
    if (work.length === 0) return;
    const handedOver = host.now();
    const measure = (): void => pace.measured(work, handedOver, host.now());
    // A device that is lost measures nothing.
    device.queue.onSubmittedWorkDone().then(measure, () => undefined);
  }

  #runOut(): void {
    // One refusal seldom comes alone; what is halved is what was there when the first came.
    if (this.#ranOut !== null) return;
    const used = [...this.#scratch.values()].reduce((sum, { size }) => sum + size, 0);
    this.tensors.runOut();
    this.releaseScratch();
    const less = Math.min(this.#scratchLimit, used) / 2;
    const megabytes = Number((less / 2 ** 20).toPrecision(2));
    // It was not the scratch memory that was too much: what is asked next may find room again.
    if (less < LEAST_SCRATCH_BYTES) {
      this.#ranOut = new AppError(
        'out-of-memory',
        `${this.host.name} has no memory left: close other programs that use it, or choose the backend wasm.`,
      );
      return;
    }
    this.#scratchLimit = less;
    this.#ranOut = new LessMemoryError(
      `${this.host.name} had too little memory: what is computed at a time was halved, to ${megabytes} MB; try again.`,
    );
    this.host.onNotice?.(
      `${this.host.name} had too little memory; smaller parts of a batch, of ${megabytes} MB, give the same results, a little slower.`,
    );
  }

  /**
   * Waits until it is known whether what was computed so far had its memory.
   * @throws LessMemoryError where it had not and less will do; AppError out-of-memory where nothing will; unsupported if the device is lost
   */
  async settled(): Promise<void> {
    await this.#asked;
    if (this.#isLost) throw lostError(this.host.name);
    const problem = this.#bug ?? this.#ranOut;
    this.#bug = this.#ranOut = null;
    if (problem !== null) throw problem;
  }

  /**
   * Computes, and waits until it is known whether everything that was made for it, tensors too, had its memory; not for
   * what is computed.
   * @throws as settled, and what `work` throws
   */
  async checked<T>(work: () => T): Promise<T> {
    this.device.pushErrorScope('out-of-memory');
    let answer: Promise<GPUError | null>;
    let result: T;
    try {
      result = work();
    } finally {
      answer = this.device.popErrorScope().catch(() => null);
    }
    if ((await answer) !== null) this.#runOut();
    await this.settled();
    return result;
  }

  dispose(): void {
    this.releaseScratch();
    this.#pipelines.clear();
    this.#codes = new Map();
  }
}

export function lostError(name: string, cause?: unknown): AppError {
  return new AppError(
    'disconnected',
    `The graphics processor ${name} is gone (its driver was reset, or it was unplugged): go on from what was saved last, or with the backend wasm.`,
    { cause },
  );
}

/** GPUBufferUsage: its names are globals that not every host has. */
export const BUFFER_STORAGE = 0x80 | 0x08 | 0x04;
export const BUFFER_UNIFORM = 0x40 | 0x08;

const bufferTypes: Readonly<Record<BindingCode['access'], GPUBufferBindingType>> = {
  uniform: 'uniform',
  read: 'read-only-storage',
  read_write: 'storage',
};
