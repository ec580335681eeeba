/** Trainings that a page computes, against the same in this process on the same processor: equal to the last bit. */
import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { AppError } from '#domain/errors.ts';
import { pictureBatch } from '#domain/picture-bytes.ts';
import { createRandom } from '#domain/random.ts';
import { tf } from '#engine/tf.ts';
import { readCheckpoint, type RunSettings } from '#engine/training/checkpoint.ts';
import { singleOptions } from '#engine/training/single-options.ts';
import type { ValuesByName } from '#engine/training/tensor-values.ts';
import {
  openTrainingSession,
  type TrainingSession,
  type TrainingSetup,
} from '#engine/training/training-session.ts';
import { openRemoteTraining } from '#hosts/engine/graphics/remote-training.ts';
import { tinySpec } from '#test/engine/network/tiny-spec.ts';
import { tinyOptions } from '#test/engine/training/tiny-run.ts';
import { missingGraphics } from '#test/engine/kernels/webgpu/graphics.ts';
import { openPage, type OpenPage } from '#test/hosts/graphics-page/dawn-page.ts';

const missing = await missingGraphics();
if (missing !== null) console.log(`Trainings in a page are not tested on this machine: ${missing}`);

const images = drawnPictures(7);
const size = 8 * 8 * 4;

const manyPictures: Setup = {
  spec: { ...tinySpec, damage: { circles: 1, minRadius: 0.1, maxRadius: 0.2 } },
  run: { kind: 'images', options: tinyOptions },
  seed: 11,
  training: Uint32Array.of(6, 1, 2, 5, 4),
  validation: Uint32Array.of(0, 3),
};

const onePicture: Setup = {
  spec: { ...tinySpec, image: 'rgba', network: null },
  run: {
    kind: 'single',
    mode: 'persist',
    options: { ...singleOptions, batchSize: 2, poolSize: 4, steps: { min: 4, max: 6 } },
  },
  seed: 5,
  training: Uint32Array.of(2),
  validation: Uint32Array.of(2),
};

type Setup = Omit<TrainingSetup, 'pictures' | 'implementation'>;

/** All that a session says. */
interface Told {
  readonly losses: readonly number[];
  readonly spec: TrainingSetup['spec'];
  readonly checkpoint: Uint8Array;
  readonly weights: ReadonlyMap<string, string>;
  readonly score: unknown;
  readonly drawn: unknown;
}

describe('trainings in a page', { skip: missing !== null }, () => {
  let page: OpenPage;
  let tensors = 0;
  before(async () => {
    page = await openPage();
    tensors = tf.memory().numTensors;
  });
  after(() => page.close());

  const remote = (setup: Setup): Promise<TrainingSession> =>
    openRemoteTraining(page.graphics, { ...setup, pictures: { images } });

  /** Answered behind everything that was asked before. */
  const nothingIsLeft = async (): Promise<void> => {
    await page.graphics.call('training.close', { trainingId: 'nobody' });
    assert.equal(tf.memory().numTensors, tensors);
  };

  for (const [name, setup] of Object.entries({ 'many pictures': manyPictures, 'one picture': onePicture })) {
    test(`${name}: every number is the one of a training here, also gone on with from a checkpoint`, async () => {
      const here = await told(local(setup));
      const there = await told(await remote(setup));
      assert.deepEqual(there, here);

      const checkpoint = readCheckpoint(here.checkpoint, { name: 'the checkpoint' });
      const straight = local({ ...setup, checkpoint });
      const goneOn = await remote({ ...setup, checkpoint });
      assert.equal(goneOn.iteration, 2);
      assert.deepEqual(await told(goneOn, 1), await told(straight, 1));
      await nothingIsLeft();
    });
  }

  test('a step that is followed is not waited for there, and a checkpoint is of the one that was begun', async () => {
    const here = local(onePicture);
    const expected = [await here.step(), await here.step()];
    const file = Buffer.concat([...(await here.checkpoint({}))]);
    expected.push(await here.step());
    here.dispose();

    const there = await remote(onePicture);
    assert.deepEqual(await there.step(true), expected[0]);
    assert.equal(there.iteration, 1);
    assert.deepEqual(Buffer.concat([...(await there.checkpoint({}))]), file);
    assert.equal(there.iteration, 2);
    assert.deepEqual(await there.step(true), expected[1]);
    assert.deepEqual(await there.step(false), expected[2]);
    await there.validate();
    assert.equal(there.iteration, 3);
    there.dispose();
    await nothingIsLeft();
  });

  test('a run that starts from a model starts there from the same', async () => {
    const first = local(onePicture);
    await first.step();
    const weights = new Map(
      Array.from(await first.weights(), ([name, { shape, data }]) => [name, { shape, data: data.slice() }]),
    );
    first.dispose();
    const setup = { ...onePicture, weights };
    assert.deepEqual(await told(await remote(setup), 1), await told(local(setup), 1));
    await nothingIsLeft();
  });

  test('what does not fit is refused in a sentence, and leaves nothing', async () => {
    const { graphics } = page;
    const open = (setup: Setup, sent: Uint8Array): Promise<TrainingSession> =>
      openRemoteTraining(graphics, { ...setup, pictures: { images: sent } });
    const cases: [Promise<unknown>, string, RegExp][] = [
      [open(manyPictures, images.subarray(1)), 'mismatch', /no whole number of 8×8/],
      [open(manyPictures, images.subarray(size)), 'mismatch', /among the 6/],
      [open({ ...manyPictures, training: new Uint32Array() }, images), 'no-images', /at least one/],
      [open({ ...manyPictures, run: onePicture.run }, images), 'mismatch', /without/],
      [open({ ...manyPictures, run: {} as RunSettings }, images), 'bad-file', /“run”/],
      [open({ ...onePicture, weights: new Map([['w0', someValues]]) }, images), 'mismatch', /w0|b0/],
      [graphics.call('training.step', { trainingId: 'nobody' }), 'not-found', /open it again/],
    ];
    for (const [outcome, code, sentence] of cases) {
      await assert.rejects(outcome, (failure) => {
        assert.ok(failure instanceof AppError, String(failure));
        assert.equal(failure.code, code);
        assert.match(failure.message, sentence);
        return true;
      });
    }
    await nothingIsLeft();
  });

  test('given up while its pictures are on their way, it is cancelled and forgotten', async () => {
    const opened = openRemoteTraining(
      page.graphics,
      { ...manyPictures, pictures: { images } },
      AbortSignal.abort(),
    );
    await assert.rejects(opened, { code: 'cancelled' });
    await nothingIsLeft();
  });

  test('memory that runs out there is told of here, and changes no result', async () => {
    const notices: string[] = [];
    const stop = page.graphics.onNotice((sentence) => notices.push(sentence));
    const here = local(manyPictures);
    const expected = await here.step();
    here.dispose();
    const session = await remote(manyPictures);
    page.refuseMemory(2);
    const { loss } = await session.step();
    assert.ok(Math.abs(loss - expected.loss) <= 1e-4 * expected.loss);
    assert.match(notices[0], /too little memory.*same results/);
    stop();
    session.dispose();
    await nothingIsLeft();
  });

  test('a page that goes away is disconnected, and what it held is freed', async () => {
    const session = await remote(manyPictures);
    const step = session.step();
    page.leave();
    await assert.rejects(step, { code: 'disconnected' });
    await assert.rejects(session.checkpoint({}), { code: 'disconnected' });
    session.dispose();
    await page.isIdle();
    assert.equal(tf.memory().numTensors, tensors);
  });
});

const someValues = { shape: [1], data: Float32Array.of(1) };

function local(setup: Setup): TrainingSession {
  const pictures = {
    count: images.length / size,
    batch: (indices: ArrayLike<number>) => pictureBatch(images, size, indices),
  };
  return openTrainingSession({ ...setup, pictures, implementation: 'auto' });
}

async function told(session: TrainingSession, steps = 2): Promise<Told> {
  const losses: number[] = [];
  while (losses.length < steps) losses.push((await session.step()).loss);
  const progress = { data: 'seven pictures', elapsedMs: 1.5, score: { psnr: 12.25 }, nothing: null };
  const checkpoint = Buffer.concat([...(await session.checkpoint(progress))]);
  const said = {
    ...{ losses, spec: session.spec, checkpoint: new Uint8Array(checkpoint) },
    weights: digestsOf(await session.weights()),
    score: await session.validate(),
    drawn: await session.draw(),
  };
  session.dispose();
  return said;
}

function digestsOf(values: ValuesByName): Map<string, string> {
  const digest = ({ buffer, byteOffset, byteLength }: Float32Array): string =>
    hash('sha256', new Uint8Array(buffer, byteOffset, byteLength));
  return new Map(
    Array.from(values, ([name, { shape, data }]): [string, string] => [
      name,
      `${shape.join()} ${digest(data)}`,
    ]).sort(),
  );
}

/** Premultiplied discs of different places and shades, [count, 8, 8, 4], none in the middle of the grid. */
function drawnPictures(count: number): Uint8Array {
  const random = createRandom(3);
  const pictures = new Uint8Array(count * 8 * 8 * 4);
  for (let n = 0; n < count; n++) {
    const [top, left, shade] = [random.int(3), random.int(2), 128 + random.int(128)];
    for (let y = top; y < top + 4; y++) {
      const row = (n * 8 + y) * 8;
      pictures.fill(shade, (row + left) * 4, (row + left + 3) * 4);
    }
  }
  return pictures;
}
