/**
 * The worker that a page begins, in a real Chromium, asked by a MessagePort as the desktop's hidden page is: what it grows
 * is what it shows, to the byte where it is read back; and a graphics process that crashes is told of, and comes back.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { featureCount } from '#domain/automaton.ts';
import { countLivingCells } from '#domain/living-cells.ts';
import { createRandom } from '#domain/random.ts';
import { stateToImage } from '#media/pixels.ts';
import { tinySpec } from '#test/engine/network/tiny-spec.ts';
import { openBundledPage, type BundledPage } from './bundled-page.ts';
import type { GraphicsClient } from './graphics-client.ts';

const spec = { ...tinySpec, grid: { height: 20, width: 17 }, network: null };
const { automaton, grid } = spec;
const anyway = { softwareToo: true, known: [] };
const growth = {
  ...{ growthId: 'g', spec, rules: [randomRule()], decoded: null, seed: 3 },
  mix: { kind: 'turns', ratio: [] },
};
const named = { growthId: 'g' };
/** Cells that live and others, of colours that a picture has and others. */
const lively = Float32Array.from(
  { length: grid.height * grid.width * automaton.channels },
  (
    (random) => () =>
      0.5 * random.normal() + 0.2
  )(createRandom(9)),
);

describe('the worker of a page', () => {
  let bundled: BundledPage;
  before(async () => {
    bundled = await openBundledPage(['graphics-client']);
    await bundled.page.evaluate(`import('./graphics-client.js')`);
  });
  after(() => bundled.close());

  function inPage<T>(expression: string): Promise<T> {
    return bundled.page.evaluate<T>(expression);
  }

  async function call<T = object>(method: Parameters<GraphicsClient['call']>[0], params: object): Promise<T> {
    return inPage(`graphicsClient.call(${JSON.stringify(method)}, ${JSON.stringify(params)})`);
  }

  async function grow(): Promise<Float32Array> {
    await call('growth.open', growth);
    await call('growth.replace', { ...named, state: { floats: [...lively] }, step: 5 });
    await call('growth.advance', { ...named, steps: 3 });
    const { state } = await call<{ state: { floats: number[] } }>('growth.state', named);
    return Float32Array.from(state.floats);
  }

  test('shows what it grows', async () => {
    await assert.rejects(call('graphics.open', { ...anyway, softwareToo: false }), /software/);
    const opened = await call<{ name: string; wrong: string | null }>('graphics.open', anyway);
    assert.equal(opened.wrong, null);
    const state = await grow();
    const expected = stateToImage(state, { ...grid, channels: automaton.channels }).pixels;
    const alive = countLivingCells(state, grid, automaton);
    assert.ok(alive > 20);

    const frame = await call<{ rgba: { bytes: number[] }; alive: number }>('growth.frame', named);
    assert.deepEqual(frame.rgba.bytes, [...expected]);
    assert.equal(frame.alive, alive);

    await assert.rejects(call('growth.show', { ...named, canvas: 'c' }), /does not have this canvas/);
    await inPage(`graphicsClient.addCanvas('c')`);
    assert.deepEqual(await call('growth.show', { ...named, canvas: 'c' }), { alive });
    const picture = await inPage<{ width: number; height: number; rgba: number[] }>(
      'graphicsClient.lastPicture()',
    );
    assert.deepEqual([picture.width, picture.height], [grid.width, grid.height]);
    assertLike(picture.rgba, expected);
    assert.deepEqual(bundled.problems(), []);
  });

  test('tells of a graphics process that crashes, and has its processor again when it is asked for', async () => {
    const before = await call<{ state: unknown }>('growth.state', named);
    const lost = inPage<string>('graphicsClient.lost()');
    const devtools = await bundled.browser.newBrowserCDPSession();
    // It answers by going away.
    devtools.send('Browser.crashGpuProcess').catch(() => undefined);
    assert.match(await lost, /is gone/);
    await assert.rejects(call('growth.frame', named), /is gone/);
    const opened = await call<{ wasTried: boolean; wrong: string | null }>('graphics.open', anyway);
    assert.deepEqual([opened.wasTried, opened.wrong], [true, null]);
    await assert.rejects(call('growth.frame', named), /open it again/);
    await grow();
    assert.deepEqual(await call('growth.state', named), before);
    const { alive } = await call<{ alive: number }>('growth.show', { ...named, canvas: 'c' });
    assert.ok(alive > 20);
  });
});

/** What a canvas keeps premultiplied, it gives back rounded twice: of a colour that hardly shows, little is left. */
function assertLike(shown: readonly number[], expected: Uint8Array): void {
  for (const [i, value] of expected.entries()) {
    const alpha = expected[i - (i % 4) + 3];
    const bound = i % 4 === 3 ? 1 : 1 + 255 / Math.max(1, alpha);
    assert.ok(Math.abs(shown[i] - value) <= bound, `byte ${i}: ${shown[i]}, expected ${value} at ${alpha}`);
  }
}

function randomRule() {
  const { channels: C, hidden: d } = automaton;
  const K = featureCount(automaton);
  const random = createRandom(6);
  const floats = (count: number, scale: number) => ({
    floats: Array.from({ length: count }, () => Math.fround(scale * random.normal())),
  });
  return { w0: floats(K * d, K ** -0.5), b0: floats(d, 0.3), w1: floats(d * C, 0.3 * d ** -0.5) };
}
