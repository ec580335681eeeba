/**
 * The backend webgpu in this process: a device, the backend over it, and a small rollout that must come out right before
 * anything is entrusted to it.
 */
import { AppError } from '#domain/errors.ts';
import type { GpuBackend } from '#engine/kernels/webgpu/backend.ts';
import type { GpuHost } from '#engine/kernels/webgpu/gpu.ts';
import { tf } from '#engine/tf.ts';
import { openDevice } from './dawn.ts';

export interface OpenWebgpu {
  readonly backend: GpuBackend;
  readonly name: string;
  readonly isSoftware: boolean;
  /** Frees every tensor, and the device. */
  close(): void;
}

export interface WebgpuChoice extends Partial<GpuHost> {
  /** Whether software that pretends to be a graphics processor will do; it is slower than the backend wasm. */
  readonly softwareToo: boolean;
}

/**
 * Makes the backend the one that tfjs uses.
 * @throws AppError unsupported where there is no graphics processor, or it computes wrong numbers
 */
export async function openWebgpu({ softwareToo, ...settings }: WebgpuChoice): Promise<OpenWebgpu> {
  const opened = await openDevice(settings);
  const { host, isSoftware } = opened;
  const close = (): void => opened.close();
  try {
    if (isSoftware && !softwareToo) {
      throw new AppError(
        'unsupported',
        `webgpu is not chosen: its only graphics processor here is software (${host.name}), slower than wasm.`,
      );
    }
    // Not before there is a device: tfjs looks for one when it is loaded.
    const { useWebgpuBackend } = await import('#engine/kernels/webgpu/register.ts');
    const { tryRollout } = await import('#engine/kernels/webgpu/trial.ts');
    const backend = await useWebgpuBackend(host);
    await tryRollout(host.name);
    return { backend, name: host.name, isSoftware, close: () => closeAll(close) };
  } catch (failure) {
    closeAll(close);
    throw failure;
  }
}

function closeAll(close: () => void): void {
  if (tf.findBackendFactory('webgpu')) tf.removeBackend('webgpu');
  close();
}
