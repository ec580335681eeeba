/**
 * The rollout on WebGPU as the presets have it: each one's automaton on a tiny grid, with held cells, forward and backward
 * beside the reference, and fixtures of the authors' own code. How far off it was is told with each test.
 */
import assert from 'node:assert/strict';
import { describe, test, type TestContext } from 'node:test';
import { presetNames, presets } from '#domain/model-presets.ts';
import { readFixture } from '#test/fixtures/read-safetensors.ts';
import { missingGraphics, withGraphics } from './graphics.ts';
import { besideFixture, besideReference, beyondBounds, type Compared } from './parity-cases.ts';

const missing = await missingGraphics();

/** Others run in parity.test.ts; `small-images` and `faces` take software minutes. */
const fixtures = ['digits', 'wide', 'dying-2', 'all-fire'];

describe('the rollout on WebGPU, as presets have it', { skip: missing !== null }, () => {
  withGraphics();

  for (const name of presetNames) {
    test(`the automaton of ${name}`, async (t) => {
      const { automaton } = presets[name];
      const found = await besideReference(name.length, {
        ...{ automaton, batch: 1, steps: 2, life: 0.5, grid: { height: 5, width: 6 } },
        hold: { channels: 4, shared: false, share: 0.3 },
      });
      judge(t, found);
    });
  }

  for (const name of fixtures) {
    test(`agrees with the authors’ code: ${name}`, async (t) => {
      const file = new URL(`../../../fixtures/rollout/${name}.safetensors`, import.meta.url);
      judge(t, await besideFixture(readFixture(file)));
    });
  }
});

function judge(t: TestContext, found: readonly Compared[]): void {
  const worst = (bound: number): string =>
    Math.max(...found.filter((one) => one.bound === bound).map(({ off }) => off)).toExponential(1);
  const bounds = [...new Set(found.map(({ bound }) => bound))];
  t.diagnostic(
    `${t.name}: off by at most ${bounds.map((bound) => `${worst(bound)} of ${bound}`).join(', ')}`,
  );
  assert.ok(found.length > 0);
  assert.deepEqual(beyondBounds(found), []);
}
