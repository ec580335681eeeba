/** The same model in plain PyTorch (test/bench/torch_peer.py), timed by a Python of the user's that has it. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { AppError } from '#domain/errors.ts';

const folder = new URL('../../../../test/bench/', import.meta.url);

/** Seconds and megabytes as the script prints them: train_iter_s, infer_b64_s, infer_b1_s, peak_mb. */
export type PeerTimes = ReadonlyMap<string, number>;

export async function runPeer(
  python: string,
  options: {
    preset: string;
    batch: number;
    threads: number;
    compile: boolean;
    device?: 'cpu' | 'cuda';
    /** JAX takes the device that it finds. */
    script?: 'torch_peer.py' | 'jax_peer.py';
  },
): Promise<PeerTimes> {
  const { preset, batch, threads, compile, device = 'cpu', script = 'torch_peer.py' } = options;
  const args = [fileURLToPath(new URL(script, folder)), '--batch', String(batch)];
  if (script === 'torch_peer.py')
    args.push('--preset', preset, '--threads', String(threads), '--device', device);
  try {
    const { stdout } = await promisify(execFile)(python, compile ? [...args, '--compile'] : args);
    return new Map(
      [...stdout.matchAll(/^(\w+) ([\d.]+)$/gm)].map(([, name, value]) => [name, Number(value)]),
    );
  } catch (cause) {
    const detail = cause instanceof Error ? (cause.message.trim().split('\n').at(-1) ?? '') : '';
    throw new AppError(
      'unsupported',
      `${python} could not run ${script} (${detail}); name a Python with its packages in it.`,
      {
        cause,
      },
    );
  }
}
