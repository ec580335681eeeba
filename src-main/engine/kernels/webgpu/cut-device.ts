/**
 * A device as tfjs's WebGPU backend gets it: it records and submits as ever, but no submission takes longer than the pace
 * allows. tfjs has no notion of parts of a program, yet all its programs begin at one place, where they learn which
 * workgroup they are: that is made to begin at an origin, so a program that is too much for one submission goes out as
 * several, with the same results to the last bit.
 */
import type { Compiled, Gpu } from './gpu.ts';
import { cutsOf, type Cut, type Workgroups } from './cuts.ts';
import type { Work } from './submission-pace.ts';

/** vec3 origin and vec3 total, 16 bytes each. */
const CUT_BYTES = 32;
/** What takes more than this share of a submission goes alone, so that it is known what it takes. */
const ALONE = 0.25;

interface Recorder {
  /** The pass that is open, or a new one. */
  readonly begin: (kind: string) => GPUComputePassEncoder;
  readonly end: () => void;
  readonly submit: () => void;
}

export class CutDevice {
  /** For tfjs. */
  readonly device: GPUDevice;
  /** Work of the next dispatch; tfjs's caller sets it. */
  next: Work = { kind: '', units: 0 };
  readonly #gpu: Gpu;
  readonly #movable = new WeakSet();
  /** Of each pipeline: the groups that say "whole" and "a part". */
  readonly #groups = new WeakMap<GPUComputePipeline, { whole: GPUBindGroup; part: GPUBindGroup }>();
  #whole: GPUBuffer | null = null;
  #part: GPUBuffer | null = null;
  /** Work recorded and not yet submitted. */
  #recorded: Work[] = [];
  /** Of the encoder that tfjs made last. */
  #recorder: Recorder | null = null;

  constructor(gpu: Gpu) {
    this.#gpu = gpu;
    const { device } = gpu;
    this.device = inPlaceOf(() => device, {
      createShaderModule: (descriptor: GPUShaderModuleDescriptor) => {
        const code = withOrigin(descriptor.code);
        const module = device.createShaderModule({ ...descriptor, code: code ?? descriptor.code });
        if (code !== null) this.#movable.add(module);
        return module;
      },
      createComputePipeline: (descriptor: GPUComputePipelineDescriptor) => {
        const pipeline = device.createComputePipeline(descriptor);
        if (this.#movable.has(descriptor.compute.module)) this.#movable.add(pipeline);
        return pipeline;
      },
      createCommandEncoder: () => this.#encoder(),
    });
  }

  /** Call it when tfjs has submitted. */
  submitted(): void {
    this.#gpu.submitted(this.#recorded);
    this.#recorded = [];
  }

  /** Records a dispatch of ours among tfjs's, which must have an encoder. */
  dispatch(
    { pipeline, label: kind }: Compiled,
    group: GPUBindGroup,
    offsets: readonly number[],
    [x, y]: readonly [x: number, y: number],
    units: number,
  ): void {
    const recorder = this.#recorder;
    if (recorder === null) throw new Error('There is nothing to record it in.');
    this.#inTurn({ kind, units }, recorder, (pass) => {
      pass.setPipeline(pipeline);
      pass.setBindGroup(0, group, offsets);
      pass.dispatchWorkgroups(x, y);
    });
  }

  /** Hands over what was recorded before it, or it, where that would be too long. */
  #inTurn(work: Work, { begin, end, submit }: Recorder, record: (pass: GPUComputePassEncoder) => void): void {
    const { pace, timer } = this.#gpu;
    const ms = pace.msOf([work]);
    const isLong = ms > ALONE * pace.limitMs;
    const before = pace.msOf(this.#recorded);
    if (before > 0 && (isLong || before + ms > pace.limitMs)) submit();
    // A pass for each, where they are timed one by one.
    if (timer !== null) end();
    record(begin(work.kind));
    this.#recorded.push(work);
    if (isLong) submit();
  }

  #encoder(): GPUCommandEncoder {
    const { device } = this.#gpu;
    let encoder = device.createCommandEncoder();
    let pass: GPUComputePassEncoder | null = null;
    const endPass = (): void => {
      pass?.end();
      pass = null;
    };
    const finish = (): GPUCommandBuffer => {
      endPass();
      this.#gpu.timer?.resolve(encoder);
      return encoder.finish();
    };
    const submit = (): void => {
      device.queue.submit([finish()]);
      this.submitted();
      encoder = device.createCommandEncoder();
    };
    const begin = (kind: string): GPUComputePassEncoder =>
      (pass ??= encoder.beginComputePass(this.#gpu.timer?.pass(kind)));
    const recorder: Recorder = { begin, end: endPass, submit };
    this.#recorder = recorder;
    // Copies and the like stand between passes.
    const between = (): GPUCommandEncoder => {
      endPass();
      return encoder;
    };
    return inPlaceOf(between, { beginComputePass: () => this.#pass(recorder), finish });
  }

  #pass(recorder: Recorder): GPUComputePassEncoder {
    let pipeline: GPUComputePipeline | undefined;
    let group: GPUBindGroup | undefined;
    const dispatch = (pass: GPUComputePassEncoder, [x, y, z]: Workgroups, cut?: GPUBindGroup): void => {
      pass.setPipeline(pipeline!);
      pass.setBindGroup(0, group);
      if (cut !== undefined) pass.setBindGroup(1, cut);
      pass.dispatchWorkgroups(x, y, z);
    };
    return inPlaceOf(() => recorder.begin(''), {
      setPipeline: (given: GPUComputePipeline) => void (pipeline = given),
      setBindGroup: (_index: number, given: GPUBindGroup) => void (group = given),
      end: recorder.end,
      dispatchWorkgroups: (x: number, y = 1, z = 1) => {
        const { kind, units } = this.next;
        const groups = this.#groupsOf(pipeline!);
        const total: Workgroups = [x, y, z];
        const cuts = groups === null ? [] : cutsOf(total, units, this.#gpu.pace.unitsOf(kind));
        if (cuts.length <= 1) {
          this.#inTurn(this.next, recorder, (pass) => dispatch(pass, total, groups?.whole));
          return;
        }
        for (const cut of cuts) {
          // The queue keeps the order of writing and submitting, so one buffer will do for all parts.
          if (this.#recorded.length > 0) recorder.submit();
          this.#gpu.device.queue.writeBuffer(this.#part!, 0, valuesOf(cut, total));
          this.#inTurn({ kind, units: cut.units }, recorder, (pass) =>
            dispatch(pass, cut.groups, groups!.part),
          );
        }
        if (this.#recorded.length > 0) recorder.submit();
      },
    });
  }

  #groupsOf(pipeline: GPUComputePipeline): { whole: GPUBindGroup; part: GPUBindGroup } | null {
    if (!this.#movable.has(pipeline)) return null;
    const known = this.#groups.get(pipeline);
    if (known !== undefined) return known;
    const { device } = this.#gpu;
    const size = CUT_BYTES;
    // A new buffer is all zeros, which says "whole".
    const whole = (this.#whole ??= device.createBuffer({ label: 'whole', size, usage: UNIFORM }));
    const part = (this.#part ??= device.createBuffer({ label: 'part', size, usage: UNIFORM }));
    const layout = pipeline.getBindGroupLayout(1);
    const groupOf = (buffer: GPUBuffer): GPUBindGroup =>
      device.createBindGroup({ layout, entries: [{ binding: 0, resource: { buffer } }] });
    const groups = { whole: groupOf(whole), part: groupOf(part) };
    this.#groups.set(pipeline, groups);
    return groups;
  }

  dispose(): void {
    this.#whole?.destroy();
    this.#part?.destroy();
  }
}

/** GPUBufferUsage.UNIFORM | COPY_DST */
const UNIFORM = 0x40 | 0x08;

function valuesOf({ origin }: Cut, total: Workgroups): Uint32Array<ArrayBuffer> {
  return Uint32Array.of(...origin, 0, ...total, 0);
}

/** tfjs's source with an origin; null where it does not begin as its programs do. */
export function withOrigin(source: string): string | null {
  const start =
    /@workgroup_size\((\d+), (\d+), (\d+)\)\s*fn _start\([^{]*\{[^}]*globalId = GlobalId;\s*numWorkgroups = NumWorkgroups;\s*workgroupId = WorkgroupId;/;
  const found = start.exec(source);
  if (found === null) return null;
  const [text, x, y, z] = found;
  const moved = text
    .replace('= GlobalId;', `= GlobalId + cutOfDispatch.origin * vec3<u32>(${x}u, ${y}u, ${z}u);`)
    .replace('= NumWorkgroups;', '= select(NumWorkgroups, cutOfDispatch.total, cutOfDispatch.total.x > 0u);')
    .replace('= WorkgroupId;', '= WorkgroupId + cutOfDispatch.origin;');
  return `${source.slice(0, found.index)}${moved}${source.slice(found.index + text.length)}
struct CutOfDispatch { origin: vec3<u32>, total: vec3<u32> }
@group(1) @binding(0) var<uniform> cutOfDispatch: CutOfDispatch;
`;
}

/** What stands for an object of the browser's: its own methods, but for those that are given. */
function inPlaceOf<T extends object>(current: () => T, own: Partial<Record<keyof T, unknown>>): T {
  const standIn: ProxyHandler<T> = {
    get(_target, key) {
      if (Object.hasOwn(own, key)) return own[key as keyof T];
      const real = current();
      const value: unknown = Reflect.get(real, key, real);
      return typeof value === 'function' ? (value.bind(real) as unknown) : value;
    },
    set(_target, key, value) {
      const real = current();
      return Reflect.set(real, key, value, real);
    },
    has: (_target, key) => Reflect.has(current(), key),
  };
  return new Proxy<T>({} as T, standIn);
}
