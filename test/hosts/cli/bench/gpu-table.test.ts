/** The table of a graphics processor: ratios, goals that are met or not or not measured, and where the time goes. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { presets } from '#domain/model-presets.ts';
import { plainVariant } from '#engine/kernels/webgpu/code/variant.ts';
import type { GpuReport } from '#hosts/cli/bench/gpu.ts';
import { gpuTable } from '#hosts/cli/bench/gpu-table.ts';

const report: GpuReport = {
  processor: 'Processor',
  isSoftware: false,
  peak: { flops: 1e13, bandwidth: 1e12 },
  presets: [
    {
      ...{ preset: 'digits', batch: 64, steps: 64, peakShare: 0.4, bandwidthShare: 0.031 },
      rows: {
        webgpu: { seconds: [0.01, 0.002, 0.001], device: 'Processor' },
        PyTorch: { seconds: [0.12, 0.02, null], device: 'a card' },
        'PyTorch compiled': { seconds: [0.019, 0.004, 0.002], device: 'a card' },
      },
      tuned: [
        {
          ...{ kernel: 'update', batch: 64, variant: plainVariant(presets.digits, () => true)! },
          tried: [{ name: 'one way', ms: 1.5 }],
        },
      ],
      profile: {
        wallMs: 12,
        kernels: [
          { kernel: 'rollout: gradient of rows', dispatches: 64, ms: 6 },
          { kernel: 'tfjs: conv2DMM', dispatches: 20, ms: 2 },
        ],
      },
      half: {
        ...{ psnr: 71.2, gradientError: 4e-4, bytes: { full: 2 ** 28, half: 2 ** 27 } },
        seconds: { training: 0.008, growing: 0.001, growingFull: 0.0012 },
      },
    },
  ],
  live: {
    ...{ automata: 1000, side: 128, way: '64 threads', stepsPerSecond: 75, halfStepsPerSecond: 90 },
    bytes: { full: 2 ** 31, half: 2 ** 30 },
  },
};

test('says what is met, what is not, and what was not measured', () => {
  const text = gpuTable(report).join('\n');
  assert.match(text, /10× PyTorch: met; 2× PyTorch compiled: not met; 1\.5× JAX: not measured on/);
  assert.match(text, /0\.1200 s \(ours 12\.00×\) .*not measured +on a card/);
  assert.match(text, /75\.0 steps\/s; goal 60: met/);
  assert.match(text, /40 % of the multiply-adds and at least 3\.1 % of the bandwidth/);
  assert.match(text, /8\.00 ms of kernels \(25 % of it tfjs’s operations\), 12\.0 ms in all/);
  assert.match(text, /6\.00 ms +75 % +rollout: gradient of rows, 64 dispatches/);
  assert.match(text, /update kernel, batch 64: 64 threads, .*; tried:\n +1\.50 ms +one way/);
  assert.match(
    text,
    /71\.2 dB, a rule’s gradient off by 0\.040 %; training 1\.25× as fast, growing 1\.20× as fast/,
  );
});

test('a peer on the main processor meets no goal', () => {
  const { rows } = report.presets[0];
  const slow = { seconds: [9, 9, 9], device: 'the main processor, 2 threads' };
  const presetTimes = {
    ...report.presets[0],
    rows: { ...rows, PyTorch: slow, JAX: { ...slow, device: 'cpu (cpu)' } },
  };
  const text = gpuTable({ ...report, presets: [presetTimes] }).join('\n');
  assert.match(
    text,
    /10× PyTorch: not measured on a graphics processor;.*1\.5× JAX: not measured on a graphics/,
  );
});

test('says so where a processor has no clock, and where the wall was small', () => {
  const live = { ...report.live, automata: 3 };
  const text = gpuTable({ ...report, presets: [{ ...report.presets[0], profile: null }], live }).join('\n');
  assert.match(text, /no clock of its own \(timestamp-query\)/);
  assert.doesNotMatch(text, /goal 60/);
});
