/** A real processor in a page, played by software: the first growth of a kind finds its variants, which are kept here. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { featureCount } from '#domain/automaton.ts';
import { VariantChoices } from '#engine/kernels/webgpu/variant-choices.ts';
import { connectGraphics } from '#hosts/engine/graphics/graphics.ts';
import type { KeptVariants } from '#hosts/engine/webgpu/kept-variants.ts';
import { openDevice, type OpenDevice } from '#hosts/engine/webgpu/dawn.ts';
import { createGraphicsPage } from '#hosts/graphics-page/graphics-page.ts';
import { createPortPair } from '#test/contract/port-pair.ts';
import { missingGraphics } from '#test/engine/kernels/webgpu/graphics.ts';
import { tinySpec } from '#test/engine/network/tiny-spec.ts';

const missing = await missingGraphics();

const automaton = { ...tinySpec.automaton, channels: 4, hidden: 8, sobelSizes: [] };
const spec = { ...tinySpec, automaton, grid: { height: 4, width: 4 }, network: null };
const rule = {
  w0: new Float32Array(featureCount(automaton) * 8),
  b0: new Float32Array(8),
  w1: new Float32Array(8 * 4),
};

describe('a page with a real processor', { skip: missing !== null }, () => {
  test('finds the variants of what grows, once', async () => {
    let device: OpenDevice | undefined;
    const page = createGraphicsPage({
      async openDevice() {
        device = await openDevice();
        return { host: device.host, isSoftware: false, key: 'one', close: () => device?.close() };
      },
      canvasOf: () => null,
    });
    const { left, right } = createPortPair();
    page.serve(right);
    const kept: unknown[] = [];
    const variants: KeptVariants = {
      of: () => ({}),
      all: () => ({}),
      async keep(key, choices) {
        kept.push([key, choices]);
      },
    };
    const graphics = await connectGraphics(left).open({ softwareToo: false, known: ['one'], variants });
    try {
      const mix = { kind: 'turns', ratio: [1] } as const;
      const plan = { spec, rules: [rule], mix, decoded: null, seed: 1 };
      for (const growthId of ['first', 'second']) await graphics.call('growth.open', { growthId, ...plan });
      assert.equal(kept.length, 1);
      const [[key, choices]] = kept as [[string, unknown]];
      assert.equal(key, 'one');
      const found = new VariantChoices();
      found.restore(choices);
      assert.deepEqual(Object.keys(found.all()), ['update 4/8/ 4×4 ≤1 0.5']);
    } finally {
      graphics.close();
      device?.close();
    }
  });
});
