/** `rollout`: runs the automaton on a file of the fixtures' format (see engine/files/rollout-file.ts). */
import { basename } from 'node:path';
import {
  readRolloutTask,
  rolloutResultChunks,
  runRolloutTask,
  type RolloutRun,
} from '#engine/files/rollout-file.ts';
import { readFileBytes, writeFileAtomic } from '#storage/atomic-file.ts';
import { defineCommand } from '../command.ts';
import { engineOptions, withEngine } from '../open-engine.ts';

export const command = defineCommand({
  name: 'rollout',
  summary: 'Run the automaton on the tensors of a file, to compare implementations',
  description:
    'FILE has the tensors x0 [B, H, W, C], w0 [B, K, d], b0 [B, d], w1 [B, d, C] (or one rule for the batch: [1, …]) and ' +
    'perhaps target [B, H, W, 4], and under “morphogen” in its metadata channels, hidden, sobelSizes, height, width, ' +
    'aliveChannel, aliveThreshold, fireRate, steps and seed. The result has state_N and, with --gradients, grad_w0, ' +
    'grad_b0 and grad_w1 of loss = mean((state[…, :4] − target)²) over the whole batch; the loss is in its metadata.',
  positionals: [{ name: 'FILE', help: 'a safetensors file' }],
  options: {
    steps: {
      type: 'integer',
      placeholder: 'N',
      min: 0,
      max: 1_000_000,
      help: 'steps, instead of those that the file names',
    },
    ...engineOptions,
    gradients: { type: 'boolean', help: "write the rule's gradients too" },
    out: { type: 'string', placeholder: 'FILE', required: true, help: 'the safetensors file to write' },
  },
  examples: [
    {
      line: 'rollout test/fixtures/rollout/digits.safetensors --gradients --out result.safetensors',
      does: 'the state after the 16 steps that the file names, and the gradients of the loss',
    },
    {
      line: 'rollout task.safetensors --steps 100 --backend reference --out oracle.safetensors',
      does: 'the same automaton in plain loops',
    },
  ],
  async run(context) {
    const { options } = context;
    const file = context.path(context.positionals[0]);
    const task = readRolloutTask(await readFileBytes(file), basename(file));
    await withEngine(options, context.err, async ({ backend, implementation }) => {
      const run: RolloutRun = {
        steps: options.steps ?? task.steps,
        gradients: options.gradients,
        implementation,
      };
      const result = await runRolloutTask(task, run);
      await writeFileAtomic(context.path(options.out), rolloutResultChunks(task, run, result, { backend }));
      const loss = result.loss === null ? '' : `, loss ${result.loss.toPrecision(6)}`;
      context.err.line(
        `${run.steps} steps of ${task.x0.shape[0]} samples on ${backend}${loss}: ${options.out}`,
      );
    });
  },
});
