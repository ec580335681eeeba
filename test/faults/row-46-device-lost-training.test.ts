/**
 * Row 46, through the whole command: the device of `train --backend webgpu` is destroyed in the middle of a run. It goes on
 * from the last checkpoint on a device that is asked for anew, at the second time on wasm, says both, and publishes what a
 * run that nothing happens to publishes.
 */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { test } from 'node:test';
import { readModelFile } from '#engine/files/model-file.ts';
import { GpuBackend } from '#engine/kernels/webgpu/backend.ts';
import { weightShapes } from '#engine/network/weights.ts';
import { tf } from '#engine/tf.ts';
import { missingGraphics } from '#test/engine/kernels/webgpu/graphics.ts';
import { distance } from '#test/engine/rollout/rollout-case.ts';
import { workplace, type Run } from '#test/hosts/cli/commands/command-run.ts';
import { writeTrainingFiles } from '#test/hosts/cli/commands/training-files.ts';

const skip = (await missingGraphics()) !== null;

const { folder, watched } = await workplace();
await writeTrainingFiles(folder);
// What is known of the processor's trial stays in the test's folder.
process.env['XDG_CACHE_HOME'] = join(folder, 'cache');

/** A training of five iterations that loses its device when those are judged; without a network, which compiles fast. */
async function train(out: string, losses: readonly number[]): Promise<Run> {
  const left = [...losses];
  const plan = ['--iterations', '5', '--batch', '2', '--save-every', '0', '--validate-every', '1'];
  return watched(
    [
      ...['train', 'one.idx3-ubyte', '--spec', 'single.json', '--mode', 'grow', '--backend', 'webgpu'],
      ...[...plan, '--preview-every', '0', '--out', `${out}.safetensors`, '--float32', '--json'],
    ],
    {
      onText(text) {
        if (!text.includes(`"iteration":${left[0]},`) || !text.includes('"event":"validation"')) return;
        left.shift();
        const backend = tf.backend();
        assert.ok(backend instanceof GpuBackend);
        backend.device.destroy();
      },
    },
  );
}

async function weightsOf(name: string): Promise<ReadonlyMap<string, ArrayLike<number>>> {
  const path = join(folder, `${name}.safetensors`);
  const { weights } = readModelFile(await readFile(path), { name: path, expected: weightShapes });
  return new Map(Array.from(weights, ([key, { data }]) => [key, data]));
}

test(
  'train goes on from its last checkpoint, on wasm at last, and publishes the same',
  { skip },
  async () => {
    const whole = await train('whole', []);
    assert.equal(whole.code, 0, whole.err);
    assert.doesNotMatch(whole.err, /went away/);

    const twice = await train('twice', [1, 3]);
    assert.equal(twice.code, 0, twice.err);
    const told = [
      ...[
        'Backend webgpu: ',
        'went away: it is asked for again, and goes on from the last checkpoint',
        'Backend webgpu: ',
      ],
      ...['does not come back: the backend wasm goes on from the last checkpoint', 'Backend wasm: '],
    ];
    assert.match(twice.err, new RegExp(told.join('[^]*')));
    const [, second, third, ...more] = startsOf(twice);
    assert.ok(second <= 1 && third <= 3 && more.length === 0, startsOf(twice).join());

    const expected = await weightsOf('whole');
    for (const [name, values] of await weightsOf('twice')) {
      const found = distance(values, expected.get(name)!);
      assert.ok(found <= 1e-4, `${name}: off by ${found}`);
    }
  },
);

/** The iterations that the run began at, and went on from. */
function startsOf({ out }: Run): number[] {
  return Array.from(out.matchAll(/"event":"started","iteration":(\d+)/g), ([, iteration]) =>
    Number(iteration),
  );
}
