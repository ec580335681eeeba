/**
 * Row 46: the graphics processor goes away in the middle of a training. The run goes on from its last checkpoint, on the
 * processor if it comes back, else on the processor's cores, and says so; and it ends where it would have ended.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { BackendChoice } from '#contract/shapes/engine-state.ts';
import { AppError } from '#domain/errors.ts';
import { registerReferenceKernels } from '#engine/kernels/reference/register.ts';
import { lostError } from '#engine/kernels/webgpu/gpu.ts';
import { tf } from '#engine/tf.ts';
import type { TrainerSnapshot } from '#engine/training/trainer.ts';
import { NoProcessorError } from '#hosts/engine/webgpu/dawn.ts';
import { survivingLoss } from '#hosts/engine/webgpu/after-loss.ts';
import { missingGraphics, openGraphics } from '#test/engine/kernels/webgpu/graphics.ts';
import { tinyTrainer } from '#test/engine/training/tiny-run.ts';

const missing = await missingGraphics();
if (missing !== null) console.log(`A lost graphics processor is not tested on this machine: ${missing}`);

const ITERATIONS = 3;

/** The losses of a run that nothing happens to. */
const expected = await undisturbed();

describe('a graphics processor that goes away', { skip: missing !== null }, () => {
  test('a training goes on from its last checkpoint, on wasm after the second time, and says so', async () => {
    const told: string[] = [];
    const backends: BackendChoice[] = [];
    let saved: TrainerSnapshot | null = null;
    let losses: number[] = [];

    const run = async (backend: BackendChoice, again: boolean): Promise<void> => {
      backends.push(backend);
      const gpu = backend === 'webgpu' ? await openGraphics() : null;
      if (gpu === null) await onReference();
      const trainer = tinyTrainer();
      try {
        if (again) {
          assert.ok(saved !== null);
          trainer.restore(saved);
          losses = losses.slice(0, saved.iteration);
        }
        while (trainer.iteration < ITERATIONS) {
          // After the save, in the middle of the second iteration.
          if (gpu !== null && trainer.iteration === 1) gpu.backend.device.destroy();
          losses.push((await trainer.step()).loss);
          if (trainer.iteration === 1) saved = await trainer.snapshot();
        }
      } finally {
        trainer.dispose();
        gpu?.close();
      }
    };
    await survivingLoss('webgpu', run, (sentence) => told.push(sentence));

    assert.deepEqual(backends, ['webgpu', 'webgpu', 'wasm']);
    assert.match(told[0], /went away.*last checkpoint/);
    assert.match(told[1], /wasm goes on from the last checkpoint/);
    for (const [i, loss] of losses.entries()) {
      assert.ok(Math.abs(loss - expected[i]) <= 1e-4 * expected[i], `iteration ${i + 1}`);
    }
    assert.equal(losses.length, ITERATIONS);
  });

  test('memory that runs out is made do with, said, and changes no result', async () => {
    const notices: string[] = [];
    const gpu = await openGraphics({ onNotice: (sentence) => notices.push(sentence) });
    const trainer = tinyTrainer();
    try {
      const { device } = gpu.backend;
      let refusals = 2;
      const answer = device.popErrorScope.bind(device);
      device.popErrorScope = async () => {
        const error = await answer();
        return refusals-- > 0 ? { message: 'out of memory' } : error;
      };
      gpu.backend.gpu.releaseScratch();
      const { loss } = await trainer.step();
      assert.ok(Math.abs(loss - expected[0]) <= 1e-4 * expected[0]);
      assert.match(notices[0], /too little memory.*same results/);
      assert.equal(trainer.iteration, 1);
    } finally {
      trainer.dispose();
      gpu.close();
    }
  });
});

for (const backend of ['webgpu', 'auto'] as const) {
  test(`one that does not come back, asked for as ${backend}: wasm goes on, and that is said`, async () => {
    const told: string[] = [];
    const runs: string[] = [];
    const run = async (on: BackendChoice, again: boolean): Promise<void> => {
      runs.push(`${on} ${again}`);
      if (!again) throw lostError('Pretended');
      // What opening says where nothing is left; `auto` takes wasm then by itself.
      if (on === 'webgpu') throw new NoProcessorError('No graphics processor of this machine can do WebGPU.');
    };
    await survivingLoss(backend, run, (sentence) => told.push(sentence));
    const isAsked = backend === 'webgpu';
    assert.deepEqual(runs, [`${backend} false`, `${backend} true`, ...(isAsked ? ['wasm true'] : [])]);
    assert.match(told[0], /went away/);
    assert.equal(told.length, isAsked ? 2 : 1);
    if (isAsked) assert.match(told[1], /does not come back: the backend wasm goes on/);
  });
}

test('one that is not there from the start is not gone on without, where it was asked for', async () => {
  const never = async (): Promise<void> => {
    throw new NoProcessorError('No graphics processor of this machine can do WebGPU.');
  };
  await assert.rejects(
    survivingLoss('webgpu', never, () => assert.fail('nothing to say')),
    { code: 'unsupported' },
  );
});

test('what is no loss of a processor is not gone on from', async () => {
  const failing = async (): Promise<void> => {
    throw new AppError('io', 'The disk is full: make room.');
  };
  await assert.rejects(
    survivingLoss('webgpu', failing, () => assert.fail('nothing to say')),
    { code: 'io' },
  );
});

async function undisturbed(): Promise<number[]> {
  await onReference();
  const trainer = tinyTrainer();
  const losses: number[] = [];
  while (trainer.iteration < ITERATIONS) losses.push((await trainer.step()).loss);
  trainer.dispose();
  return losses;
}

async function onReference(): Promise<void> {
  registerReferenceKernels();
  await tf.setBackend('cpu');
}
