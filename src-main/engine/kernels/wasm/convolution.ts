/**
 * Convolutions and pooling on the kernels. Small filters run sample by sample with their patches in cache; for large
 * ones the patches of a run of samples are gathered on the heap, multiplied, and let go. The run is as long as its
 * patches stay within a few megabytes, so that memory does not grow with the batch.
 */
import { tf } from '#engine/tf.ts';
import { wasmBackend, type WasmBackend } from './backend.ts';
import { multiply } from './matmul.ts';
import { operations } from './runtime.ts';

const PATCH_BYTES = 16 * 1024 * 1024;
/** A filter of at most so many values is small: each thread packs it whole, into its second-level cache. */
const SMALL_FILTER = 65536;
/** And a block of patches takes at most so many bytes. */
const BLOCK_BYTES = 64 * 1024;
/** Samples' gradients of a filter are summed in so many groups, whatever the number of threads. */
const GROUPS = 8;

type Info = tf.backend_util.Conv2DInfo;
type ConvAttributes = {
  strides: [number, number] | number;
  pad: 'valid' | 'same' | number;
  dataFormat?: 'NHWC';
  dilations?: [number, number] | number;
  dimRoundingMode?: 'floor' | 'round' | 'ceil';
};
type Shape4 = [number, number, number, number];

interface PatchJob {
  readonly wasm: WasmBackend;
  readonly info: Info;
  /** Samples whose patches are gathered at a time. */
  readonly run: number;
  readonly rows: number;
  readonly depth: number;
  readonly patches: number;
}

/** tfjs' FusedConv2D and Conv2D (bias and ReLU or none). */
function forward(
  wasm: WasmBackend,
  inputs: tf.NamedTensorInfoMap,
  attributes: ConvAttributes,
  relu: boolean,
): tf.TensorInfo {
  const { x, filter, bias } = inputs;
  const info = convInfo(x!.shape, filter!.shape, attributes);
  const out = wasm.output(info.outShape);
  const input = wasm.address(x!);
  const weights = wasm.address(filter!);
  if (isSmall(info)) {
    const { height, packedBytes, blockBytes } = blocksOf(info);
    const more = { filter: weights, bias: bias ? wasm.address(bias) : 0, result: out.address, relu, height };
    wasm.runtime.runWords(
      operations.convolve,
      smallWords(info, input, 0, more),
      info.batchSize,
      packedBytes + blockBytes,
    );
    return out;
  }
  withPatches(wasm, info, ({ run, rows, depth, patches }) => {
    eachRun(info, run, (first, count) => {
      gather(wasm, info, input, first, count, patches);
      multiply(wasm.runtime, {
        a: patches,
        b: weights,
        c: out.address + first * rows * info.outChannels * 4,
        bias: bias ? wasm.address(bias) : 0,
        m: count * rows,
        n: info.outChannels,
        k: depth,
        transposeA: false,
        transposeB: false,
        relu,
      });
    });
  });
  return out;
}

/** tfjs' Conv2DBackpropFilter: patchesᵀ · dy, summed over the runs in order. */
function filterGradient(
  wasm: WasmBackend,
  inputs: tf.NamedTensorInfoMap,
  attributes: ConvAttributes & { filterShape: Shape4 },
) {
  const { x, dy } = inputs;
  const info = convInfo(x!.shape, attributes.filterShape, attributes);
  const out = wasm.output(attributes.filterShape);
  const input = wasm.address(x!);
  const gradient = wasm.address(dy!);
  const size = attributes.filterShape.reduce((a, b) => a * b, 1);
  if (isSmall(info)) {
    const { height, depth, partBytes, blockBytes } = blocksOf(info);
    const groups = Math.min(GROUPS, info.batchSize);
    const parts = wasm.runtime.heap.allocate(partBytes * groups);
    const words = smallWords(info, input, out.address, {
      filter: gradient,
      bias: 0,
      result: parts,
      relu: false,
      height,
      groups,
    });
    wasm.runtime.runWords(operations.convolveFilter, words, groups, blockBytes);
    wasm.runtime.runWords(operations.convolveFilterSum, words, Math.ceil(depth / 6));
    wasm.runtime.heap.release(parts);
    return out;
  }
  withPatches(wasm, info, ({ run, rows, depth, patches }) => {
    const part = run < info.batchSize ? wasm.runtime.heap.allocate(size * 4) : 0;
    eachRun(info, run, (first, count) => {
      gather(wasm, info, input, first, count, patches);
      multiply(wasm.runtime, {
        a: patches,
        b: gradient + first * rows * info.outChannels * 4,
        c: first === 0 ? out.address : part,
        bias: 0,
        m: depth,
        n: info.outChannels,
        k: count * rows,
        transposeA: true,
        transposeB: false,
        relu: false,
      });
      if (first > 0) {
        wasm.runtime.runWords(
          operations.binary,
          [out.address, part, out.address, size, 1],
          Math.ceil(size / 16384),
        );
      }
    });
    if (part) wasm.runtime.heap.release(part);
  });
  return out;
}

/** tfjs' Conv2DBackpropInput: dy · filterᵀ gives the patches' gradient, which is added back where they came from. */
function inputGradient(
  wasm: WasmBackend,
  inputs: tf.NamedTensorInfoMap,
  attributes: ConvAttributes & { inputShape: Shape4 },
) {
  const { dy, filter } = inputs;
  const info = convInfo(attributes.inputShape, filter!.shape, attributes);
  const out = wasm.output(attributes.inputShape);
  const gradient = wasm.address(dy!);
  const weights = wasm.address(filter!);
  if (isSmall(info)) {
    const { height, packedBytes, blockBytes } = blocksOf(info);
    const more = { filter: weights, bias: 0, result: gradient, relu: false, height };
    wasm.runtime.runWords(
      operations.convolveInput,
      smallWords(info, out.address, 0, more),
      info.batchSize,
      packedBytes + blockBytes,
    );
    return out;
  }
  const sampleBytes = info.inHeight * info.inWidth * info.inChannels * 4;
  withPatches(wasm, info, ({ run, rows, depth, patches }) => {
    eachRun(info, run, (first, count) => {
      multiply(wasm.runtime, {
        a: gradient + first * rows * info.outChannels * 4,
        b: weights,
        c: patches,
        bias: 0,
        m: count * rows,
        n: depth,
        k: info.outChannels,
        transposeA: false,
        transposeB: true,
        relu: false,
      });
      const words = patchWords(info, out.address + first * sampleBytes, patches, count);
      wasm.runtime.runWords(operations.patchesAdjoint, words, count);
    });
  });
  return out;
}

function gather(
  wasm: WasmBackend,
  info: Info,
  input: number,
  first: number,
  count: number,
  patches: number,
): void {
  const sampleBytes = info.inHeight * info.inWidth * info.inChannels * 4;
  const words = patchWords(info, input + first * sampleBytes, patches, count);
  wasm.runtime.runWords(operations.patches, words, count * info.outHeight);
}

function patchWords(info: Info, input: number, patches: number, count: number): number[] {
  const {
    inHeight,
    inWidth,
    inChannels,
    filterHeight,
    filterWidth,
    outHeight,
    outWidth,
    strideHeight,
    padInfo,
  } = info;
  return [
    input,
    patches,
    count,
    inHeight,
    inWidth,
    inChannels,
    filterHeight,
    filterWidth,
    outHeight,
    outWidth,
    strideHeight,
    padInfo.top,
    padInfo.left,
  ];
}

const ceilTo = (n: number, multiple: number) => Math.ceil(n / multiple) * multiple;

function isSmall(info: Info): boolean {
  const depth = info.filterHeight * info.filterWidth * info.inChannels;
  return (
    ceilTo(depth, 8) * ceilTo(info.outChannels, 8) <= SMALL_FILTER && info.outHeight * info.outWidth >= 12
  );
}

/** Sizes of a small filter's scratch: rows of a block (a multiple of 6), and bytes. */
function blocksOf(info: Info) {
  const depth = info.filterHeight * info.filterWidth * info.inChannels;
  const pixels = ceilTo(info.outHeight * info.outWidth, 6);
  const height = Math.min(pixels, Math.max(12, Math.floor(BLOCK_BYTES / (depth * 4) / 6) * 6));
  const packedBytes = ceilTo(depth, 8) * ceilTo(info.outChannels, 8) * 4;
  const partBytes = ceilTo(depth, 6) * ceilTo(info.outChannels, 8) * 4;
  return { depth, height, packedBytes, partBytes, blockBytes: (height + 6) * ceilTo(depth, 8) * 4 + 256 };
}

interface SmallJob {
  readonly filter: number;
  readonly bias: number;
  readonly result: number;
  readonly relu: boolean;
  readonly height: number;
  readonly groups?: number;
}

function smallWords(info: Info, input: number, patches: number, job: SmallJob): number[] {
  const words = patchWords(info, input, patches, info.batchSize);
  return [
    ...words,
    0,
    0,
    job.filter,
    job.bias,
    job.result,
    info.outChannels,
    job.relu ? 1 : 0,
    job.groups ?? 0,
    job.height,
  ];
}

function withPatches(wasm: WasmBackend, info: Info, work: (job: PatchJob) => void): void {
  const rows = info.outHeight * info.outWidth;
  const depth = info.filterHeight * info.filterWidth * info.inChannels;
  const run = Math.min(info.batchSize, Math.max(1, Math.floor(PATCH_BYTES / (rows * depth * 4))));
  const patches = wasm.runtime.heap.allocate(run * rows * depth * 4);
  try {
    work({ wasm, info, run, rows, depth, patches });
  } finally {
    wasm.runtime.heap.release(patches);
  }
}

function eachRun(info: Info, run: number, work: (first: number, count: number) => void): void {
  for (let first = 0; first < info.batchSize; first += run)
    work(first, Math.min(run, info.batchSize - first));
}

function convInfo(
  inShape: readonly number[],
  filterShape: readonly number[],
  attributes: ConvAttributes,
): Info {
  return tf.backend_util.computeConv2DInfo(
    inShape as Shape4,
    filterShape as Shape4,
    attributes.strides,
    attributes.dilations ?? 1,
    attributes.pad,
    attributes.dimRoundingMode,
    false,
    'channelsLast',
  );
}

function isPlain(attributes: ConvAttributes): boolean {
  const all = (value: number | number[] | undefined) => (value === undefined ? [1, 1] : [value].flat());
  const strides = all(attributes.strides);
  return all(attributes.dilations).every((d) => d === 1) &&
    strides.every((s) => s === strides[0]) &&
    attributes.dataFormat !== undefined
    ? (attributes.dataFormat as string) === 'NHWC'
    : false;
}

type Pool = { filterSize: [number, number] | number; strides: [number, number] | number; pad: unknown };

function isTwoByTwo({ filterSize, strides, pad }: Pool): boolean {
  return [filterSize, strides].flat().every((n) => n === 2) && (pad === 'valid' || pad === 0);
}

function pooled([batch, height, width, channels]: Shape4): Shape4 {
  return [batch, height >> 1, width >> 1, channels];
}

function poolWords(input: number, output: number, inShape: Shape4): number[] {
  const [batch, height, width, channels] = inShape;
  return [input, output, batch, height, width, channels, 2, 2, height >> 1, width >> 1, 2, 0, 0];
}

export const convolutionKernels: Readonly<Record<string, (plain: tf.KernelFunc) => tf.KernelFunc>> = {
  [tf.Conv2D]: (plain) => (call) => {
    const attributes = call.attrs as unknown as ConvAttributes;
    return isPlain(attributes)
      ? forward(wasmBackend(call.backend), call.inputs, attributes, false)
      : plain(call);
  },
  [tf.FusedConv2D]: (plain) => (call) => {
    const attributes = call.attrs as unknown as ConvAttributes & { activation: string };
    const known = attributes.activation === 'relu' || attributes.activation === 'linear';
    return known && isPlain(attributes) && !call.inputs['preluActivationWeights']
      ? forward(wasmBackend(call.backend), call.inputs, attributes, attributes.activation === 'relu')
      : plain(call);
  },
  [tf.Conv2DBackpropFilter]: (plain) => (call) => {
    const attributes = call.attrs as unknown as ConvAttributes & { filterShape: Shape4 };
    return isPlain(attributes)
      ? filterGradient(wasmBackend(call.backend), call.inputs, attributes)
      : plain(call);
  },
  [tf.Conv2DBackpropInput]: (plain) => (call) => {
    const attributes = call.attrs as unknown as ConvAttributes & { inputShape: Shape4 };
    return isPlain(attributes)
      ? inputGradient(wasmBackend(call.backend), call.inputs, attributes)
      : plain(call);
  },
  [tf.MaxPool]: (plain) => (call) => {
    if (!isTwoByTwo(call.attrs as unknown as Pool)) return plain(call);
    const wasm = wasmBackend(call.backend);
    const shape = call.inputs['x']!.shape as Shape4;
    const out = wasm.output(pooled(shape));
    const words = poolWords(wasm.address(call.inputs['x']!), out.address, shape);
    wasm.runtime.runWords(operations.maxPool, words, shape[0] * (shape[1] >> 1));
    return out;
  },
  [tf.MaxPoolGrad]: (plain) => (call) => {
    if (!isTwoByTwo(call.attrs as unknown as Pool)) return plain(call);
    const wasm = wasmBackend(call.backend);
    const shape = call.inputs['input']!.shape as Shape4;
    const out = wasm.output(shape);
    const words = [
      ...poolWords(wasm.address(call.inputs['input']!), 0, shape),
      wasm.address(call.inputs['dy']!),
      out.address,
    ];
    wasm.runtime.runWords(operations.maxPoolAdjoint, words, shape[0]);
    return out;
  },
};
