/**
 * How fast a run goes and when it will end, from a clock that never jumps. The speed is that of the last few dozen
 * iterations; the remaining time is guessed from all that this part of the run spent, saving and judging included.
 */

export interface TrainingStep {
  /** Iterations made, this one included. */
  readonly iteration: number;
  readonly loss: number;
  readonly learningRate: number;
}

export interface TrainingReport {
  readonly iteration: number;
  readonly iterations: number;
  /** Mean since the report before. */
  readonly loss: number;
  readonly learningRate: number;
  readonly iterationsPerSecond: number;
  /** Of training, earlier parts of the run included. */
  readonly seconds: number;
  readonly etaSeconds: number;
}

export interface PaceSetup {
  /** A clock that never jumps. */
  readonly nowMs: () => number;
  /** Of earlier parts of the run. */
  readonly elapsedMs: number;
  /** Where this part starts, and where it ends. */
  readonly iteration: number;
  readonly iterations: number;
}

export interface Pace {
  /** Of the whole run so far. */
  elapsedMs(): number;
  /** After each iteration, with how long it took. */
  add(step: TrainingStep, stepMs: number): void;
  /** Since the report before. Only after an iteration. */
  report(): TrainingReport;
}

/** Weight of the newest iteration in the mean duration, once there are more of them than its inverse. */
const NEWEST = 1 / 32;

export function createPace(setup: PaceSetup): Pace {
  const startMs = setup.nowMs();
  let last: TrainingStep = { iteration: setup.iteration, loss: 0, learningRate: 0 };
  let made = 0;
  let meanMs = 0;
  let lossSum = 0;
  let losses = 0;
  const spentMs = (): number => setup.nowMs() - startMs;

  return {
    elapsedMs: () => setup.elapsedMs + spentMs(),
    add(step, stepMs) {
      made++;
      meanMs += (stepMs - meanMs) * Math.max(NEWEST, 1 / made);
      last = step;
      lossSum += step.loss;
      losses++;
    },
    report() {
      const report: TrainingReport = {
        iteration: last.iteration,
        iterations: setup.iterations,
        loss: lossSum / Math.max(1, losses),
        learningRate: last.learningRate,
        iterationsPerSecond: meanMs > 0 ? 1000 / meanMs : 0,
        seconds: (setup.elapsedMs + spentMs()) / 1000,
        etaSeconds: ((setup.iterations - last.iteration) * spentMs()) / Math.max(1, made) / 1000,
      };
      lossSum = 0;
      losses = 0;
      return report;
    },
  };
}
