/**
 * Growths on a page's graphics processor, over a port as an engine process asks: the same numbers as elsewhere, pictures
 * made on the processor as media/pixels.ts makes them, and nothing left behind by who goes away.
 */
import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { graphicsContract, type GraphicsContract } from '#contract/graphics-contract.ts';
import { createClient, type Client } from '#contract/rpc.ts';
import { featureCount, type RuleValues } from '#domain/automaton.ts';
import { countLivingCells } from '#domain/living-cells.ts';
import { makeMark, type GrowthMark } from '#domain/growth-marks.ts';
import type { Mix } from '#domain/mix.ts';
import type { ModelSpec } from '#domain/model-spec.ts';
import { createRandom } from '#domain/random.ts';
import { openGrowth } from '#engine/rollout/growth.ts';
import { rulesOfValues } from '#engine/network/inference.ts';
import { tf } from '#engine/tf.ts';
import { openDevice, type OpenDevice } from '#hosts/engine/webgpu/dawn.ts';
import { createGraphicsPage } from '#hosts/graphics-page/graphics-page.ts';
import { stateToImage } from '#media/pixels.ts';
import { createPortPair } from '#test/contract/port-pair.ts';
import { missingGraphics } from '#test/engine/kernels/webgpu/graphics.ts';
import { tinySpec } from '#test/engine/network/tiny-spec.ts';
import { distance } from '#test/engine/rollout/rollout-case.ts';

const spec: ModelSpec = { ...tinySpec, grid: { height: 9, width: 11 }, network: null };
const { height, width } = spec.grid;
const C = spec.automaton.channels;
const rules = [randomRule(1), randomRule(2)];
const even: Mix = { kind: 'turns', ratio: [1, 1] };
const latent: Mix = { kind: 'latent', weights: [1, 1], path: 'linear' };

const missing = await missingGraphics();
if (missing !== null) console.log(`WebGPU is not tested on this machine: ${missing}`);

describe('growths in a page', { skip: missing !== null }, () => {
  let device: OpenDevice;
  let texture: GPUTexture;
  let presented = 0;
  let breakNext = false;
  const present = (): void => {
    presented++;
  };
  let onBug: (failure: unknown) => void = () => undefined;
  const page = createGraphicsPage(
    {
      async openDevice() {
        device = await openDevice();
        if (breakNext) {
          device.host.device.createCommandEncoder = () => {
            throw new Error('no such command');
          };
        }
        return { ...device, key: 'the key of it', close: () => device.close() };
      },
      canvasOf: (id) => (id === 'there' ? { format: 'rgba8unorm', nextTexture: textureOf, present } : null),
    },
    { onBug: (failure) => onBug(failure) },
  );
  let client: Client<GraphicsContract>;
  let leave: () => void;

  function connect(): { readonly client: Client<GraphicsContract>; readonly leave: () => void } {
    const { left, right } = createPortPair();
    page.serve(right);
    return { client: createClient(graphicsContract, left), leave: () => left.close() };
  }

  function textureOf(on: GPUDevice, width: number, height: number): GPUTexture {
    const usage = 0x10 | 0x01; // RENDER_ATTACHMENT | COPY_SRC
    return (texture = on.createTexture({ size: { width, height }, format: 'rgba8unorm', usage }));
  }

  before(async () => {
    onBug = (failure) => {
      throw failure;
    };
    ({ client, leave } = connect());
    await assert.rejects(client.call('growth.state', { growthId: 'none' }), { code: 'disconnected' });
    await assert.rejects(client.call('graphics.open', { softwareToo: false, known: [] }), {
      code: 'unsupported',
      message: /software/,
    });
    const opened = await client.call('graphics.open', { softwareToo: true, known: [] });
    assert.equal(opened.wrong, null);
    assert.ok(opened.wasTried && opened.isSoftware);
    assert.deepEqual(await client.call('graphics.open', { softwareToo: true, known: [] }), opened);
  });

  async function open(growthId: string, mix: Mix = even, decoded: RuleValues | null = null): Promise<void> {
    await client.call('growth.open', { growthId, spec, rules, mix, decoded, seed: 7 });
  }

  test('grow as elsewhere, also when mixed anew on the way', async () => {
    const expected = await grownOnCpu();
    await open('a');
    await client.call('growth.advance', { growthId: 'a', steps: 3 });
    await client.call('growth.advance', { growthId: 'a', steps: 2 });
    await client.call('growth.remix', { growthId: 'a', mix: latent, decoded: rules[1] });
    await client.call('growth.advance', { growthId: 'a', steps: 4 });
    const { state } = await client.call('growth.state', { growthId: 'a' });
    assert.ok(distance(state, expected) <= 1e-5, `off by ${distance(state, expected)}`);
  });

  test('a mix that cannot be leaves the growth as it was', async () => {
    const wrong: Mix = { kind: 'random', weights: [1, 2, 3] };
    await assert.rejects(client.call('growth.remix', { growthId: 'a', mix: wrong, decoded: null }), {
      code: 'bad-argument',
    });
    await client.call('growth.advance', { growthId: 'a', steps: 1 });
    await assert.rejects(
      client.call('growth.replace', { growthId: 'a', state: new Float32Array(3), step: 0 }),
      {
        code: 'mismatch',
      },
    );
  });

  test('a picture is the same to the byte as one of the state read, and so is the count of living cells', async () => {
    for (const state of [await grownOnCpu(), oddState()]) {
      await client.call('growth.replace', { growthId: 'a', state, step: 9 });
      const { rgba, alive } = await client.call('growth.frame', { growthId: 'a' });
      assert.deepEqual(rgba, new Uint8Array(stateToImage(state, { height, width, channels: C }).pixels));
      assert.equal(alive, countLivingCells(state, spec.grid, spec.automaton));
    }
  });

  test('what is painted on it is painted on the state, exactly', async () => {
    const { state } = await client.call('growth.state', { growthId: 'a' });
    const marks: GrowthMark[] = [
      { kind: 'erase', x: 4.5, y: 4, radius: 2 },
      { kind: 'seed', x: 3, y: 3 },
      { kind: 'seed', x: 999, y: 0 },
    ];
    for (const mark of marks) makeMark(state, mark, spec);
    await client.call('growth.mark', { growthId: 'a', marks });
    assert.deepEqual((await client.call('growth.state', { growthId: 'a' })).state, state);
  });

  test('so it is where channels are read one by one', async () => {
    const automaton = { ...spec.automaton, channels: 6, hidden: 2, aliveChannel: 4 };
    const odd: ModelSpec = { ...spec, automaton };
    const random = createRandom(8);
    const state = Float32Array.from({ length: height * width * 6 }, () => 0.4 * random.normal());
    const rule = randomRule(1, automaton);
    await client.call('growth.open', {
      growthId: 'odd',
      spec: odd,
      rules: [rule],
      decoded: null,
      mix: { kind: 'turns', ratio: [1] },
      seed: 1,
    });
    await client.call('growth.replace', { growthId: 'odd', state, step: 0 });
    const { rgba, alive } = await client.call('growth.frame', { growthId: 'odd' });
    assert.deepEqual(rgba, new Uint8Array(stateToImage(state, { height, width, channels: 6 }).pixels));
    assert.equal(alive, countLivingCells(state, spec.grid, automaton));
    await client.call('growth.close', { growthId: 'odd' });
  });

  test('a canvas shows it premultiplied, within a byte’s last place', async () => {
    const state = oddState();
    await client.call('growth.replace', { growthId: 'a', state, step: 9 });
    await assert.rejects(client.call('growth.show', { growthId: 'a', canvas: 'gone' }), {
      code: 'not-found',
    });
    const { alive } = await client.call('growth.show', { growthId: 'a', canvas: 'there' });
    assert.equal(alive, countLivingCells(state, spec.grid, spec.automaton));
    assert.equal(presented, 1);
    const shown = await readTexture(device.host.device, texture);
    for (let cell = 0; cell < height * width; cell++) {
      const alpha = unit(state[cell * C + 3]);
      for (let c = 0; c < 4; c++) {
        const value = 255 * Math.min(unit(state[cell * C + c]), alpha);
        assert.ok(Math.abs(shown[cell * 4 + c] - value) <= 0.51, `cell ${cell}, ${c}: ${value}`);
      }
    }
  });

  test('steps that found no memory were not made, and are made when there is some', async () => {
    await open('b');
    await open('c');
    await client.call('growth.advance', { growthId: 'b', steps: 3 });
    const real = device.host.device;
    const answer = real.popErrorScope.bind(real);
    real.popErrorScope = async () => {
      await answer();
      return { message: 'no memory' };
    };
    await assert.rejects(client.call('growth.advance', { growthId: 'b', steps: 4 }), {
      code: 'out-of-memory',
    });
    real.popErrorScope = answer;
    await client.call('growth.advance', { growthId: 'b', steps: 4 });
    await client.call('growth.advance', { growthId: 'c', steps: 7 });
    const { state } = await client.call('growth.state', { growthId: 'b' });
    assert.deepEqual((await client.call('growth.state', { growthId: 'c' })).state, state);
  });

  test('a port that closes takes its growths with it', async () => {
    const tensors = tf.memory().numTensors;
    const other = connect();
    await other.client.call('growth.open', { growthId: 'a', spec, rules, mix: even, decoded: null, seed: 1 });
    void other.client.call('growth.advance', { growthId: 'a', steps: 2 }).catch(() => undefined);
    other.leave();
    // In its turn, behind what that port asked.
    await client.call('growth.close', { growthId: 'none' });
    assert.equal(tf.memory().numTensors, tensors);
  });

  test('a processor that goes away is told of, and opened again when it is asked for', async () => {
    const lost = new Promise<{ message: string }>((resolve) => client.on('graphics.lost', resolve));
    const reading = client.call('growth.state', { growthId: 'a' });
    device.host.device.destroy();
    await assert.rejects(reading, { code: 'disconnected' });
    assert.match((await lost).message, /is gone/);
    await assert.rejects(client.call('growth.frame', { growthId: 'a' }), { code: 'disconnected' });
    const again = await client.call('graphics.open', { softwareToo: true, known: ['the key of it'] });
    assert.equal(again.wasTried, false);
    await assert.rejects(client.call('growth.frame', { growthId: 'a' }), { code: 'not-found' });
    assert.equal(tf.memory().numTensors, 0);
    await open('d');
    await client.call('growth.advance', { growthId: 'd', steps: 1 });
    assert.ok((await client.call('growth.frame', { growthId: 'd' })).alive > 0);
  });

  test('with the last port the processor is given back', async () => {
    const { lost } = device.host.device;
    leave();
    assert.equal((await lost).reason, 'destroyed');
    assert.equal(tf.memory().numTensors, 0);
  });

  test('a processor that does not come through the trial is refused in a sentence, and asked again the next time', async () => {
    breakNext = true;
    ({ client, leave } = connect());
    const wishes = { softwareToo: true, known: [] };
    for (let i = 0; i < 2; i++) {
      await assert.rejects(client.call('graphics.open', wishes), {
        code: 'unsupported',
        message: /did not come through a small trial \(no such command\)/,
      });
      await device.host.device.lost;
    }
    leave();
  });
});

async function grownOnCpu(): Promise<Float32Array> {
  const backend = tf.getBackend();
  await tf.setBackend('cpu');
  const decode = () => rulesOfValues(spec, rules[1]);
  const growth = openGrowth({ spec, rules, mix: even, seed: 7, decode }, 'composed');
  growth.advance(5);
  growth.remix(latent);
  growth.advance(4);
  const state = await growth.state();
  growth.dispose();
  await tf.setBackend(backend);
  return state;
}

/** Values beyond what a picture has, half bytes, and some that are no numbers. */
function oddState(): Float32Array {
  const random = createRandom(5);
  const state = Float32Array.from({ length: height * width * C }, () => 0.6 * random.normal() + 0.3);
  const cells: [number, number, number, number][] = [
    [0.5, 0.25, 1, 1],
    [0.125, 0.0625, 0.2, 0.25],
    [1e-20, 1e-3, 0.002, 0.004],
    [NaN, Infinity, -Infinity, 1],
    [0.3, 0.2, 0.1, NaN],
    [0.7, 0.2, 0.1, 0],
    [2, 0.5, 0.1, Infinity],
  ];
  for (const [at, rgba] of cells.entries()) state.set(rgba, (3 * at + 20) * C);
  return state;
}

function randomRule(seed: number, automaton = spec.automaton): RuleValues {
  const { channels: C, hidden: d } = automaton;
  const K = featureCount(automaton);
  const random = createRandom(seed);
  const normals = (count: number, scale: number): Float32Array =>
    Float32Array.from({ length: count }, () => scale * random.normal());
  return {
    count: 1,
    w0: normals(K * d, K ** -0.5),
    b0: normals(d, 0.3),
    w1: normals(d * C, 0.3 * d ** -0.5),
  };
}

function unit(value: number): number {
  return value > 0 ? Math.min(value, 1) : 0;
}

/** [H, W, 4] */
async function readTexture(device: GPUDevice, texture: GPUTexture): Promise<Uint8Array> {
  const bytesPerRow = 256;
  const buffer = device.createBuffer({ size: bytesPerRow * height, usage: 0x01 | 0x08 });
  const encoder = device.createCommandEncoder();
  encoder.copyTextureToBuffer({ texture }, { buffer, bytesPerRow }, { width, height });
  device.queue.submit([encoder.finish()]);
  await buffer.mapAsync(1);
  const rows = new Uint8Array(buffer.getMappedRange());
  const pixels = new Uint8Array(height * width * 4);
  for (let y = 0; y < height; y++) {
    pixels.set(rows.subarray(y * bytesPerRow, y * bytesPerRow + width * 4), y * width * 4);
  }
  buffer.destroy();
  return pixels;
}
