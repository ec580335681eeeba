/**
 * A state as people see it, without its channels leaving the processor: its picture read back, or drawn on a texture, and
 * how many of its cells live.
 */
import type { Automaton, Grid } from '#domain/automaton.ts';
import type { tf } from '#engine/tf.ts';
import type { GpuBackend } from './backend.ts';
import { sizesOf, THREADS } from './code/automaton-code.ts';
import { frameCode } from './code/frame-code.ts';
import { showCode } from './code/show-code.ts';
import { ReadBack, type ReadPart } from './read-back.ts';

export interface ShownState {
  /** [1, H, W, C] */
  readonly tensor: tf.Tensor4D;
  readonly automaton: Automaton;
  readonly grid: Grid;
}

export interface Frame {
  /** Straight RGBA, [H, W, 4]. */
  readonly rgba: Uint8Array<ArrayBuffer>;
  /** Cells that live. */
  readonly alive: number;
}

/** Each submits its work at once; the promise is what comes back of it. @throws AppError disconnected */
export interface ShownStates {
  frame(state: ShownState): Promise<Frame>;
  /** @param texture of the grid's size, of that format; resolves to the number of cells that live */
  draw(state: ShownState, texture: GPUTexture, format: GPUTextureFormat): Promise<number>;
  /** [1, H, W, C] */
  values(state: ShownState): Promise<Float32Array<ArrayBuffer>>;
}

const known = new WeakMap<GpuBackend, ShownStates>();

export function shownStates(backend: GpuBackend): ShownStates {
  let states = known.get(backend);
  if (states === undefined) known.set(backend, (states = createShownStates(backend)));
  return states;
}

function createShownStates(backend: GpuBackend): ShownStates {
  const { gpu } = backend;
  const { device } = gpu;
  const readBack = new ReadBack(gpu);
  const pipelines = new Map<string, GPURenderPipeline>();

  /** The state's buffer, with all that it comes from on its way. */
  function bufferOf({ tensor }: ShownState): GPUBuffer {
    const buffer = backend.buffer(tensor);
    backend.submitCollected();
    return buffer;
  }

  /** Counts, and writes the pixels where they are wanted: where the results lie. */
  function look(encoder: GPUCommandEncoder, state: ShownState, buffer: GPUBuffer, pixels: boolean) {
    const { automaton, grid } = state;
    const { cells } = sizesOf(state);
    const kernel = gpu.compiled(gpu.code('frame', { automaton, grid, pixels }, frameCode)!);
    const parts: ReadPart[] = [{ buffer: gpu.scratch('alive', 4), bytes: 4 }];
    if (pixels) parts.push({ buffer: gpu.scratch('pixels', cells * 4), bytes: cells * 4 });
    const bound = [{ buffer, size: stateBytes(state) }, ...parts.map((part) => part.buffer)];
    encoder.clearBuffer(parts[0].buffer, 0, 4);
    const pass = encoder.beginComputePass();
    pass.setPipeline(kernel.pipeline);
    pass.setBindGroup(0, gpu.bindGroup(kernel, bound));
    pass.dispatchWorkgroups(Math.ceil(cells / THREADS));
    pass.end();
    return parts;
  }

  function pipelineOf({ automaton, grid }: ShownState, format: GPUTextureFormat): GPURenderPipeline {
    const { label, source } = gpu.code('show', { automaton, grid }, showCode)!;
    const key = `${format} ${source}`;
    const old = pipelines.get(key);
    if (old !== undefined) return old;
    const module = device.createShaderModule({ label, code: source });
    const pipeline = device.createRenderPipeline({
      label,
      layout: 'auto',
      vertex: { module, entryPoint: 'corner' },
      fragment: { module, entryPoint: 'pixel', targets: [{ format }] },
    });
    pipelines.set(key, pipeline);
    return pipeline;
  }

  return {
    async frame(state) {
      const buffer = bufferOf(state);
      const encoder = device.createCommandEncoder();
      const values = readBack.copy(encoder, look(encoder, state, buffer, true));
      device.queue.submit([encoder.finish()]);
      const bytes = await values();
      return { rgba: new Uint8Array(bytes.slice(4)), alive: new Uint32Array(bytes, 0, 1)[0] };
    },

    async draw(state, texture, format) {
      const buffer = bufferOf(state);
      const encoder = device.createCommandEncoder();
      const values = readBack.copy(encoder, look(encoder, state, buffer, false));
      const pipeline = pipelineOf(state, format);
      const pass = encoder.beginRenderPass({
        colorAttachments: [{ view: texture.createView(), loadOp: 'clear', storeOp: 'store' }],
      });
      pass.setPipeline(pipeline);
      const resource = { buffer, size: stateBytes(state) };
      const layout = pipeline.getBindGroupLayout(0);
      pass.setBindGroup(0, device.createBindGroup({ layout, entries: [{ binding: 0, resource }] }));
      pass.draw(3);
      pass.end();
      device.queue.submit([encoder.finish()]);
      return new Uint32Array(await values())[0];
    },

    async values(state) {
      const buffer = bufferOf(state);
      const encoder = device.createCommandEncoder();
      const values = readBack.copy(encoder, [{ buffer, bytes: stateBytes(state) }]);
      device.queue.submit([encoder.finish()]);
      return new Float32Array(await values());
    },
  };
}

function stateBytes(state: ShownState): number {
  const { cells, C } = sizesOf(state);
  return cells * C * 4;
}
