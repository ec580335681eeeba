/** The time of work on a graphics processor, from its submission until it is done. */
import type { OpenWebgpu } from '#hosts/engine/webgpu/open-webgpu.ts';

/** Best of the repeats, after one that compiles. */
export async function bestSeconds(
  { backend }: OpenWebgpu,
  repeats: number,
  work: () => void,
): Promise<number> {
  let seconds = Infinity;
  for (let i = 0; i <= repeats; i++) {
    const start = performance.now();
    work();
    backend.submitCollected();
    await backend.gpu.device.queue.onSubmittedWorkDone();
    await backend.gpu.settled();
    if (i > 0) seconds = Math.min(seconds, (performance.now() - start) / 1000);
  }
  return seconds;
}
