import assert from 'node:assert/strict';
import { once } from 'node:events';
import { join } from 'node:path';
import process from 'node:process';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { EngineState } from '#contract/shapes/engine-state.ts';
import { AppError } from '#domain/errors.ts';
import { engineEntry } from '#hosts/engine/supervision/engine-child.ts';
import { superviseEngine } from '#hosts/engine/supervision/supervise-engine.ts';
import { tinySpec } from '#test/engine/network/tiny-spec.ts';
import {
  encodeAll,
  scratchFolder,
  styleOf,
  writeTinyModel,
  writeTinyPictures,
} from '#test/hosts/engine/process/engine-stage.ts';
import './stand-in/hooks.ts';
import type { StandInPort } from './stand-in/message-channel.ts';

const { createEngineProcesses } = await import('#hosts/electron/engine-processes.ts');
const worstEntry = fileURLToPath(new URL('../engine/supervision/stand-in-engine.ts', import.meta.url));

interface Worst {
  readonly MORPHOGEN_WORST: 'hang' | 'deaf' | 'memory' | 'none';
  readonly NODE_OPTIONS?: string;
}

/** A supervised engine in utility processes; with the worst in its place, where one is given. */
function open(kind: 'live' | 'heavy', worst?: Worst, stallMs?: number) {
  Object.assign(process.env, worst);
  const processes = createEngineProcesses(worst === undefined ? engineEntry : worstEntry);
  const pids: number[] = [];
  const engine = superviseEngine({
    settings: { backend: 'auto', threads: 2 },
    ...(stallMs !== undefined && { stallMs, beatMs: stallMs / 4 }),
    spawn() {
      const child = processes.spawn(kind);
      pids.push(child.pid ?? 0);
      return child;
    },
  });
  after(async () => {
    await engine.close();
    for (const name of Object.keys(worst ?? {})) Reflect.deleteProperty(process.env, name);
  });
  const becomes = (status: EngineState['status']): Promise<EngineState> =>
    new Promise((resolve) => {
      if (engine.state().status === status) resolve(engine.state());
      engine.onState((state) => {
        if (state.status === status) resolve(state);
      });
    });
  return { engine, processes, pids, becomes };
}

function failsWith(code: string, words: RegExp) {
  return (failure: unknown): boolean => {
    assert.ok(failure instanceof AppError, String(failure));
    assert.equal(failure.code, code, failure.message);
    assert.match(failure.message, words);
    return true;
  };
}

test('one that is killed is told, begun again, and then works', async () => {
  const { engine, pids, becomes } = open('heavy', { MORPHOGEN_WORST: 'none' });
  await becomes('ready');
  assert.ok((await engine.call('engine.ping', {})).residentBytes > 0);
  const restarting = becomes('restarting');
  process.kill(pids[0], 'SIGKILL');
  assert.match((await restarting).problem ?? '', /The engine ended unexpectedly \(by SIGKILL\)/);
  await becomes('ready');
  assert.ok((await engine.call('engine.ping', {})).residentBytes > 0);
  assert.equal(new Set(pids).size, 2);
});

test('one that hangs is killed, whatever it does with signals', async () => {
  const { engine, becomes } = open('live', { MORPHOGEN_WORST: 'deaf' }, 400);
  await becomes('ready');
  await assert.rejects(
    engine.call('files.inspect', { path: '/x' }),
    failsWith('disconnected', /did not answer for .* and was ended/),
  );
  await becomes('ready');
});

test('one that runs out of memory is told as that', async () => {
  const { engine, becomes } = open('live', {
    MORPHOGEN_WORST: 'memory',
    NODE_OPTIONS: '--max-old-space-size=60',
  });
  await becomes('ready');
  await assert.rejects(
    engine.call('files.inspect', { path: '/x' }),
    failsWith('out-of-memory', /choose a smaller grid/),
  );
});

test('frames go straight to the window, at its pace, also from an engine that was begun again', async () => {
  const folder = await scratchFolder();
  const [modelPath, pictures] = [join(folder, 'tiny.safetensors'), join(folder, 'digits.idx3-ubyte')];
  await Promise.all([writeTinyModel(modelPath), writeTinyPictures(pictures)]);
  const { engine, processes, pids, becomes } = open('live');
  await becomes('ready');
  const stage = { client: engine, folder } as unknown as Parameters<typeof encodeAll>[0];
  const { styles } = await encodeAll(stage, { modelPath, paths: [pictures], limit: 1 });
  const ends: StandInPort[] = [];
  const forget = processes.addLine('window-1', (end) => ends.push(end as unknown as StandInPort));

  const watch = async (end: StandInPort): Promise<void> => {
    const { growthId } = await engine.call('growth.open', {
      ...{ styles: [styleOf(styles[0], tinySpec)], seed: 3, grid: null, isPlaying: true },
      ...{ stepsPerSecond: 1000, loopAt: null, events: [], step: 0 },
    });
    const frames: { id: number; value: { step: number; rgba: Uint8Array } }[] = [];
    end.on('message', ({ data }: { data: (typeof frames)[number] }) => {
      frames.push(data);
      end.emit('came');
    });
    end.start();
    let relayed = 0;
    const stop = new AbortController();
    const ended = engine.call(
      'growth.watch',
      { growthId, direct: { line: 'window-1', call: 7 } },
      { signal: stop.signal, onProgress: () => void (relayed += 1) },
    );
    while (frames.length < 2) await once(end, 'came');
    assert.ok(frames.every(({ id, value }) => id === 7 && value.rgba instanceof Uint8Array));
    // Nobody acknowledged: the engine waits, and answers others meanwhile.
    await engine.call('growth.control', { growthId, control: { kind: 'step', by: 30 } });
    assert.equal(frames.length, 2);
    for (const _ of frames.slice()) end.postMessage({ type: 'acknowledge', id: 7 });
    while (frames.at(-1)!.value.step < 30) {
      await once(end, 'came');
      end.postMessage({ type: 'acknowledge', id: 7 });
    }
    stop.abort();
    await ended;
    assert.equal(relayed, 0, 'none of them came through this process’s rpc');
  };

  await watch(ends[0]);
  const restarting = becomes('restarting');
  process.kill(pids[0], 'SIGKILL');
  await restarting;
  await becomes('ready');
  assert.equal(ends.length, 2, 'the new one has a line, too');
  await watch(ends[1]);

  forget();
  const { growthId } = await engine.call('growth.open', {
    ...{ styles: [styleOf(styles[0], tinySpec)], seed: 3, grid: null, isPlaying: false },
    ...{ stepsPerSecond: 60, loopAt: null, events: [], step: 0 },
  });
  const stop = new AbortController();
  let relayed = 0;
  await engine.call(
    'growth.watch',
    { growthId, direct: { line: 'window-unknown', call: 1 } },
    {
      signal: stop.signal,
      onProgress() {
        relayed += 1;
        stop.abort();
      },
    },
  );
  assert.equal(relayed, 1, 'without a line they come through the rpc');
});

test('every engine has a port of its own to the page that lends a graphics processor, also one that was begun again', async () => {
  const { engine, processes, pids, becomes } = open('live', { MORPHOGEN_WORST: 'none' });
  await becomes('ready');
  const told: string[] = [];
  const ends = new Set<unknown>();
  const stop = processes.lendGraphics({
    take(id, end) {
      told.push(`take ${id}`);
      ends.add(end);
    },
    drop: (id) => void told.push(`drop ${id}`),
  });
  assert.deepEqual(told, ['take 1'], 'one that is there already');
  const restarting = becomes('restarting');
  process.kill(pids[0], 'SIGKILL');
  await restarting;
  await becomes('ready');
  assert.deepEqual(told, ['take 1', 'drop 1', 'take 2']);
  assert.equal(ends.size, 2);
  stop();
  await engine.restart({ backend: 'wasm', threads: 1 });
  assert.equal(told.length, 3, 'a page that is gone gets none, and hears nothing');
});

test('an engine that lacks a page tells why, as does the one that takes its place', async () => {
  const { engine, processes, pids, becomes } = open('live');
  await becomes('ready');
  const tells = (words: RegExp): Promise<void> =>
    new Promise((resolve) => {
      engine.onState(({ info }) => {
        if (words.test(info?.description ?? '')) resolve();
      });
    });
  const told = tells(/; The page ended: it crashed$/);
  processes.lackGraphics('The page ended: it crashed.');
  await told;
  const restarting = becomes('restarting');
  process.kill(pids[0], 'SIGKILL');
  await restarting;
  const toldAgain = tells(/; The page ended: it crashed$/);
  await becomes('ready');
  await toldAgain;
  const silent = tells(/^(?!.*page ended)/);
  processes.lackGraphics(null);
  await silent;
});
