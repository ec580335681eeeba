/**
 * A rule for one photo, learned from its intact cells alone: from what is known, with circles of it smoothed away besides
 * the hole, it grows back what was there, while all other cells are held at every step. The circles alone are in the loss,
 * never the hole; what heals them then heals it. A fresh rule changes nothing, so that it begins with the smooth way in and can only learn to do better.
 */
import type { RuleValues } from '#domain/automaton.ts';
import type { ModelSpec } from '#domain/model-spec.ts';
import { createRandom } from '#domain/random.ts';
import type { RolloutImplementation } from '#engine/rollout/rollout.ts';
import { cutCircles } from '#engine/training/damage.ts';
import { derivedSeed } from '#engine/training/data-order.ts';
import type { RunSnapshot } from '#engine/training/run-tensors.ts';
import { singleOptions } from '#engine/training/single-options.ts';
import { createSingleTrainer, readRule, type HeldStarts } from '#engine/training/single.ts';
import { heldStart } from './held-growth.ts';
import { smoothlyFilled } from './surroundings.ts';

export interface Lesson {
  /** Its network is null. */
  readonly spec: ModelSpec;
  /** Premultiplied RGBA, [H, W, 4]; what is in the hole is not looked at. */
  readonly known: Float32Array;
  /** [H, W], 1 inside. */
  readonly hole: Uint8Array;
  /** To start from. */
  readonly rule: RuleValues | null;
  readonly iterations: number;
  readonly seed: number;
  readonly implementation: RolloutImplementation;
  /** Of the same lesson, begun before. */
  readonly from: LessonState | null;
  /** Whether to stop after the iteration at hand. */
  isStopped(): boolean;
  /** After every iteration, which are some tenths of a second apart; throw to break off. */
  onStep(step: LessonStep): Promise<void>;
}

export interface LessonStep {
  readonly iteration: number;
  readonly loss: number;
  /** To go on from later. */
  readonly state: () => Promise<LessonState>;
}

export interface LessonState {
  readonly snapshot: RunSnapshot;
  readonly losses: readonly number[];
}

export interface Learned {
  readonly rule: RuleValues;
  readonly iterations: number;
  readonly reason: 'finished' | 'good' | 'stopped';
  readonly state: LessonState;
}

const BATCH = 4;
/** Cut out of each; smaller than the hole, as from small ones more is learned in the same time. */
const CIRCLES = 3;
/** The mean loss of so many iterations is compared with that of as many before. */
const WINDOW = 100;
/** Better by less than this part, it is good enough. */
const LEAST_GAIN = 0.01;
const LEAST_ITERATIONS = 3 * WINDOW;

/** @throws AppError not-finite */
export async function learnRule(lesson: Lesson): Promise<Learned> {
  const { spec, known, hole, iterations, seed, implementation } = lesson;
  const { height: H, width: W } = spec.grid;
  const C = spec.automaton.channels;
  const radius = Math.max(1.5, Math.sqrt(hole.reduce((sum, inside) => sum + inside, 0) / Math.PI));
  const largest = Math.min(radius, Math.min(H, W) / 4);
  const starts = (iteration: number): HeldStarts => {
    const random = createRandom(derivedSeed(seed, 'damage', iteration));
    const states = new Float32Array(BATCH * H * W * C);
    const mask = new Float32Array(BATCH * H * W);
    const weight = new Float32Array(BATCH * H * W);
    for (let b = 0; b < BATCH; b++) {
      const intact = Float32Array.from(hole, (inside) => 1 - inside);
      const circles = Array.from({ length: CIRCLES }, () => ({
        ...{ x: random.next() * W, y: random.next() * H },
        radius: largest * (0.2 + 0.4 * random.next()),
      }));
      cutCircles(intact, spec.grid, 1, 0, circles);
      const damaged = Uint8Array.from(intact, (value) => 1 - value);
      mask.set(intact, b * H * W);
      const cut = damaged.map((gone, cell) => gone - hole[cell]);
      const cells = Math.max(
        1,
        cut.reduce((sum, gone) => sum + gone, 0),
      );
      weight.set(
        Float32Array.from(cut, (gone) => (gone * H * W) / cells),
        b * H * W,
      );
      states.set(heldStart(smoothlyFilled(known, damaged, W), C), b * H * W * C);
    }
    return { states, mask, weight };
  };
  const trainer = createSingleTrainer({
    ...{ spec, target: known, mode: 'grow', seed, implementation, starts },
    options: {
      ...singleOptions,
      batchSize: BATCH,
      steps: { min: Math.ceil(spec.steps * 0.75), max: spec.steps },
    },
    ...(lesson.rule && { rule: lesson.rule }),
  });
  try {
    const losses: number[] = [...(lesson.from?.losses ?? [])];
    if (lesson.from !== null) trainer.restore(lesson.from.snapshot);
    const state = async (): Promise<LessonState> => ({
      snapshot: await trainer.snapshot(),
      losses: [...losses],
    });
    let reason: Learned['reason'] = 'finished';
    while (trainer.iteration < iterations) {
      if (lesson.isStopped()) {
        reason = 'stopped';
        break;
      }
      const { iteration, loss } = await trainer.step();
      losses.push(loss);
      await lesson.onStep({ iteration, loss, state });
      if (isGoodEnough(losses)) {
        reason = 'good';
        break;
      }
    }
    const rule = await readRule(trainer.bestWeights);
    return { rule, iterations: trainer.iteration, reason, state: await state() };
  } finally {
    trainer.dispose();
  }
}

function isGoodEnough(losses: readonly number[]): boolean {
  if (losses.length < LEAST_ITERATIONS) return false;
  const mean = (from: number): number =>
    losses.slice(from, from + WINDOW).reduce((sum, loss) => sum + loss, 0) / WINDOW;
  const [before, now] = [mean(losses.length - 2 * WINDOW), mean(losses.length - WINDOW)];
  return now > before * (1 - LEAST_GAIN);
}
