/**
 * tfjs's WebGPU backend with what our own kernels need: the buffers behind its tensors, used in place, and results
 * that are not handed out before it is known that there was memory for them. tfjs collects commands before it submits
 * them; small ones of ours are recorded among them (`record`), a rollout's come after what was collected so far.
 */
import { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import { AppError } from '#domain/errors.ts';
import type { TunableBackend, TunedWork } from '#engine/rollout/tuned.ts';
import { tf } from '#engine/tf.ts';
import { BufferPool } from './buffer-pool.ts';
import { CutDevice } from './cut-device.ts';
import { cutsOf } from './cuts.ts';
import { Gpu, lostError, type Compiled, type GpuHost } from './gpu.ts';
import { tune, wayOf } from './tuning.ts';
import { workOf } from './program-work.ts';
import { UniformSlots } from './uniform-slots.ts';

export const WEBGPU_BACKEND = 'webgpu';

/** Some milliseconds, also where the processor is far from the memory. */
const READ_BYTES = 32 * 1024 ** 2;

export class GpuBackend extends WebGPUBackend implements TunableBackend {
  readonly gpu: Gpu;
  /** For what `record` records. */
  readonly slots: UniformSlots;
  readonly #cut: CutDevice;
  readonly #pool: BufferPool;
  /** By a tensor's data: the newest reading of them, as long as they have not changed since. */
  readonly #asked = new WeakMap<object, object>();

  constructor(host: GpuHost) {
    const gpu = new Gpu(host);
    const cut = new CutDevice(gpu);
    super(cut.device, host.device.adapterInfo);
    this.gpu = gpu;
    this.#cut = cut;
    const pool = new BufferPool(cut.device, host.now);
    // tfjs types its own as a class with private members, of which nothing but itself is one.
    this.bufferManager = pool as unknown as WebGPUBackend['bufferManager'];
    gpu.tensors = {
      // What is not on the processor yet, such as Adam's moments, will be. Weights, their moments and their average are
      // there before the first gradients, which are a third of that or less.
      bytes: () => Math.max(pool.numBytesAllocated, (4 / 3) * tf.memory().numBytes),
      runOut: () => {
        this.submitCollected();
        pool.runOut();
      },
    };
    this.#pool = pool;
    this.slots = new UniformSlots(host.device, () => this.submitCollected());
  }

  override runWebGPUProgram(...args: Parameters<WebGPUBackend['runWebGPUProgram']>): tf.TensorInfo {
    const [program, inputs] = args;
    this.#cut.next = workOf(program, inputs);
    return super.runWebGPUProgram(...args);
  }

  override submitQueue(): void {
    super.submitQueue();
    this.#cut.submitted();
    this.#pool.submitted();
  }

  /** The buffer of a tensor, which goes to the processor if it is not there yet. */
  buffer(tensor: tf.TensorInfo): GPUBuffer {
    this.uploadToGPU(tensor.dataId);
    return this.tensorMap.get(tensor.dataId).resource as GPUBuffer;
  }

  /** The same, to be changed in place: what was read of it before is out of date. */
  changedBuffer(tensor: tf.TensorInfo): GPUBuffer {
    const buffer = this.buffer(tensor);
    const data = this.tensorMap.get(tensor.dataId);
    this.#asked.delete(data);
    // tfjs keeps what was read; it types that as never missing, and asks whether it is null.
    (data as { values: unknown }).values = null;
    return buffer;
  }

  /** A new float32 tensor, with whatever values. */
  output(shape: number[]): tf.TensorInfo & { buffer: GPUBuffer } {
    const info = this.makeTensorInfo(shape, 'float32');
    return { ...info, buffer: this.buffer(info) };
  }

  /** Records a dispatch among those of tfjs. */
  record(...[kernel, group, offsets, groups, units]: Parameters<CutDevice['dispatch']>): void {
    this.ensureCommandEncoderReady();
    this.#cut.dispatch(kernel, group, offsets, groups, units);
  }

  /**
   * The same, in as many parts as no submission being too long takes: what moves in the kernel is where a part begins
   * (ORIGIN), in the slots.
   */
  recordInParts(
    kernel: Compiled,
    group: GPUBindGroup,
    [x, y]: readonly [x: number, y: number],
    units: number,
  ): void {
    for (const cut of cutsOf([x, y, 1], units, this.gpu.pace.unitsOf(kernel.label))) {
      const [left, top] = cut.origin;
      const place = left === 0 && top === 0 ? 0 : this.slots.put(Uint32Array.of(left, top, 0, 0));
      this.record(kernel, group, [place], [cut.groups[0], cut.groups[1]], cut.units);
    }
  }

  /** Hands over what tfjs has collected; call it once all buffers are asked for, before own commands. */
  submitCollected(): void {
    this.ensureCommandEncoderReady();
    this.endComputePassEncoder();
    this.submitQueue();
  }

  async tuneRollout(work: TunedWork): Promise<void> {
    const { tuning } = this.gpu.host;
    if (tuning === undefined) return;
    this.submitCollected();
    const found = await tune(this.gpu, work);
    if (found.length > 0) tuning.keep(this.gpu.choices.all());
  }

  rolloutWay(work: TunedWork): string {
    return wayOf(this.gpu, work);
  }

  /** What is large is copied in parts, so that no submission is long; tfjs would keep the memory that it comes to, too. */
  override async getBufferData(buffer: GPUBuffer): Promise<ArrayBuffer> {
    const { size } = buffer;
    if (size <= READ_BYTES) return super.getBufferData(buffer);
    const { device } = this.gpu;
    const staging = device.createBuffer({ label: 'read', size, usage: 0x01 | 0x08 }); // MAP_READ | COPY_DST
    this.submitCollected();
    // All at once: whoever asked may change or free it next.
    for (let at = 0; at < size; at += READ_BYTES) {
      const bytes = Math.min(READ_BYTES, size - at);
      const encoder = device.createCommandEncoder();
      encoder.copyBufferToBuffer(buffer, at, staging, at, bytes);
      this.gpu.submit(encoder.finish(), [{ kind: 'read', units: bytes / 4 }]);
    }
    try {
      await staging.mapAsync(1); // GPUMapMode.READ
      return staging.getMappedRange().slice(0);
    } finally {
      staging.destroy();
    }
  }

  /** Also of a tensor that is disposed of before the values are there; tfjs's own would look for it then. */
  override async read(dataId: object): Promise<tf.BackendValues> {
    const data = this.tensorMap.get(dataId);
    // Those of a new tensor that nothing computed with yet, or that were read before.
    let values = data.values as tf.BackendValues | null | undefined;
    if (values === null || values === undefined) {
      const asked = {};
      this.#asked.set(data, asked);
      let bytes: ArrayBuffer;
      try {
        bytes = await this.getBufferData(data.resource as GPUBuffer);
      } catch (cause) {
        await this.gpu.settled();
        // Nothing but a device that is gone keeps a buffer from being read.
        throw lostError(this.gpu.host.name, cause);
      }
      values = tf.util.convertBackendValuesAndArrayBuffer(bytes, data.dtype);
      if (this.#asked.get(data) === asked) data.values = values;
    }
    await this.gpu.settled();
    return values;
  }

  override readSync(dataId: object): tf.BackendValues {
    const { values } = this.tensorMap.get(dataId) as { values: tf.BackendValues | null | undefined };
    if (values) return values;
    throw new AppError(
      'unsupported',
      'Values on a graphics processor cannot be had at once: read them with data(), or compute on the backend wasm.',
    );
  }

  override dispose(): void {
    this.gpu.dispose();
    this.#cut.dispose();
    this.slots.dispose();
    super.dispose();
  }
}

/** The backend that a kernel was called with. */
export function gpuBackend(backend: unknown): GpuBackend {
  if (!(backend instanceof GpuBackend)) throw new Error('The WebGPU kernels need the WebGPU backend.');
  return backend;
}
