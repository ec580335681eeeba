/** A graphics processor that computes nothing, and takes a time for it that its test chooses. Its clock is its own. */

export interface PretendedDevice {
  readonly device: GPUDevice;
  readonly group: GPUBindGroup;
  /** What so many workgroups take, of a pipeline of that label. */
  msOf: (label: string, groups: number) => number;
  /** Milliseconds that each submission took, in their order. */
  readonly submissions: number[];
  /** The clock: what was submitted is done when it says so. */
  now(): number;
  /** When everything that was submitted is done, and whoever waited for it was told. */
  idle(): Promise<void>;
}

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
    limits: {
      ...{ minUniformBufferOffsetAlignment: 256, minStorageBufferOffsetAlignment: 256 },
      ...{ maxBufferSize: 2 ** 31, maxStorageBufferBindingSize: 2 ** 31 },
      ...{ maxComputeWorkgroupStorageSize: 32_768, maxComputeInvocationsPerWorkgroup: 256 },
      maxComputeWorkgroupSizeX: 256,
    },
    features: new Set(),
    createShaderModule: nothing,
    createComputePipeline: ({ label = '' }: { label?: string }) => ({ label, getBindGroupLayout: nothing }),
    createBindGroupLayout: nothing,
    createPipelineLayout: nothing,
    createBindGroup: nothing,
    createBuffer: ({ size }: { size: number }) => ({ size, destroy: () => undefined }),
    pushErrorScope: () => undefined,
    popErrorScope: () => Promise.resolve(null),
  };
  const pretended: PretendedDevice = {
    device: device as unknown as GPUDevice,
    group: {} as GPUBindGroup,
    msOf: () => 0,
    submissions: [],
    now: () => clock,
    idle: async () => {
      await waiting;
      // Those that wait for the queue are told after it.
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
  return pretended;
}
