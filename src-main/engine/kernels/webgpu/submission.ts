/** Dispatches and copies in their order, handed to the queue in parts that its pace allows. */
import type { Compiled, Gpu } from './gpu.ts';

export class Submission {
  readonly #gpu: Gpu;
  #encoder: GPUCommandEncoder | null = null;
  #pass: GPUComputePassEncoder | null = null;
  #units = 0;

  constructor(gpu: Gpu) {
    this.#gpu = gpu;
  }

  /** @param units of work, about a multiply-add each */
  dispatch(
    { pipeline, label }: Compiled,
    group: GPUBindGroup,
    offsets: readonly number[],
    [x, y]: readonly [x: number, y: number],
    units: number,
  ): void {
    const { timer } = this.#gpu;
    // A pass for each, where they are timed one by one.
    if (timer !== null) this.#endPass();
    this.#pass ??= this.#commands().beginComputePass(timer?.pass(label));
    this.#pass.setPipeline(pipeline);
    this.#pass.setBindGroup(0, group, offsets);
    this.#pass.dispatchWorkgroups(x, y);
    this.#units += units;
  }

  copy(from: GPUBuffer, fromByte: number, to: GPUBuffer, toByte: number, bytes: number): void {
    this.#endPass();
    this.#commands().copyBufferToBuffer(from, fromByte, to, toByte, bytes);
  }

  clear(buffer: GPUBuffer, bytes: number): void {
    this.#endPass();
    this.#commands().clearBuffer(buffer, 0, bytes);
  }

  /** Call it where work may be cut: hands over what there is, if more would be too much for one submission. */
  mayPause(next: number): void {
    if (this.#units > 0 && this.#units + next > this.#gpu.pace.units) this.submit();
  }

  submit(): void {
    if (this.#encoder === null) return;
    this.#endPass();
    const { device, host, pace, timer } = this.#gpu;
    timer?.resolve(this.#encoder);
    device.queue.submit([this.#encoder.finish()]);
    const units = this.#units;
    const handedOver = host.now();
    const measure = (): void => pace.measured(units, handedOver, host.now());
    // A device that is lost measures nothing.
    device.queue.onSubmittedWorkDone().then(measure, () => undefined);
    this.#encoder = null;
    this.#units = 0;
  }

  #commands(): GPUCommandEncoder {
    return (this.#encoder ??= this.#gpu.device.createCommandEncoder());
  }

  #endPass(): void {
    this.#pass?.end();
    this.#pass = null;
  }
}
