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

const cases: readonly Case[] = [
  { side: 14, steps: 64, batch: 16 },
  { side: 28, steps: 64, batch: 16 },
  { side: 56, steps: 64, batch: 16 },
  { side: 28, steps: 32, batch: 16 },
  { side: 28, steps: 128, batch: 16 },
  { side: 28, steps: 64, batch: 64 },
  { side: 28, steps: 64, batch: 256 },
];

/** Lines of the table: the last column is the heap beyond the tensors that go in and come out. */
export function scalingTable(repeats: number): string[] {
  const head = 'cells  steps  batch   seconds  ns/(cell·step)   working MB';
  return [head, ...cases.map((one) => line(one, repeats))];
}

function line({ side, steps, batch }: Case, repeats: number): string {
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
  const { heap } = wasmBackend(tf.backend()).runtime;
  const draw = { seed: 1, firstStep: 0, firstSample: 0 };
  let seconds = Infinity;
  let working = 0;
  for (let i = 0; i <= repeats; i++) {
    const start = performance.now();
    const { loss, state } = rolloutLoss(x0, rule, target, automaton, { steps, draw, loss: 'mse' });
    if (i > 0) seconds = Math.min(seconds, (performance.now() - start) / 1000);
    tf.dispose([loss, state]);
    working = heap.usedBytes - [x0, target, ...Object.values(rule)].reduce((sum, t) => sum + t.size * 4, 0);
  }
  tf.dispose([x0, target, ...Object.values(rule)]);
  const perCell = (seconds * 1e9) / (side * side * steps * batch);
  return [
    String(side * side).padStart(5),
    String(steps).padStart(6),
    String(batch).padStart(6),
    seconds.toFixed(4).padStart(9),
    perCell.toFixed(0).padStart(15),
    (working / 1e6).toFixed(0).padStart(12),
  ].join(' ');
}
