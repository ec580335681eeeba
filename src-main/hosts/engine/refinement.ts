/**
 * A rule made better for its one picture: training goes on from the rule that a model decoded, and changes nothing
 * else. The rule that comes back is not worse than the one that went in, by the mean of several growths.
 */
import type { RuleValues } from '#domain/automaton.ts';
import { AppError } from '#domain/errors.ts';
import type { ModelSpec } from '#domain/model-spec.ts';
import { meanScore, type Score } from '#engine/metrics/score.ts';
import { ruleShapes } from '#engine/files/morphogen-metadata.ts';
import { rulesOfValues } from '#engine/network/inference.ts';
import type { RulePart } from '#engine/network/weights.ts';
import type { RolloutImplementation } from '#engine/rollout/rollout.ts';
import { scorePictures } from '#engine/training/evaluate.ts';
import { refineOptions } from '#engine/training/single-options.ts';
import type { ValuesByName } from '#engine/training/tensor-values.ts';
import { openTrainingSession } from '#engine/training/training-session.ts';
import { growPictures } from '#engine/training/grow-pictures.ts';
import type { BytePictures, TrainingPlace } from './process/training-place.ts';

export interface RefinementSetup {
  /** Its network is null. */
  readonly spec: ModelSpec;
  /** Premultiplied RGBA, [H, W, 4]. */
  readonly target: Float32Array;
  readonly rule: RuleValues;
  readonly iterations: number;
  readonly learningRate?: number | undefined;
  readonly seed: number;
  readonly implementation: RolloutImplementation;
  /** Where it is computed; by `implementation` in this process if left out. Scores always are. */
  readonly open?: TrainingPlace['open'];
  /** Whether to stop after the iteration at hand. */
  isStopped(): boolean;
  onStep(step: { readonly iteration: number; readonly loss: number }): void;
}

export interface Refinement {
  readonly rule: RuleValues;
  /** Iterations made. */
  readonly iterations: number;
  /** Means of several growths. */
  readonly before: Score;
  /** Of the rule that came out. */
  readonly after: Score;
}

/**
 * Scored on so many, for which cells fire changes a picture by several dB. With eight, as `eval` scores a folder that
 * holds the picture eight times.
 */
const GROWTHS = 8;

/** @throws AppError not-finite */
export async function refineRule(setup: RefinementSetup): Promise<Refinement> {
  const { spec, target, iterations, learningRate, seed, implementation } = setup;
  const targets = repeated(target, GROWTHS);
  const score = async (rule: RuleValues): Promise<Score> => {
    const grown = await growPictures(spec, () => rulesOfValues(spec, rule), {
      ...{ steps: spec.steps, count: GROWTHS, implementation },
    });
    return meanScore(scorePictures(spec, grown, targets));
  };
  const before = await score(setup.rule);
  const usual = refineOptions(iterations);
  const schedule = { ...usual.schedule, learningRate: learningRate ?? usual.schedule.learningRate };
  const options = { ...usual, schedule };
  const open = setup.open ?? (async (asked) => openTrainingSession({ ...asked, implementation }));
  const trainer = await open({
    ...{ spec, seed, run: { kind: 'single', mode: 'grow', options } },
    ...{ pictures: onePicture(target), training: Uint32Array.of(0), validation: Uint32Array.of(0) },
    weights: weightsOf(spec, setup.rule),
  });
  try {
    while (trainer.iteration < iterations && !setup.isStopped()) {
      setup.onStep(await trainer.step());
      // A signal arrives only between the event loop's turns.
      await new Promise<void>((resolve) => setImmediate(resolve));
    }
    const rule = ruleOf(await trainer.weights());
    const refined = await score(rule);
    const common = { iterations: trainer.iteration, before };
    return refined.mse < before.mse
      ? { ...common, rule, after: refined }
      : { ...common, rule: setup.rule, after: before };
  } catch (failure) {
    throw failure instanceof AppError && failure.code === 'not-finite'
      ? new AppError(
          'not-finite',
          `Refining stopped, for the loss was not finite in iteration ${trainer.iteration + 1}: choose a lower learning rate.`,
          { cause: failure },
        )
      : failure;
  } finally {
    trainer.dispose();
  }
}

/** Also as the bytes that it was. @param target premultiplied, 0…1 */
function onePicture(target: Float32Array): BytePictures {
  const images = Uint8Array.from(target, (value) => Math.round(value * 255));
  return { count: 1, images, batch: () => target };
}

function weightsOf({ automaton }: ModelSpec, rule: RuleValues): ValuesByName {
  return new Map(
    ruleShapes(automaton).map(({ name, shape }) => [name, { shape, data: rule[name as RulePart] }]),
  );
}

function ruleOf(values: ValuesByName): RuleValues {
  // Their own arrays change when the trainer goes.
  const part = (name: RulePart): Float32Array => values.get(name)!.data.slice();
  return { count: 1, w0: part('w0'), b0: part('b0'), w1: part('w1') };
}

function repeated(values: Float32Array, count: number): Float32Array {
  const all = new Float32Array(values.length * count);
  for (let i = 0; i < count; i++) all.set(values, i * values.length);
  return all;
}
