/**
 * tfjs's WebGPU backend with what our own kernels need: the buffers behind its tensors, used in place, and results
 * that are not handed out before it is known that there was memory for them. tfjs collects commands before it submits
 * them; ours come after what it has collected so far.
 */
import { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import { AppError } from '#domain/errors.ts';
import type { TunableBackend, TunedWork } from '#engine/rollout/tuned.ts';
import { tf } from '#engine/tf.ts';
import { CutDevice } from './cut-device.ts';
import { Gpu, lostError, type GpuHost } from './gpu.ts';
import { tune, wayOf } from './tuning.ts';
import { workOf } from './program-work.ts';

export const WEBGPU_BACKEND = 'webgpu';

export class GpuBackend extends WebGPUBackend implements TunableBackend {
  readonly gpu: Gpu;
  readonly #cut: CutDevice;

  constructor(host: GpuHost) {
    const gpu = new Gpu(host);
    const cut = new CutDevice(gpu);
    super(cut.device, host.device.adapterInfo);
    this.gpu = gpu;
    this.#cut = cut;
    // What is not on the processor yet, such as Adam's moments, will be. Weights, their moments and their average are there
    // before the first gradients, which are a third of that or less.
    gpu.tensorBytes = () => Math.max(this.memory().numBytesAllocatedInGPU, (4 / 3) * tf.memory().numBytes);
  }

  override runWebGPUProgram(...args: Parameters<WebGPUBackend['runWebGPUProgram']>): tf.TensorInfo {
    const [program, inputs] = args;
    this.#cut.next = workOf(program, inputs);
    return super.runWebGPUProgram(...args);
  }

  override submitQueue(): void {
    super.submitQueue();
    this.#cut.submitted();
  }

  /** The buffer of a tensor, which goes to the processor if it is not there yet. */
  buffer(tensor: tf.TensorInfo): GPUBuffer {
    this.uploadToGPU(tensor.dataId);
    return this.tensorMap.get(tensor.dataId).resource as GPUBuffer;
  }

  /** The same, to be changed in place: what was read of it before is out of date. */
  changedBuffer(tensor: tf.TensorInfo): GPUBuffer {
    const buffer = this.buffer(tensor);
    // tfjs keeps what was read; it types that as never missing, and asks whether it is null.
    (this.tensorMap.get(tensor.dataId) as { values: unknown }).values = null;
    return buffer;
  }

  /** A new float32 tensor, with whatever values. */
  output(shape: number[]): tf.TensorInfo & { buffer: GPUBuffer } {
    const info = this.makeTensorInfo(shape, 'float32');
    return { ...info, buffer: this.buffer(info) };
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

  override async read(dataId: object): Promise<tf.BackendValues> {
    let values: tf.BackendValues;
    try {
      values = await super.read(dataId);
    } catch (cause) {
      await this.gpu.settled();
      // Nothing but a device that is gone keeps a buffer from being read.
      throw lostError(this.gpu.host.name, cause);
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
    super.dispose();
  }
}

/** The backend that a kernel was called with. */
export function gpuBackend(backend: unknown): GpuBackend {
  if (!(backend instanceof GpuBackend)) throw new Error('The WebGPU kernels need the WebGPU backend.');
  return backend;
}
