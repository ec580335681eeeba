/**
 * A graphics processor in Node: Dawn, Chromium's WebGPU, through the package `webgpu`. Processors that are apart
 * from the main one come first; one that is only software is told apart, for it is slower than WebAssembly.
 */
/// <reference types="@webgpu/types" />
import { readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import process from 'node:process';
import type * as Dawn from 'webgpu';
import { AppError } from '#domain/errors.ts';
import { wantedFeatures, wantedLimits, type GpuHost } from '#engine/kernels/webgpu/gpu.ts';
import { processorKey } from '#engine/kernels/webgpu/processor-key.ts';
import { isSoftwareProcessor } from '#engine/kernels/webgpu/software-processor.ts';

export interface OpenDevice {
  readonly host: GpuHost;
  /** Whether the main processor computes what a graphics processor should. */
  readonly isSoftware: boolean;
  /** Ends the device, and with it all that keeps the process alive. */
  close(): void;
}

/** One of this machine's graphics processors. */
export interface Processor {
  /** For people. */
  readonly name: string;
  readonly isSoftware: boolean;
  /** See processor-key.ts. */
  readonly key: string;
  open(settings?: Partial<GpuHost>): Promise<OpenDevice>;
}

/** No processor's name: asked for it, Dawn tells the names that there are. */
const NOBODY = 'no such processor';

/**
 * What Dawn finds, one after another as each is asked for: those apart from the main processor, then those that are part
 * of it, then what is software.
 * @throws AppError unsupported where Dawn does not work here
 */
export async function* processors(): AsyncGenerator<Processor, void> {
  if (process.versions['electron'] !== undefined) {
    throw unsupported('Dawn for Node cannot be loaded inside Electron, whose own WebGPU only windows have');
  }
  if (!hasDriver()) {
    throw unsupported(
      'this machine has no Vulkan driver (no *.json in /usr/share/vulkan/icd.d): install the one of its graphics processor',
    );
  }
  const { create, globals } = await loadDawn();
  Object.assign(globalThis, globals);
  const names = await namesOf(create([`adapter=${NOBODY}`]));
  const software: Processor[] = [];
  // Its own first choice will do where there is nothing to choose.
  for (const name of names.length > 1 ? names : [null]) {
    const gpu = create([PRECISE_CLOCK, ...(name === null ? [] : [`adapter=${name}`])]);
    const adapter = await gpu.requestAdapter(BEST_FIRST).catch(() => null);
    if (adapter === null) continue;
    const processor = processorOf(gpu, adapter, name ?? names[0]);
    if (processor.isSoftware) software.push(processor);
    else yield processor;
  }
  yield* software;
}

/** Browsers round the processor's clock to 0.1 ms, for the sake of pages that nobody trusts; nothing else is loaded here. */
const PRECISE_CLOCK = 'disable-dawn-features=timestamp_quantization';

const BEST_FIRST: GPURequestAdapterOptions = { powerPreference: 'high-performance' };

/** Of all that Dawn finds, in the order of `processors`, but for software, which it may name anywhere. None where it finds none. */
export async function processorNames(): Promise<string[]> {
  const { create } = await loadDawn();
  return namesOf(create([`adapter=${NOBODY}`]));
}

/** Names in Dawn's order, which is that of the preference; none where there are none. */
async function namesOf(gpu: GPU): Promise<string[]> {
  try {
    await gpu.requestAdapter(BEST_FIRST);
    return [];
  } catch (failure) {
    const text = failure instanceof Error ? failure.message : String(failure);
    // One processor may be there twice, by two systems' interfaces; the better one comes first.
    return [...new Set([...text.matchAll(/^ \* backend: '[^']*', name: '(.*)'$/gm)].map(([, name]) => name))];
  }
}

function processorOf(gpu: GPU, adapter: GPUAdapter, called: string | undefined): Processor {
  const { info } = adapter;
  const name =
    called ?? ([info.device, info.description, info.vendor].find(Boolean) || 'a graphics processor');
  const isSoftware = isSoftwareProcessor(info, name);
  return {
    name,
    isSoftware,
    key: processorKey(info, `Dawn ${dawnVersion()}`),
    async open(settings = {}) {
      const requiredLimits = Object.fromEntries(wantedLimits.map((limit) => [limit, adapter.limits[limit]]));
      const device = await adapter.requestDevice({
        requiredLimits,
        requiredFeatures: wantedFeatures.filter((feature) => adapter.features.has(feature)),
      });
      setGlobalGpu(gpu);
      return {
        host: { device, name, now: () => performance.now(), ...settings },
        isSoftware,
        close() {
          device.destroy();
          // As long as anything holds Dawn, Node does not end.
          setGlobalGpu(undefined);
        },
      };
    },
  };
}

/**
 * Opens the best device there is, software too.
 * @throws AppError unsupported where there is none
 */
export async function openDevice(settings: Partial<GpuHost> = {}): Promise<OpenDevice> {
  for await (const processor of processors()) return processor.open(settings);
  throw noProcessor();
}

/** Dawn runs, and finds nothing. */
export function noProcessor(): NoProcessorError {
  return unsupported('no graphics processor of this machine can do WebGPU');
}

/** Of the package, and so of the compiler of kernels in it. */
function dawnVersion(): string {
  return (createRequire(import.meta.url)('webgpu/package.json') as { version: string }).version;
}

async function loadDawn(): Promise<typeof Dawn> {
  try {
    return await import('webgpu');
  } catch (cause) {
    const why = cause instanceof Error ? cause.message.split('\n')[0] : String(cause);
    throw unsupported(`the package webgpu does not load (${why})`, cause);
  }
}

/** `unsupported`: nothing here to compute on. */
export class NoProcessorError extends AppError {
  /** For a line about something else: no sentence. */
  readonly brief: string;

  constructor(message: string, brief = 'no graphics processor can be used', cause?: unknown) {
    super('unsupported', message, { cause });
    this.brief = brief;
  }
}

function unsupported(why: string, cause?: unknown): NoProcessorError {
  return new NoProcessorError(`The backend webgpu does not work here: ${why}.`, undefined, cause);
}

/** tfjs looks for it there. Node 20 has no navigator at all. */
function setGlobalGpu(gpu: GPU | undefined): void {
  const host = globalThis as { navigator?: object };
  if (host.navigator === undefined) {
    Object.defineProperty(globalThis, 'navigator', { value: {}, configurable: true, writable: true });
  }
  Object.defineProperty(host.navigator, 'gpu', { value: gpu, configurable: true, writable: true });
}

/** On Linux, whether the Vulkan loader would find anything; Dawn would complain on stderr before it says no. */
function hasDriver(): boolean {
  if (process.platform !== 'linux') return true;
  const { env } = process;
  if (env['VK_DRIVER_FILES'] || env['VK_ICD_FILENAMES'] || env['VK_ADD_DRIVER_FILES']) return true;
  const data = env['XDG_DATA_HOME'] ?? join(homedir(), '.local/share');
  return [
    '/etc/vulkan',
    '/usr/local/etc/vulkan',
    '/usr/share/vulkan',
    '/usr/local/share/vulkan',
    join(data, 'vulkan'),
  ].some((folder) => isJsonIn(join(folder, 'icd.d')));
}

function isJsonIn(folder: string): boolean {
  try {
    return readdirSync(folder).some((name) => name.endsWith('.json'));
  } catch {
    return false;
  }
}
