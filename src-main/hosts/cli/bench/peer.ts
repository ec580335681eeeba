/** The same model in plain PyTorch (test/bench/torch_peer.py) or JAX, timed by a Python of the user's that has it. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { AppError } from '#domain/errors.ts';

const folder = new URL('../../../../test/bench/', import.meta.url);

/** Seconds and megabytes as the script prints them: train_iter_s, infer_b64_s, infer_b1_s, peak_mb. */
export type PeerTimes = ReadonlyMap<string, number>;

export interface PeerOptions {
  readonly preset: string;
  readonly batch: number;
  readonly threads: number;
  readonly compile: boolean;
  /** T; the preset's if left out. */
  readonly steps?: number;
  /** `auto`: the graphics processor that PyTorch finds, else the main one. JAX takes what it finds. */
  readonly device?: 'auto' | 'cpu' | 'cuda';
  readonly script?: 'torch_peer.py' | 'jax_peer.py';
  readonly signal?: AbortSignal;
}

export async function runPeer(python: string, options: PeerOptions): Promise<PeerTimes> {
  return (await measurePeer(python, options)).times;
}

/** Also on what it computed, as the script says. */
export async function measurePeer(
  python: string,
  options: PeerOptions,
): Promise<{ times: PeerTimes; device: string }> {
  const { preset, batch, threads, compile, device = 'cpu', script = 'torch_peer.py', steps } = options;
  const args = [fileURLToPath(new URL(script, folder)), '--preset', preset, '--batch', String(batch)];
  if (script === 'torch_peer.py') args.push('--threads', String(threads), '--device', device);
  if (compile) args.push('--compile');
  if (steps !== undefined) args.push('--steps', String(steps));
  try {
    const { stdout } = await promisify(execFile)(python, args, {
      ...(options.signal && { signal: options.signal }),
    });
    const times = [...stdout.matchAll(/^(\w+) ([\d.]+)$/gm)];
    return {
      times: new Map(times.map(([, name, value]) => [name, Number(value)])),
      device: /^device (.+)$/m.exec(stdout)?.[1] ?? 'unknown',
    };
  } catch (cause) {
    if (options.signal?.aborted) throw new AppError('cancelled', 'Measuring was cancelled.', { cause });
    const detail = cause instanceof Error ? (cause.message.trim().split('\n').at(-1) ?? '') : '';
    throw new AppError(
      'unsupported',
      `${python} could not run ${script} (${detail}); name a Python with its packages in it.`,
      { cause },
    );
  }
}
