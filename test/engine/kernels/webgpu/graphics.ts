/**
 * The graphics processor of the tests: whatever this machine has, and where it has none, Chromium's SwiftShader, which
 * computes on the main processor what one would. Slow, so the cases are few and small.
 */
import { existsSync } from 'node:fs';
import process from 'node:process';
import { after, before } from 'node:test';
import { DEFAULT_SCRATCH_BYTES } from '#engine/kernels/webgpu/gpu.ts';
import { openDevice } from '#hosts/engine/webgpu/dawn.ts';
import { openWebgpu, type OpenWebgpu, type WebgpuChoice } from '#hosts/engine/webgpu/open-webgpu.ts';
import type { TriedProcessors } from '#hosts/engine/webgpu/tried-processors.ts';
import { tf } from '#engine/tf.ts';

const SWIFTSHADER = '/usr/lib/chromium/vk_swiftshader_icd.json';

/** Software unless asked otherwise: what tests say must not depend on the machine's drivers. */
if (existsSync(SWIFTSHADER) && !process.env['MORPHOGEN_TEST_PROCESSOR'])
  process.env['VK_DRIVER_FILES'] = SWIFTSHADER;

/** null, or why there is none. */
export async function missingGraphics(): Promise<string | null> {
  try {
    (await openDevice()).close();
    return null;
  } catch (failure) {
    if (failure instanceof Error && 'code' in failure && failure.code === 'unsupported')
      return failure.message;
    throw failure;
  }
}

/** What is known of trials, kept nowhere: tests leave the user's cache alone. */
export function forgetful(): TriedProcessors {
  const verdicts = new Map<string, string | null>();
  return {
    verdict: (key) => verdicts.get(key),
    known: (rightAlone) =>
      [...verdicts].filter(([, wrong]) => !rightAlone || wrong === null).map(([key]) => key),
    begin: () => Promise.resolve(),
    remember: (key, wrong) => Promise.resolve(void verdicts.set(key, wrong)),
  };
}

export function openGraphics(settings: Omit<WebgpuChoice, 'softwareToo'> = {}): Promise<OpenWebgpu> {
  return openWebgpu({ softwareToo: true, tried: forgetful(), tunes: false, ...settings });
}

/** Opens it before a suite's tests and closes it after them; nothing may be left behind. */
export function withGraphics(): { readonly gpu: OpenWebgpu } {
  let open: OpenWebgpu | undefined;
  let tensors = 0;
  before(async () => {
    open = await openGraphics({ scratchBytes: DEFAULT_SCRATCH_BYTES });
    tensors = tf.memory().numTensors;
  });
  after(() => {
    const left = tf.memory().numTensors - tensors;
    open?.close();
    if (left !== 0) throw new Error(`${left} tensors left behind`);
  });
  return {
    get gpu() {
      if (open === undefined) throw new Error('It is not open yet.');
      return open;
    },
  };
}
