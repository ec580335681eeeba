/** How much goes into one submission: what was measured to take as long as it may, for each kind of kernel. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Automaton } from '#domain/automaton.ts';
import { partsOf } from '#engine/kernels/webgpu/adam.ts';
import { Gpu } from '#engine/kernels/webgpu/gpu.ts';
import { runRollout } from '#engine/kernels/webgpu/rollout-run.ts';
import type { RolloutTask } from '#engine/kernels/webgpu/rollout-task.ts';
import { SubmissionPace, WATCHED_MS } from '#engine/kernels/webgpu/submission-pace.ts';
import { pretendedDevice } from './pretended-device.ts';

const near = (actual: number, expected: number): void =>
  assert.ok(Math.abs(actual / expected - 1) < 0.01, `${actual} instead of ${expected}`);

test('while a window is live, a submission holds what was measured to take 16 ms', () => {
  const pace = new SubmissionPace(WATCHED_MS);
  const kind = 'rollout: update';
  const careful = pace.unitsOf(kind);
  // A processor of 10¹² multiply-adds a second: 2·10⁹ of them took 2 ms.
  for (let i = 0; i < 40; i++) pace.measured([{ kind, units: 2e9 }], i * 10, i * 10 + 2);
  assert.ok(pace.unitsOf(kind) > careful);
  near(pace.unitsOf(kind), 16e9);
  // It slows down to a tenth: what follows is cut at once.
  pace.measured([{ kind, units: 2e9 }], 1000, 1020);
  near(pace.unitsOf(kind), 1.6e9);
});

test('a submission that waited for another is not taken for a slow one', () => {
  const pace = new SubmissionPace(WATCHED_MS);
  const work = [{ kind: 'rollout: update', units: 2e9 }];
  for (let i = 0; i < 40; i++) pace.measured(work, 0, (i + 1) * 2);
  near(pace.unitsOf('rollout: update'), 16e9);
});

test('of kernels in one submission, those that take most of it are learned, the others little changed', () => {
  const pace = new SubmissionPace(WATCHED_MS);
  const work = [
    { kind: 'rollout: update', units: 1e9 },
    { kind: 'rollout: live', units: 1e6 },
  ];
  const before = pace.unitsOf('rollout: live');
  pace.measured(work, 0, 400);
  near(pace.unitsOf('rollout: update'), (1e9 / 400) * WATCHED_MS);
  near(pace.unitsOf('rollout: live'), before);
  // What is measured of nothing says nothing.
  pace.measured([{ kind: 'frame', units: 0 }], 500, 600);
  assert.ok(Number.isFinite(pace.unitsOf('frame')));
});

const automaton: Automaton = {
  ...{ channels: 16, hidden: 96, sobelSizes: [3, 7], aliveChannel: 3 },
  ...{ aliveThreshold: 0.1, fireRate: 0.5, gain: 1 },
};

test('a step that is too much for one submission goes out as several, none longer than 16 ms', async () => {
  const pretended = pretendedDevice();
  // A slow one: a step of these 512×512 cells takes 80 ms, and three times that backward.
  pretended.msOf = (label, groups) => groups * (msPerGroup[label.replace('rollout: ', '')] ?? 0);
  const { device } = pretended;
  const gpu = new Gpu({ device, name: 'Pretended', now: () => pretended.now(), submissionMs: WATCHED_MS });
  const grid = { height: 512, width: 512 };
  const buffer = device.createBuffer({ size: 4, usage: 0 });
  const [x0, w0, b0, w1] = [buffer, buffer, buffer, buffer];
  const draw = { seed: 1, firstStep: 0, firstSample: 0 };
  const task: RolloutTask = {
    ...{ automaton, grid, batch: 1, steps: 3, draw, ruleCount: 1, x0, w0, b0, w1 },
    ...{ mix: null, hold: null },
  };
  const given = { kind: 'given', dy: buffer } as const;
  const goal = { from: given, dx0: buffer, perSample: true, dw0: buffer, db0: buffer, dw1: buffer };
  const run = async (): Promise<number[]> => {
    const from = pretended.submissions.length;
    runRollout(gpu, task, buffer, goal);
    await pretended.idle();
    return pretended.submissions.slice(from);
  };
  const first = await run();
  for (let i = 0; i < 12; i++) await run();
  const taken = await run();
  const total = (ms: readonly number[]): number => ms.reduce((sum, one) => sum + one, 0);
  near(total(taken), total(first));
  assert.ok(total(taken) > 10 * WATCHED_MS, String(total(taken)));
  assert.ok(Math.max(...taken) <= WATCHED_MS * 1.001, taken.join());
  // And not cut to crumbs.
  assert.ok(taken.length <= (2.5 * total(taken)) / WATCHED_MS, `${taken.length} for ${total(taken)} ms`);
});

const msPerGroup: Record<string, number> = {
  update: 80 / 2048,
  live: 6 / 4096,
  'gradient of rows': 240 / 512,
  'gradient of cells': 30 / 16_384,
};

test('a weight is updated in parts: all of it, once, none too long or more than a kernel can see', () => {
  for (const [size, units, most] of [
    [1000, 1, 2 ** 27],
    [100e6, 4e7, 2 ** 27],
    [100e6, 1e12, 2 ** 27],
    [2 ** 20 + 1, 7 * 2 ** 18, 2 ** 30],
  ] as const) {
    const parts = partsOf(size, units, most);
    let next = 0;
    for (const [first, count] of parts) {
      assert.equal(first, next);
      assert.ok(4 * count <= most && (count <= units / 7 || count <= 2 ** 16));
      assert.equal((4 * first) % 256, 0);
      next += count;
    }
    assert.equal(next, size);
  }
});
