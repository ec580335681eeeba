/**
 * A graphics processor that computes nothing, and takes a time for it that its test chooses: its clock is its own. It knows
 * how much memory it would take.
 */

/** Makes tfjs believe that there is WebGPU, for a backend over a pretended device. */
export function pretendWebgpu(): void {
  const navigator = { gpu: {} };
  const usages = { MAP_READ: 1, MAP_WRITE: 2, COPY_SRC: 4, COPY_DST: 8, UNIFORM: 0x40, STORAGE: 0x80 };
  Object.assign(globalThis, {
    GPUBufferUsage: usages,
    GPUMapMode: { READ: 1, WRITE: 2 },
    GPUBuffer: PretendedBuffer,
    GPUTexture: class {
      readonly isPretended = true;
    },
  });
  Object.defineProperty(globalThis, 'navigator', { value: navigator, configurable: true, writable: true });
}

export interface PretendedDevice {
  readonly device: GPUDevice;
  readonly group: GPUBindGroup;
  /** What so many workgroups take, of a pipeline of that label. */
  msOf: (label: string, groups: number) => number;
  /** Milliseconds that each submission took, in their order. */
  readonly submissions: number[];
  /** Of all shader modules. */
  readonly sources: string[];
  /** Bytes of all buffers that are not the main processor's, now and at most so far. */
  readonly memory: { bytes: number; peak: number };
  /** The clock: what was submitted is done when it says so. */
  now(): number;
  /** When everything that was submitted is done, and whoever waited for it was told. */
  idle(): Promise<void>;
}

/** What is written to it is forgotten, and what is read from it is nothing. */
class PretendedBuffer {
  readonly size: number;
  readonly usage: number;
  mapState: 'mapped' | 'unmapped';
  readonly #memory: { bytes: number; peak: number };
  #bytes: number;

  constructor({ size, usage, mappedAtCreation }: GPUBufferDescriptor, memory: PretendedDevice['memory']) {
    this.size = size;
    this.usage = usage;
    this.mapState = mappedAtCreation === true ? 'mapped' : 'unmapped';
    this.#memory = memory;
    this.#bytes = (usage & 3) === 0 ? size : 0; // MAP_READ | MAP_WRITE
    memory.bytes += this.#bytes;
    memory.peak = Math.max(memory.peak, memory.bytes);
  }

  mapAsync(): Promise<void> {
    this.mapState = 'mapped';
    return Promise.resolve();
  }

  getMappedRange(): ArrayBuffer {
    if (this.size < 2 ** 20) return new ArrayBuffer(this.size);
    // One for all, or a training would take as much memory as it would on a real processor.
    if (this.size > large.byteLength) large = new ArrayBuffer(this.size);
    return large;
  }

  unmap(): void {
    this.mapState = 'unmapped';
  }

  destroy(): void {
    this.#memory.bytes -= this.#bytes;
    this.#bytes = 0;
  }
}

let large = new ArrayBuffer(0);

export function pretendedDevice(): PretendedDevice {
  let clock = 0;
  /** When the queue will be done. */
  let busyUntil = 0;
  let waiting: Promise<void> = Promise.resolve();
  const nothing = (): object => ({ destroy: () => undefined });
  const queue = {
    submit: (buffers: readonly { ms: number }[]) => {
      const ms = buffers.reduce((sum, buffer) => sum + buffer.ms, 0);
      if (ms > 0) pretended.submissions.push(ms);
      busyUntil = Math.max(busyUntil, clock) + ms;
    },
    onSubmittedWorkDone: () => {
      const done = busyUntil;
      return (waiting = waiting.then(() => {
        clock = Math.max(clock, done);
      }));
    },
    writeBuffer: () => undefined,
  };
  const createCommandEncoder = (): object => {
    let ms = 0;
    return {
      beginComputePass: () => {
        let label = '';
        return {
          setPipeline: (pipeline: { label: string }) => void ({ label } = pipeline),
          setBindGroup: () => undefined,
          dispatchWorkgroups: (x: number, y = 1, z = 1) => {
            ms += pretended.msOf(label, x * y * z);
          },
          end: () => undefined,
        };
      },
      copyBufferToBuffer: () => undefined,
      clearBuffer: () => undefined,
      finish: () => ({ ms }),
    };
  };
  const device = {
    queue,
    createCommandEncoder,
    lost: new Promise(() => undefined),
    adapterInfo: { vendor: '', architecture: '', device: '', description: '' },
    limits: {
      maxComputeWorkgroupsPerDimension: 65_535,
      ...{ minUniformBufferOffsetAlignment: 256, minStorageBufferOffsetAlignment: 256 },
      ...{ maxBufferSize: 2 ** 31, maxStorageBufferBindingSize: 2 ** 31 },
      ...{ maxComputeWorkgroupStorageSize: 32_768, maxComputeInvocationsPerWorkgroup: 256 },
      maxComputeWorkgroupSizeX: 256,
    },
    features: new Set(),
    createShaderModule: ({ code }: { code: string }) => {
      pretended.sources.push(code);
      return {};
    },
    createComputePipeline: ({ label = '' }: { label?: string }) => ({ label, getBindGroupLayout: nothing }),
    createBindGroupLayout: nothing,
    createPipelineLayout: nothing,
    createBindGroup: nothing,
    createBuffer: (descriptor: GPUBufferDescriptor) => new PretendedBuffer(descriptor, pretended.memory),
    pushErrorScope: () => undefined,
    popErrorScope: () => Promise.resolve(null),
  };
  const pretended: PretendedDevice = {
    device: device as unknown as GPUDevice,
    group: {} as GPUBindGroup,
    msOf: () => 0,
    submissions: [],
    sources: [],
    memory: { bytes: 0, peak: 0 },
    now: () => clock,
    idle: async () => {
      await waiting;
      // Those that wait for the queue are told after it.
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
  return pretended;
}
