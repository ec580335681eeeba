/**
 * The graphics processor of the browser that this worker runs in. The one that is apart from the main processor is asked for;
 * the device stays until it is closed or lost, and each one that is asked for anew is a new one.
 */
/// <reference types="@webgpu/types" />
import { AppError } from '#domain/errors.ts';
import { wantedFeatures, wantedLimits } from '#engine/kernels/webgpu/gpu.ts';
import { processorKey } from '#engine/kernels/webgpu/processor-key.ts';
import { isSoftwareProcessor } from '#engine/kernels/webgpu/software-processor.ts';
import { WATCHED_MS } from '#engine/kernels/webgpu/submission-pace.ts';
import type { GraphicsDevice } from './graphics-host.ts';

/** @throws AppError unsupported */
export async function openDevice(softwareToo: boolean): Promise<GraphicsDevice> {
  const adapter = await findAdapter();
  const { info } = adapter;
  const name = nameOf(info);
  const isSoftware = isSoftwareProcessor(info, name);
  if (isSoftware && !softwareToo) {
    throw unsupported(`its only graphics processor is software (${name}), slower than the backend wasm`);
  }
  const device = await adapter
    .requestDevice({
      requiredLimits: Object.fromEntries(wantedLimits.map((limit) => [limit, adapter.limits[limit]])),
      requiredFeatures: wantedFeatures.filter((feature) => adapter.features.has(feature)),
    })
    .catch((cause: unknown) => {
      throw unsupported(`${name} is there, but opens no device`, cause);
    });
  return {
    host: { device, name, now: () => performance.now(), submissionMs: WATCHED_MS },
    isSoftware,
    key: processorKey(info, navigator.userAgent),
    close: () => device.destroy(),
  };
}

/** Browsers keep the rest to themselves, most of them: a vendor in small letters, and a family of processors. */
function nameOf({ description, device, vendor, architecture }: GPUAdapterInfo): string {
  const maker = makers[vendor] ?? vendor;
  return [description, device, [maker, architecture].filter(Boolean).join(' ')].find(Boolean) ?? UNNAMED;
}

const makers: Readonly<Record<string, string>> = {
  ...{ amd: 'AMD', apple: 'Apple', arm: 'ARM', google: 'Google', intel: 'Intel' },
  ...{ microsoft: 'Microsoft', nvidia: 'NVIDIA', qualcomm: 'Qualcomm', samsung: 'Samsung' },
};
const UNNAMED = 'a graphics processor';

async function findAdapter(): Promise<GPUAdapter> {
  const gpu = (navigator as Partial<Navigator>).gpu;
  if (gpu === undefined) throw unsupported('its browser has no WebGPU');
  const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' }).catch(() => null);
  if (adapter === null) throw unsupported('its browser has WebGPU, but no graphics processor for it');
  return adapter;
}

function unsupported(why: string, cause?: unknown): AppError {
  return new AppError('unsupported', `The window cannot compute on a graphics processor: ${why}.`, { cause });
}
