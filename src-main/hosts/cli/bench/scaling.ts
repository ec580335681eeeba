/** Time and memory of a rollout with its gradient by cells, steps and batch, every cell alive, so that the work is known. */
import { featureCount } from '#domain/automaton.ts';
import { presets } from '#domain/model-presets.ts';
import { createRandom } from '#domain/random.ts';
import { wasmBackend } from '#engine/kernels/wasm/backend.ts';
import { rolloutLoss } from '#engine/rollout/rollout.ts';
import { tf } from '#engine/tf.ts';

interface Case {
  readonly side: number;
  readonly steps: number;
  readonly batch: number;
}

export interface ScalingRow {
  readonly cells: number;
  readonly steps: number;
  readonly batch: number;
  readonly seconds: number;
  readonly nanosecondsPerCellStep: number;
  /** The heap in use beyond the tensors that go in and come out. */
  readonly workingMb: number;
}

/** Around a grid of 28×28, 64 steps and a batch: a quarter and four times the cells, half and twice the steps, 4 and 16 times the batch. */
function casesFor(batch: number): readonly Case[] {
  const middle = { side: 28, steps: 64, batch };
  const sides = [14, 28, 56].map((side) => ({ ...middle, side }));
  const lengths = [32, 128].map((steps) => ({ ...middle, steps }));
  return [...sides, ...lengths, ...[4, 16].map((times) => ({ ...middle, batch: batch * times }))];
}

/** @param batch The smallest of the three that are measured. */
export function measureScaling(batch: number, repeats: number): ScalingRow[] {
  return casesFor(batch).map((one) => measureCase(one, repeats));
}

export function scalingTable(rows: readonly ScalingRow[]): string[] {
  const head = 'cells  steps  batch   seconds  ns/(cell·step)   working MB';
  const lines = rows.map((row) =>
    [
      String(row.cells).padStart(5),
      String(row.steps).padStart(6),
      String(row.batch).padStart(6),
      row.seconds.toFixed(4).padStart(9),
      row.nanosecondsPerCellStep.toFixed(0).padStart(15),
      row.workingMb.toFixed(1).padStart(12),
    ].join(' '),
  );
  return [head, ...lines];
}

function measureCase({ side, steps, batch }: Case, repeats: number): ScalingRow {
  const automaton = { ...presets.digits.automaton, aliveThreshold: -1e30 };
  const { channels: C, hidden: d } = automaton;
  const K = featureCount(automaton);
  const random = createRandom(1);
  const noise = (size: number, scale: number) =>
    Float32Array.from({ length: size }, () => (random.next() - 0.5) * scale);
  const rule = {
    w0: tf.tensor3d(noise(batch * K * d, 0.2), [batch, K, d]),
    b0: tf.tensor2d(noise(batch * d, 0.1), [batch, d]),
    w1: tf.tensor3d(noise(batch * d * C, 0.01), [batch, d, C]),
  };
  const x0 = tf.zeros<tf.Rank.R4>([batch, side, side, C]);
  const target = tf.zeros<tf.Rank.R4>([batch, side, side, 4]);
  const { runtime } = wasmBackend(tf.backend());
  // What is left of a larger case would count as this one's.
  runtime.releaseScratch();
  const inputs: tf.Tensor[] = [x0, target, rule.w0, rule.b0, rule.w1];
  const draw = { seed: 1, firstStep: 0, firstSample: 0 };
  let seconds = Infinity;
  let working = 0;
  for (let i = 0; i <= repeats; i++) {
    const start = performance.now();
    const { loss, state } = rolloutLoss(x0, rule, target, automaton, { steps, draw, loss: 'mse' });
    if (i > 0) seconds = Math.min(seconds, (performance.now() - start) / 1000);
    tf.dispose([loss, state]);
    working = runtime.heap.usedBytes - inputs.reduce((sum, { size }) => sum + size * 4, 0);
  }
  tf.dispose(inputs);
  return {
    cells: side * side,
    steps,
    batch,
    seconds,
    nanosecondsPerCellStep: (seconds * 1e9) / (side * side * steps * batch),
    workingMb: working / 2 ** 20,
  };
}
