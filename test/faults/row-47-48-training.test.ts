/** Rows 47 and 48 of the catalogue of faults, as a user meets them: through the command that trains. */
import assert from 'node:assert/strict';
import { access, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { workplace } from '#test/hosts/cli/commands/command-run.ts';
import {
  checkpointsOf,
  lastCheckpoint,
  resultOf,
  writeTrainingFiles,
} from '#test/hosts/cli/commands/training-files.ts';

const { folder, morphogen } = await workplace();
await writeTrainingFiles(folder);
const run = ['train', 'digits.idx3-ubyte', '--batch', '4', '--threads', '2', '--validate-every', '0'];

for (const every of ['0', '60']) {
  test(`row 47: a loss that is not finite names its iteration and spoils no checkpoint (saved every ${every} s)`, async () => {
    const out = ['--out', `lost-${every}.safetensors`];
    const plan = [...run, '--spec', 'tiny.json', '--iterations', '50', '--save-every', every, ...out];
    const { code, err } = await morphogen(...plan, '--lr', '1e38');
    assert.equal(code, 1);
    const [, named] = /became \S+ in iteration (\d+), so training stopped/.exec(err) ?? [];
    assert.match(err, /the last checkpoint was kept; resume from it with a lower learning rate\.\n$/);
    const iteration = Number(named);
    assert.ok(iteration >= 1 && iteration <= 50, err);
    const { snapshot } = await lastCheckpoint(folder, `lost-${every}`);
    assert.equal(snapshot.iteration, every === '0' ? iteration - 1 : 0);
    for (const { data } of snapshot.tensors.values()) assert.ok(data.every(Number.isFinite));
    await assert.rejects(access(join(folder, `lost-${every}.safetensors`)), 'no model of a run that failed');
  });
}

test('row 47: a run whose last checkpoint is from before the fault goes on at a lower rate', async () => {
  const plan = [...run, '--iterations', '12', '--out', 'mended.safetensors'];
  assert.equal((await morphogen(...plan, '--spec', 'tiny.json', '--lr', '1e38')).code, 1);
  const { code, err } = await morphogen(...plan, '--resume', '--lr', '0.001');
  assert.equal(code, 0, err);
  assert.equal((await resultOf(folder, 'mended')).iterations, 12);
});

test('row 48: a newest checkpoint that cannot be read is passed over, which is told, and the end is the same', async () => {
  const plan = [...run, '--spec', 'tiny.json', '--iterations', '20'];
  assert.equal((await morphogen(...plan, '--out', 'sound.safetensors')).code, 0);
  assert.equal((await morphogen(...plan, '--out', 'torn.safetensors')).code, 0);
  const [earlier, newest] = await checkpointsOf(folder, 'torn');
  assert.match(earlier, /000000000\.safetensors$/);
  await truncate(newest, 1000);
  const { code, err } = await morphogen(...plan, '--out', 'torn.safetensors', '--resume');
  assert.equal(code, 0, err);
  assert.match(err, /A newer checkpoint could not be read, so training goes on from iteration 0: /);
  assert.deepEqual(await resultOf(folder, 'torn'), await resultOf(folder, 'sound'));
});

test('row 48: with no checkpoint that can be read nothing is trained, and a new run may begin', async () => {
  const plan = [...run, '--spec', 'tiny.json', '--iterations', '3', '--out', 'gone.safetensors'];
  assert.equal((await morphogen(...plan)).code, 0);
  for (const path of await checkpointsOf(folder, 'gone')) await truncate(path, 50);
  const { code, err } = await morphogen(...plan, '--resume');
  assert.equal(code, 1);
  assert.match(err, /No checkpoint in \S+gone\.checkpoints can be read/);
  assert.equal((await morphogen(...plan)).code, 0);
  assert.equal((await lastCheckpoint(folder, 'gone')).snapshot.iteration, 3);
});
