/** The same model in plain PyTorch (test/bench/torch_peer.py), timed by a Python of the user's that has it. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { AppError } from '#domain/errors.ts';

const script = fileURLToPath(new URL('../../../../test/bench/torch_peer.py', import.meta.url));

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
  },
): Promise<PeerTimes> {
  const { preset, batch, threads, compile, device = 'cpu' } = options;
  const args = [script, '--preset', preset, '--batch', String(batch), '--threads', String(threads)];
  args.push('--device', device);
  try {
    const { stdout } = await promisify(execFile)(python, compile ? [...args, '--compile'] : args);
    return new Map(
      [...stdout.matchAll(/^(\w+) ([\d.]+)$/gm)].map(([, name, value]) => [name, Number(value)]),
    );
  } catch (cause) {
    const detail = cause instanceof Error ? (cause.message.trim().split('\n').at(-1) ?? '') : '';
    throw new AppError(
      'unsupported',
      `${python} could not run PyTorch's side (${detail}); name a Python with torch in it.`,
      {
        cause,
      },
    );
  }
}
