/**
 * tfjs's own operations in submissions that are short enough: with a processor that is only pretended, whose clock says
 * what each submission took, and on a real device (or SwiftShader), where the results must not know of it.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { cutsOf, type Workgroups } from '#engine/kernels/webgpu/cuts.ts';
import { CutDevice, withOrigin } from '#engine/kernels/webgpu/cut-device.ts';
import { Gpu } from '#engine/kernels/webgpu/gpu.ts';
import { workOf } from '#engine/kernels/webgpu/program-work.ts';
import { WATCHED_MS } from '#engine/kernels/webgpu/submission-pace.ts';
import { convolution, dense } from '#engine/network/layers.ts';
import { tf } from '#engine/tf.ts';
import fc from 'fast-check';
import { missingGraphics, openGraphics } from './graphics.ts';
import { pretendedDevice } from './pretended-device.ts';

const missing = await missingGraphics();

test('the parts of a dispatch are all its workgroups, each once, and none is too much', () => {
  const length = fc.integer({ min: 1, max: 9 });
  fc.assert(
    fc.property(fc.tuple(length, length, length), fc.integer({ min: 1, max: 800 }), (total, most) => {
      const [x, y, z] = total;
      const cuts = cutsOf(total, x * y * z, most);
      const seen = new Set<string>();
      for (const { origin, groups, units } of cuts) {
        assert.ok(units <= most && Math.abs(units - groups[0] * groups[1] * groups[2]) < 1e-9);
        for (let k = 0; k < groups[2]; k++)
          for (let j = 0; j < groups[1]; j++)
            for (let i = 0; i < groups[0]; i++)
              seen.add(`${origin[0] + i} ${origin[1] + j} ${origin[2] + k}`);
        assert.ok(origin.every((first, axis) => first + groups[axis] <= total[axis]));
      }
      assert.equal(seen.size, x * y * z);
      assert.equal(
        cuts.reduce((sum, { groups }) => sum + groups[0] * groups[1] * groups[2], 0),
        x * y * z,
      );
    }),
  );
});

test('the work of convolutions, their gradients and products is their multiply-adds', () => {
  const tensors = (...shapes: number[][]): tf.TensorInfo[] =>
    shapes.map((shape) => ({ shape, dtype: 'float32', dataId: {} }));
  const unitsOf = (shaderKey: string, outputShape: number[], ...inputs: number[][]): number =>
    workOf({ shaderKey, outputShape }, tensors(...inputs)).units;
  const macs = 2 * 8 * 8 * 3 * 3 * 5 * 7;
  assert.equal(unitsOf('conv2DMM_a', [2, 8, 8, 7], [2, 8, 8, 5], [3, 3, 5, 7], [7]), macs);
  assert.equal(unitsOf('conv2DDerInput_true', [2, 8, 8, 5], [2, 8, 8, 7], [3, 3, 5, 7]), macs);
  assert.equal(unitsOf('conv2DDerFilter_true', [3, 3, 5, 7], [2, 8, 8, 5], [2, 8, 8, 7]), macs);
  assert.equal(unitsOf('matMulPacked_x', [1, 40, 60], [1, 40, 50], [1, 50, 60]), 40 * 50 * 60);
  assert.equal(unitsOf('matMulSplitK_true', [1, 40, 60], [1, 50, 40], [1, 50, 60]), 40 * 50 * 60);
  assert.equal(unitsOf('unary_relu', [4, 5], [4, 5]), 40);
});

test('no submission takes longer than the pace, once it is known what its programs take', async () => {
  // A slow processor: 10⁹ multiply-adds a second, and one kind of program at a tenth of that.
  const msPerUnit: Record<string, number> = { fast: 1e-6, slow: 1e-5 };
  const pretended = pretendedDevice();
  const gpu = new Gpu({
    device: pretended.device,
    name: 'Pretended',
    now: () => pretended.now(),
    submissionMs: WATCHED_MS,
  });
  const cut = new CutDevice(gpu);
  const run = async (programs: readonly (readonly [kind: string, units: number])[]): Promise<number[]> => {
    const from = pretended.submissions.length;
    let encoder: GPUCommandEncoder | null = null;
    let pass: GPUComputePassEncoder | null = null;
    const pipeline = cut.device.createComputePipeline({
      layout: 'auto',
      compute: { module: cut.device.createShaderModule({ code: tfjsSource }) },
    });
    for (const [kind, units] of programs) {
      cut.next = { kind, units };
      pretended.msOf = (_label, groups) => (groups * units * msPerUnit[kind]) / GROUPS;
      encoder ??= cut.device.createCommandEncoder();
      pass ??= encoder.beginComputePass();
      pass.setPipeline(pipeline);
      pass.setBindGroup(0, pretended.group);
      pass.dispatchWorkgroups(...whole);
    }
    pass?.end();
    if (encoder !== null) pretended.device.queue.submit([encoder.finish()]);
    cut.submitted();
    await pretended.idle();
    return pretended.submissions.slice(from);
  };
  const programs = [
    ['fast', 2e6],
    ['fast', 3e6],
    ['slow', 2e7],
    ['fast', 1e8],
    ['slow', 2e6],
    ['fast', 9e6],
  ] as const;
  await run(programs);
  await run(programs);
  const taken = await run(programs);
  const total = programs.reduce((sum, [kind, units]) => sum + units * msPerUnit[kind], 0);
  assert.ok(Math.abs(taken.reduce((sum, ms) => sum + ms, 0) / total - 1) < 1e-6, 'all was done');
  assert.ok(Math.max(...taken) <= WATCHED_MS * (1 + 1e-9), taken.join());
  // And not cut to crumbs.
  assert.ok(taken.length <= 4 + Math.ceil((2 * total) / WATCHED_MS), String(taken.length));
});

const whole: Workgroups = [16, 8, 4];
const GROUPS = 16 * 8 * 4;

/** How all of tfjs's programs begin. */
const tfjsSource = `
  @compute @workgroup_size(64, 1, 1)
      fn _start(@builtin(local_invocation_id) LocalId : vec3<u32>,
                @builtin(num_workgroups) NumWorkgroups : vec3<u32>) {
        localId = LocalId;
        globalId = GlobalId;
        numWorkgroups = NumWorkgroups;
        workgroupId = WorkgroupId;
        main();
      }`;

test('a program that begins otherwise is left alone', () => {
  assert.match(withOrigin(tfjsSource)!, /GlobalId \+ cutOfDispatch\.origin \* vec3<u32>\(64u, 1u, 1u\)/);
  assert.equal(withOrigin('@compute @workgroup_size(64)\nfn main() {}'), null);
});

describe("tfjs's operations on WebGPU", { skip: missing !== null }, () => {
  test('results are the same to the last bit however submissions are cut', async () => {
    const results: Float32Array[][] = [];
    const submissions: number[] = [];
    for (const submissionMs of [1000, 0.01, 1e-4]) {
      // The rollout's trial has nothing to do with it, and takes long to compile here.
      const trial = (): Promise<void> => Promise.resolve();
      const graphics = await openGraphics({ submissionMs, trial });
      try {
        const { queue } = graphics.backend.device;
        const submit = queue.submit.bind(queue);
        let count = 0;
        queue.submit = (buffers) => {
          count++;
          submit(buffers);
        };
        results.push(await layers());
        submissions.push(count);
      } finally {
        graphics.close();
      }
    }
    const [expected, ...others] = results;
    for (const other of others) assert.deepEqual(other, expected);
    assert.ok(submissions[0] < submissions[1] && submissions[1] < submissions[2], submissions.join());
  });
});

/** A convolution, pooling and a perceptron, forward and backward. */
async function layers(): Promise<Float32Array[]> {
  const values = (shape: number[], phase: number): tf.Tensor =>
    tf.tensor(
      Float32Array.from({ length: shape.reduce((a, b) => a * b) }, (_, i) => Math.sin(phase + 1.7 * i)),
      shape,
    );
  const made = tf.tidy(() => {
    const x = values([2, 8, 8, 4], 1) as tf.Tensor4D;
    const gradient = tf.grads((filter, filter2, bias, weight) => {
      const first = convolution(x, filter, bias, { stride: 1, padding: 'same', inputGradient: false });
      const pooled = tf.maxPool(first, 2, 2, 'valid');
      const second = convolution(pooled, filter2, bias, { stride: 2, padding: 'same', inputGradient: true });
      const flat = tf.reshape<tf.Rank.R2>(second, [2, -1]);
      return tf.sum(tf.square(dense(flat, weight, tf.ones([40]), 'relu')));
    });
    return gradient([values([3, 3, 4, 8], 2), values([5, 5, 8, 8], 3), values([8], 4), values([32, 40], 5)]);
  });
  const read = await Promise.all(made.map((tensor) => tensor.data<'float32'>()));
  tf.dispose(made);
  return read.map((data) => data.slice());
}
