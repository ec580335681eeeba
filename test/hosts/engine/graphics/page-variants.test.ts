/** A page is told what was found quickest on its processor, and what it finds is kept for the next one. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { graphicsContract, type GraphicsContract } from '#contract/graphics-contract.ts';
import { serve, type Handlers } from '#contract/rpc.ts';
import { connectGraphics } from '#hosts/engine/graphics/graphics.ts';
import type { KeptVariants } from '#hosts/engine/webgpu/kept-variants.ts';
import { createPortPair } from '#test/contract/port-pair.ts';

test('variants go to the page and come back from it', async () => {
  const { left, right } = createPortPair();
  let told: unknown;
  const handlers: Partial<Handlers<GraphicsContract>> = {
    'graphics.open': ({ variants }) => {
      told = variants;
      return { name: 'a processor', isSoftware: false, key: 'one', wasTried: false, wrong: null };
    },
  };
  const page = serve(graphicsContract, right, handlers as Handlers<GraphicsContract>);
  const kept = new Promise<unknown>((done) => {
    const variants: KeptVariants = {
      of: () => ({}),
      all: () => ({ other: { a: 1 } }),
      keep: async (key, choices) => {
        done({ key, choices });
      },
    };
    void connectGraphics(left)
      .open({ softwareToo: false, known: [], variants })
      .then(() => page.emit('graphics.tuned', { key: 'one', variants: { b: { threads: 64 } } }));
  });
  assert.deepEqual(await kept, { key: 'one', choices: { b: { threads: 64 } } });
  assert.deepEqual(told, { other: { a: 1 } });
  left.close();
});
