/**
 * Every variant of the matrix kernels beside the plain one: states the same to the bit, gradients to the last bits of a
 * sum that is added up in another order. Small shapes, for each is a program that SwiftShader compiles for seconds.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { evenLimits } from '#domain/mix-choice.ts';
import { fitsRows } from '#engine/kernels/webgpu/code/gradient-rows-code.ts';
import { fitsUpdate } from '#engine/kernels/webgpu/code/update-code.ts';
import { plainVariant, type Variant } from '#engine/kernels/webgpu/code/variant.ts';
import { rolloutMixed } from '#engine/rollout/mixed.ts';
import { tf } from '#engine/tf.ts';
import {
  distance,
  randomCase,
  ruleTensors,
  runCaseAsync,
  stateShape,
  type CaseOptions,
  type RolloutCase,
} from '#test/engine/rollout/rollout-case.ts';
import { missingGraphics, withGraphics } from './graphics.ts';

/** What another order of the sums may change, of a tensor's largest value. */
const SUM_BOUND = 2e-6;

const missing = await missingGraphics();

const small: CaseOptions = {
  ...{ life: 0.3, steps: 3, grid: { height: 13, width: 11 } },
  automaton: { channels: 8, hidden: 12, sobelSizes: [3] },
};
const staged = { perception: 'staged', weights: 'staged' } as const;

const cases: readonly [name: string, options: CaseOptions, change: Partial<Variant>][] = [
  ['sums in registers', small, { sums: 'registers' }],
  ['states in workgroup memory', small, { perception: 'staged' }],
  ['weights in workgroup memory', small, { weights: 'staged' }],
  ['subgroups', small, { subgroups: true }],
  ['nothing gathered', small, { isCompact: false }],
  [
    'everything at once, 128 threads and other tiles',
    small,
    {
      ...{ threads: 128, rows: 64, chunk: 16, block: 120, sums: 'registers', subgroups: true },
      ...staged,
    },
  ],
  [
    'weights by slices, of several chunks, one channel at a time',
    {
      ...{ life: 0.3, steps: 2, grid: { height: 9, width: 14 } },
      automaton: { channels: 9, hidden: 21, sobelSizes: [5] },
    },
    { rows: 16, tileRows: 2, chunk: 8, block: 50, isCompact: false, ...staged },
  ],
];

describe('the variants of the kernels', { skip: missing !== null }, () => {
  const graphics = withGraphics();

  for (const [name, options, change] of cases) {
    test(`${name}: the same states, the same gradients but for their order`, async () => {
      const spec = randomCase(21, options);
      const plain = await runCaseAsync(spec);
      choose(spec, change);
      try {
        for (const [what, values] of await runCaseAsync(spec)) {
          const expected = plain.get(what)!;
          if (what.includes(': d')) {
            const found = distance(values, expected);
            assert.ok(found <= SUM_BOUND, `${what}: off by ${found.toExponential(2)}`);
          } else assert.deepEqual(values, expected, what);
        }
      } finally {
        choose(spec, {});
      }
    });
  }

  test('rules that are drawn, by every way of choosing cells', async () => {
    const spec = randomCase(3, { ...small, shared: true });
    const other = randomCase(44, { ...small, shared: true });
    const both = (part: 'w0' | 'b0' | 'w1'): Float32Array => Float32Array.of(...spec[part], ...other[part]);
    const mixed = { ...spec, ruleCount: 2, w0: both('w0'), b0: both('b0'), w1: both('w1') };
    const run = async (): Promise<Float32Array> => {
      const state = tf.tidy(() => {
        const { height, width } = spec.grid;
        const limits = tf.tensor3d(Float32Array.from(evenLimits([2, 1], spec.grid)), [1, height, width]);
        const rules = { count: 2, rules: ruleTensors(mixed), pattern: [0], limits };
        const { steps, draw, automaton } = spec;
        return rolloutMixed(tf.tensor4d(spec.x0, stateShape(spec)), rules, automaton, { steps, draw });
      });
      const values = await state.data<'float32'>();
      state.dispose();
      return values;
    };
    const plain = await run();
    for (const change of [
      { isCompact: false, ...staged },
      { subgroups: true, ...staged },
    ]) {
      choose(spec, change);
      assert.deepEqual(await run(), plain, JSON.stringify(change));
    }
    choose(spec, {});
  });

  /** The plain variant with a change. */
  function choose({ automaton, grid, batch }: RolloutCase, change: Partial<Variant>): void {
    const { choices, workgroupBytes } = graphics.gpu.backend.gpu;
    const shape = { automaton, grid };
    for (const [kernel, fits] of [
      ['update', fitsUpdate],
      ['rows', fitsRows],
    ] as const) {
      const plain = plainVariant(shape, (variant) => fits(shape, workgroupBytes, variant))!;
      const variant = { ...plain, ...change };
      assert.ok(fits(shape, workgroupBytes, variant));
      for (const half of [false, true]) choices.choose(kernel, { ...shape, half }, batch, variant);
    }
  }
});
