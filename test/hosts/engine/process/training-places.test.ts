/** A training whose page goes away, and comes, while it runs: over a port, on plain loops, so that every bit is known. */
import assert from 'node:assert/strict';
import { access, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Progress, Result } from '#contract/contract.ts';
import type { EngineContract } from '#contract/engine-contract.ts';
import { graphicsContract, type GraphicsContract } from '#contract/graphics-contract.ts';
import { serve, type Handlers } from '#contract/rpc.ts';
import { AppError } from '#domain/errors.ts';
import { createRandom } from '#domain/random.ts';
import { readModelFile, type ModelFile } from '#engine/files/model-file.ts';
import { weightShapes } from '#engine/network/weights.ts';
import { tf } from '#engine/tf.ts';
import { connectGraphics, type Graphics } from '#hosts/engine/graphics/graphics.ts';
import { openEngine, type Engine } from '#hosts/engine/open-engine.ts';
import { runTrainingCall } from '#hosts/engine/process/training-call.ts';
import { refinementHandlers } from '#hosts/engine/process/refinement-handlers.ts';
import { estimateTraining } from '#hosts/engine/process/training-estimate.ts';
import { trainingHandlers } from '#hosts/graphics-page/training-handlers.ts';
import { encodePng } from '#media/png.ts';
import { createPortPair } from '#test/contract/port-pair.ts';
import { tinySpec } from '#test/engine/network/tiny-spec.ts';
import { scratchFolder, trainingOf, writeTinyModel, writeTinyPictures } from './engine-stage.ts';

type RunEvent = Progress<EngineContract, 'training.run'>;
type Outcome = Result<EngineContract, 'training.run'> & { readonly model: string };
type Methods = Handlers<GraphicsContract>;

const ITERATIONS = 30;
const IN_PAGE = 'webgpu in the window: Plain Loops';

const folder = await scratchFolder();
let engine: Engine;
let expected: ModelFile;
let tensors = 0;

before(async () => {
  engine = await openEngine({ backend: 'reference' });
  await writeTinyModel(join(folder, 'tiny.safetensors'));
  await writeTinyPictures(join(folder, 'digits.idx3-ubyte'));
  tensors = tf.memory().numTensors;
  const { outcome } = await train('straight', createWindows());
  expected = await modelOf(outcome);
});
after(() => engine.dispose());

test('a run in a page is the run here to the last bit, and says where it was', async () => {
  const windows = createWindows();
  await windows.open();
  const { outcome, events } = await train('page', windows);
  const { weights, card } = await modelOf(outcome);
  assert.deepEqual(weights, expected.weights);
  assert.match(card.notes, new RegExp(`${IN_PAGE}\\.$`));
  assert.deepEqual(startsOf(events), [[0, IN_PAGE]]);
  assert.deepEqual(noticesOf(events), []);
  await windows.isIdle();
  assert.equal(tf.memory().numTensors, tensors);
});

test('a page that comes is used, one that goes away is done without, and the run ends as one that stayed', async () => {
  const windows = createWindows();
  const when = new Map<number, () => Promise<void> | void>([
    [5, () => windows.open()],
    [10, () => windows.leave()],
    [15, () => windows.open()],
  ]);
  const { outcome, events } = await train('moves', windows, async (event) => {
    if (event.event !== 'preview') return;
    const act = when.get(event.iteration);
    // What is computed again is looked at again.
    when.delete(event.iteration);
    await act?.();
  });
  assert.equal(outcome.reason, 'finished');
  assert.deepEqual((await modelOf(outcome)).weights, expected.weights);
  const [came, left, again] = startsOf(events).slice(1);
  assert.deepEqual([came[1], left[1], again[1]], [IN_PAGE, null, IN_PAGE]);
  // From what was saved when it moved.
  assert.equal(left[0], came[0]);
  assert.ok(again[0] >= 15);
  assert.deepEqual(noticesOf(events), [
    `The window lends its graphics processor now. Training goes on from iteration ${came[0]}, on ${IN_PAGE}.`,
    `The window’s graphics processor went away: its window was closed, or does not answer. Training goes on from iteration ${left[0]}, on ${engine.brief}.`,
    `The window lends its graphics processor now. Training goes on from iteration ${again[0]}, on ${IN_PAGE}.`,
  ]);
  await windows.isIdle();
  assert.equal(tf.memory().numTensors, tensors);
});

test('where a page has no memory, or makes a mistake, it is done here, and that page is not asked again', async () => {
  const failures = {
    memory: new AppError('out-of-memory', 'Plain Loops has no memory left.'),
    mistake: new Error('A kernel that no browser compiles.'),
  };
  for (const [run, failure] of Object.entries(failures)) {
    const windows = createWindows({
      'training.step': () => {
        throw failure;
      },
    });
    await windows.open();
    const { outcome, events } = await train(run, windows);
    assert.deepEqual((await modelOf(outcome)).weights, expected.weights);
    assert.deepEqual(
      startsOf(events).map(([, place]) => place),
      [IN_PAGE, null],
    );
    assert.match(
      noticesOf(events)[0],
      new RegExp(`${run}.* Training goes on from iteration 0, on reference`),
    );
  }
});

test('where pages go away time after time before anything is saved, it stays here', async () => {
  const windows = createWindows({}, () => {
    windows.leave();
    void windows.open();
  });
  await windows.open();
  const { outcome, events } = await train('fruitless', windows);
  assert.deepEqual((await modelOf(outcome)).weights, expected.weights);
  const places = startsOf(events).map(([, place]) => place);
  assert.equal(places.filter((place) => place === IN_PAGE).length, 4);
  assert.equal(places.at(-1), null);
  assert.match(noticesOf(events).at(-1)!, /on reference.*, and stays there\.$/);
});

test('a loss that is not finite fails there as it does here', async () => {
  await writeTinyModel(join(folder, 'huge.safetensors'), 1e12);
  const windows = createWindows();
  await windows.open();
  const asked = { ...callOf('lost'), modelPath: join(folder, 'huge.safetensors') };
  const context = { signal: new AbortController().signal, progress: () => Promise.resolve() };
  await assert.rejects(runTrainingCall(windows.session, asked, context), { code: 'not-finite' });
  await windows.isIdle();
  assert.equal(tf.memory().numTensors, tensors);
});

test('stopped while it goes to a page, it keeps what there is without one', async () => {
  const controller = new AbortController();
  const windows = createWindows({
    'training.send': () => {
      controller.abort();
      return {};
    },
  });
  const { outcome, events } = await train(
    'stopped',
    windows,
    async (event) => {
      if (event.event === 'preview' && event.iteration === 5) await windows.open();
    },
    controller,
  );
  assert.equal(outcome.reason, 'stopped');
  assert.ok(outcome.iteration >= 5 && outcome.iteration < ITERATIONS);
  await access(outcome.model);
  assert.deepEqual(
    startsOf(events).map(([, place]) => place),
    [null, null],
  );
});

test('an estimate is of the page, and of this process where that goes away', async () => {
  const phases: string[] = [];
  const context = {
    signal: new AbortController().signal,
    progress: ({ phase }: { phase: string }) => Promise.resolve(void phases.push(phase)),
  };
  let steps = 0;
  const windows = createWindows({}, () => {
    if (++steps === 6) windows.leave();
  });
  await windows.open();
  const { msPerIteration } = await estimateTraining(windows.session, callOf('estimate'), context);
  assert.ok(msPerIteration > 0);
  assert.deepEqual(phases, [
    'Reading the pictures',
    `Measuring a few iterations on ${IN_PAGE}`,
    'Measuring a few iterations',
  ]);
  await windows.isIdle();
  assert.equal(tf.memory().numTensors, tensors);
});

test('a style is refined in a page as here, and here from the start where that goes away', async () => {
  const { channels: C, hidden: d, sobelSizes } = tinySpec.automaton;
  const K = C * (2 + 2 * sobelSizes.length);
  const random = createRandom(4);
  const style = {
    ...{ name: 'one', spec: { ...tinySpec, network: null } },
    w0: Float32Array.from({ length: K * d }, () => random.normal() / 8),
    ...{ b0: new Float32Array(d), w1: new Float32Array(d * C) },
  };
  const pixels = Uint8Array.from({ length: 8 * 8 * 4 }, (_, i) => (i % 4 === 3 ? 255 : (i * 3) % 256));
  const sourcePicture = new Uint8Array(await encodePng({ pixels, width: 8, height: 8 }));
  const refineIn = async (windows: Windows) =>
    refinementHandlers(windows.session)['rule.refine'](
      { style, sourcePicture, iterations: 12 },
      { signal: new AbortController().signal, progress: () => Promise.resolve() },
    );

  const here = await refineIn(createWindows());
  let steps = 0;
  const staying = createWindows({}, () => {
    steps++;
  });
  await staying.open();
  assert.deepEqual(await refineIn(staying), here);
  assert.equal(steps, 12);
  const leaving = createWindows({}, () => leaving.leave());
  await leaving.open();
  assert.deepEqual(await refineIn(leaving), here);
  assert.match(leaving.told[0], /went away.* Refining begins again, on reference/);
  await leaving.isIdle();
  assert.equal(tf.memory().numTensors, tensors);
});

interface Windows {
  /** Sentences for the user. */
  readonly told: readonly string[];
  /** As the engine process has it. */
  readonly session: Parameters<typeof refinementHandlers>[0];
  open(): Promise<void>;
  leave(): void;
  /** Fulfilled when what was asked of pages is done. */
  isIdle(): Promise<void>;
}

/** Windows one after another, each with a processor that this process plays. */
function createWindows(changes: Partial<Methods> = {}, onStep: () => void = () => undefined): Windows {
  let current: Graphics | null = null;
  const told: string[] = [];
  let close = (): void => undefined;
  let turns: Promise<unknown> = Promise.resolve();
  const inTurn = <T>(work: () => T | Promise<T>): Promise<T> => {
    const result = turns.then(work);
    turns = result.catch(() => undefined);
    return result;
  };
  const usable = (): Graphics | null => (current === null || current.lost.aborted ? null : current);
  return {
    session: {
      engine: () => engine,
      graphics: usable,
      settledGraphics: () => Promise.resolve(usable()),
      tell: (message: string) => void told.push(message),
    },
    told,
    async open() {
      const { left, right } = createPortPair();
      const { handlers, release } = trainingHandlers({
        inTurn,
        afterTurns: inTurn,
      } as Parameters<typeof trainingHandlers>[0]);
      const methods = {
        'graphics.open': () => ({
          ...{ name: 'Plain Loops', isSoftware: false, key: 'loops', wasTried: false, wrong: null },
        }),
        'graphics.ping': () => ({}),
        ...handlers,
        'training.step': (...asked: Parameters<Methods['training.step']>) => {
          onStep();
          return handlers['training.step'](...asked);
        },
        ...changes,
      } as Methods;
      serve(graphicsContract, right, methods);
      right.onClose(() => void inTurn(release));
      close = () => right.close();
      current = await connectGraphics(left).open({ softwareToo: false, known: [] });
    },
    leave: () => close(),
    isIdle: () => inTurn(() => undefined),
  };
}

function callOf(run: string): Parameters<typeof runTrainingCall>[1] {
  const { wishes, ...rest } = trainingOf(folder, ITERATIONS, run);
  return {
    ...rest,
    wishes: {
      ...{
        preset: wishes.preset,
        modelId: null,
        mode: 'persist',
        learningRate: null,
        enlarge: false,
        limit: null,
      },
      ...{ iterations: ITERATIONS, batch: 4 },
    },
  };
}

async function train(
  run: string,
  { session }: Windows,
  onEvent: (event: RunEvent) => Promise<void> | void = () => undefined,
  controller = new AbortController(),
): Promise<{ readonly outcome: Outcome; readonly events: readonly RunEvent[] }> {
  const events: RunEvent[] = [];
  const outcome = await runTrainingCall(session, callOf(run), {
    signal: controller.signal,
    async progress(event) {
      const told = event as RunEvent;
      events.push(told);
      await onEvent(told);
    },
  });
  assert.ok(outcome.model !== null);
  return { outcome: outcome as Outcome, events };
}

async function modelOf({ model }: Outcome): Promise<ModelFile> {
  return readModelFile(await readFile(model), { name: 'model', expected: weightShapes });
}

function startsOf(events: readonly RunEvent[]): [number, string | null][] {
  return events.flatMap((event) => (event.event === 'started' ? [[event.iteration, event.place]] : []));
}

function noticesOf(events: readonly RunEvent[]): string[] {
  return events.flatMap((event) => (event.event === 'notice' ? [event.message] : []));
}
