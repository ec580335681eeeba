/** A session's trainer and judge where there is one picture, and a rule that grows it. */
import type { RuleValues } from '#domain/automaton.ts';
import type { RulePart, Weights } from '#engine/network/weights.ts';
import type { SingleRun } from '#engine/training/checkpoint.ts';
import { scorePictures } from '#engine/training/evaluate.ts';
import { growPictures } from '#engine/training/grow-pictures.ts';
import { createSingleTrainer, sharedRule } from '#engine/training/single.ts';
import type { ValuesByName } from '#engine/training/tensor-values.ts';
import { sessionTrainer } from '#engine/training/session-trainer.ts';
import type { Judge, SessionTrainer, TrainingSetup } from '#engine/training/training-session.ts';

export function singleTrainer(setup: TrainingSetup, run: SingleRun): SessionTrainer {
  const { spec, seed, pictures, training, implementation, checkpoint } = setup;
  const trainer = createSingleTrainer({
    spec,
    target: pictures.batch(training.slice(0, 1)),
    mode: run.mode,
    options: run.options,
    seed,
    implementation,
    ...(setup.weights && { rule: ruleOf(setup.weights) }),
  });
  const from = checkpoint?.snapshot ?? null;
  return sessionTrainer(trainer, from, (snapshot, progress) => ({ spec, run, progress, snapshot }));
}

/** Grown from the seed; where it shall persist, also for long after. */
export function singleJudge(setup: TrainingSetup, run: SingleRun): Judge {
  const { spec, pictures, training, implementation } = setup;
  const target = pictures.batch(training.slice(0, 1));
  const grow = (weights: Weights, steps: number): Promise<Float32Array> =>
    growPictures(spec, () => sharedRule(weights), { steps, count: 1, implementation });
  const { min, max } = run.options.steps ?? { min: spec.steps, max: spec.steps };
  const usual = Math.round((min + max) / 2);
  return {
    async validate(weights) {
      const [{ mse, psnr, ssim }] = scorePictures(spec, await grow(weights, usual), target);
      return { mse, psnr, ssim };
    },
    async draw(weights) {
      const steps = [
        usual >> 2,
        usual >> 1,
        usual,
        ...(run.mode === 'grow' ? [] : [2 * usual, 4 * usual, 8 * usual]),
      ];
      const row = new Float32Array((steps.length + 1) * target.length);
      row.set(target);
      for (const [i, count] of steps.entries()) row.set(await grow(weights, count), (i + 1) * target.length);
      return { rows: [row], rowLabels: [], columnLabels: ['target', ...steps.map(String)] };
    },
  };
}

function ruleOf(values: ValuesByName): RuleValues {
  const part = (name: RulePart): Float32Array => values.get(name)?.data ?? new Float32Array(0);
  return { count: 1, w0: part('w0'), b0: part('b0'), w1: part('w1') };
}
