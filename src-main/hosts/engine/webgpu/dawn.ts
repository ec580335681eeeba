/**
 * A graphics processor in Node: Dawn, Chromium's WebGPU, through the package `webgpu`. The processor that is apart from
 * the main one is asked for first; one that is only software is told apart, for it is slower than WebAssembly.
 */
/// <reference types="@webgpu/types" />
import { readdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import process from 'node:process';
import type * as Dawn from 'webgpu';
import { AppError } from '#domain/errors.ts';
import { wantedLimits, type GpuHost } from '#engine/kernels/webgpu/gpu.ts';

export interface OpenDevice {
  readonly host: GpuHost;
  /** Whether the main processor computes what a graphics processor should. */
  readonly isSoftware: boolean;
  /** Ends the device, and with it all that keeps the process alive. */
  close(): void;
}

const LAVAPIPE_AND_OTHERS = /swiftshader|llvmpipe|lavapipe|softpipe|basic render|\bwarp\b/i;

/**
 * Opens the best device there is.
 * @throws AppError unsupported where there is none
 */
export async function openDevice(settings: Partial<GpuHost> = {}): Promise<OpenDevice> {
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
  const gpu = create([]);
  const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' });
  if (adapter === null) throw unsupported('no graphics processor of this machine can do WebGPU');
  const { info } = adapter;
  const name = info.description || info.device || info.vendor || 'a graphics processor';
  const requiredLimits = Object.fromEntries(wantedLimits.map((limit) => [limit, adapter.limits[limit]]));
  const wanted: GPUFeatureName[] = ['timestamp-query', 'shader-f16'];
  const device = await adapter.requestDevice({
    requiredLimits,
    requiredFeatures: wanted.filter((feature) => adapter.features.has(feature)),
  });
  setGlobalGpu(gpu);
  return {
    host: { device, name, now: () => performance.now(), ...settings },
    isSoftware:
      info.isFallbackAdapter ||
      LAVAPIPE_AND_OTHERS.test([info.vendor, info.architecture, info.device, name].join(' ')),
    close() {
      device.destroy();
      // As long as anything holds Dawn, Node does not end.
      setGlobalGpu(undefined);
    },
  };
}

async function loadDawn(): Promise<typeof Dawn> {
  try {
    return await import('webgpu');
  } catch (cause) {
    const why = cause instanceof Error ? cause.message.split('\n')[0] : String(cause);
    throw unsupported(`the package webgpu does not load (${why})`, cause);
  }
}

function unsupported(why: string, cause?: unknown): AppError {
  return new AppError('unsupported', `The backend webgpu does not work here: ${why}.`, { cause });
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
