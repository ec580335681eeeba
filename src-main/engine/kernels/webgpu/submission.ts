/** Dispatches and copies in their order, handed to the queue in parts that its pace allows. */
import type { Compiled, Gpu } from './gpu.ts';
import type { Work } from './submission-pace.ts';

export class Submission {
  readonly #gpu: Gpu;
  #encoder: GPUCommandEncoder | null = null;
  #pass: GPUComputePassEncoder | null = null;
  /** Work by kind, and what it is taken to need. */
  #work = new Map<string, number>();
  #ms = 0;

  constructor(gpu: Gpu) {
    this.#gpu = gpu;
  }

  /**
   * What there is is handed over before it, if it would be too much together.
   * @param units of work, about a multiply-add each
   */
  dispatch(
    { pipeline, label: kind }: Compiled,
    group: GPUBindGroup,
    offsets: readonly number[],
    [x, y]: readonly [x: number, y: number],
    units: number,
  ): void {
    const { timer, pace } = this.#gpu;
    const ms = pace.msOf([{ kind, units }]);
    if (this.#ms > 0 && this.#ms + ms > pace.limitMs) this.submit();
    // A pass for each, where they are timed one by one.
    if (timer !== null) this.#endPass();
    this.#pass ??= this.#commands().beginComputePass(timer?.pass(kind));
    this.#pass.setPipeline(pipeline);
    this.#pass.setBindGroup(0, group, offsets);
    this.#pass.dispatchWorkgroups(x, y);
    this.#work.set(kind, (this.#work.get(kind) ?? 0) + units);
    this.#ms += ms;
  }

  copy(from: GPUBuffer, fromByte: number, to: GPUBuffer, toByte: number, bytes: number): void {
    this.#endPass();
    this.#commands().copyBufferToBuffer(from, fromByte, to, toByte, bytes);
  }

  clear(buffer: GPUBuffer, bytes: number): void {
    this.#endPass();
    this.#commands().clearBuffer(buffer, 0, bytes);
  }

  submit(): void {
    if (this.#encoder === null) return;
    this.#endPass();
    this.#gpu.timer?.resolve(this.#encoder);
    this.#gpu.submit(
      this.#encoder.finish(),
      Array.from(this.#work, ([kind, units]): Work => ({ kind, units })),
    );
    this.#encoder = null;
    this.#work = new Map();
    this.#ms = 0;
  }

  #commands(): GPUCommandEncoder {
    return (this.#encoder ??= this.#gpu.device.createCommandEncoder());
  }

  #endPass(): void {
    this.#pass?.end();
    this.#pass = null;
  }
}
