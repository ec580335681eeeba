/**
 * What the benchmarks run: a preset's model and pictures. `digits` is the bundled model on real digits, about a fifth
 * of whose cells live; a preset without a bundled model starts from fresh weights, and then every cell is kept alive,
 * for an untrained automaton that fills little of its grid would flatter us. `dense` keeps every cell alive anyway.
 */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { featureCount } from '#domain/automaton.ts';
import { presets, type PresetName } from '#domain/model-presets.ts';
import { createRandom } from '#domain/random.ts';
import type { ModelSpec } from '#domain/model-spec.ts';
import {
  createWeights,
  networkOf,
  rulePartShape,
  variableOf,
  weightShapes,
  type TrainableWeights,
} from '#engine/network/weights.ts';
import { inferRules } from '#engine/network/inference.ts';
import type { RuleTensors } from '#engine/rollout/rollout.ts';
import { sharedRule } from '#engine/training/single.ts';
import { loadDataset } from '#media/dataset.ts';
import { openModel } from '#hosts/engine/model-files.ts';

export interface Workload {
  readonly spec: ModelSpec;
  readonly weights: TrainableWeights;
  /** Every cell is alive. */
  readonly dense: boolean;
  /** [batch, H, W, 4] */
  readonly rgba: Float32Array;
  readonly batch: number;
}

const root = new URL('../../../../', import.meta.url);

export async function openWorkload(preset: PresetName, batch: number, dense: boolean): Promise<Workload> {
  if (presets[preset].network === null) return openSingle(presets[preset], batch);
  const file = fileURLToPath(new URL(`models/${preset}.safetensors`, root));
  const bundled = existsSync(file);
  const allAlive = dense || !bundled;
  const model = bundled ? await openModel(file) : null;
  const trained = model?.spec ?? presets[preset];
  const automaton = allAlive ? { ...trained.automaton, aliveThreshold: -1e30 } : trained.automaton;
  const spec = { ...trained, automaton };
  const weights = model
    ? new Map(
        [...model.weights].map(([name, tensor]) => [
          name,
          variableOf(tensor.dataSync<'float32'>(), tensor.shape),
        ]),
      )
    : new Map(createWeights(spec, 1));
  model?.dispose();
  if (allAlive) calm(weights, spec);
  return { spec, weights, dense: allAlive, rgba: await pictures(spec, batch), batch };
}

/** Of one image, whose rule all samples share: nothing is encoded. Small random weights, every cell alive. */
async function openSingle(preset: ModelSpec, batch: number): Promise<Workload> {
  const spec = { ...preset, automaton: { ...preset.automaton, aliveThreshold: -1e30 } };
  const random = createRandom(1);
  const weights = new Map(
    (['w0', 'b0', 'w1'] as const).map((part) => {
      const shape = rulePartShape(spec, part);
      const size = shape.reduce((product, length) => product * length, 1);
      const values = Float32Array.from({ length: size }, () => 0.01 * random.normal());
      return [part, variableOf(values, shape)];
    }),
  );
  return { spec, weights, dense: true, rgba: await pictures(spec, batch), batch };
}

/** The rules of pictures [n, H, W, 4]: decoded, or the one that there is. Inside tf.tidy. */
export function workloadRules(
  { spec, weights }: Pick<Workload, 'spec' | 'weights'>,
  rgba: Float32Array,
): RuleTensors {
  return spec.network === null ? sharedRule(weights) : inferRules(weights, spec, rgba);
}

/** Rules that were never trained with every cell alive may grow without bound; a small w1 does the same work and stays finite. */
function calm(weights: TrainableWeights, spec: ModelSpec): void {
  const last = networkOf(spec).decoder.length;
  for (const part of ['kernel', 'bias']) {
    const variable = weights.get(`decoder.w1.${last}.${part}`)!;
    const values = variable.dataSync<'float32'>().map((value) => value * 0.01);
    const old = weights as Map<string, typeof variable>;
    old.set(`decoder.w1.${last}.${part}`, variableOf(values, variable.shape));
    variable.dispose();
  }
}

async function pictures(spec: ModelSpec, batch: number): Promise<Float32Array> {
  const samples = spec.image === 'grey-alpha' ? 'digits' : 'emoji';
  const source = fileURLToPath(new URL(`assets/samples/${samples}`, root));
  const data = await loadDataset(source, { image: spec.image, grid: spec.grid });
  return data.batch(Array.from({ length: batch }, (_, i) => i % data.count));
}

/** Multiply-adds ·2 of the network's matrix products for one picture: forward, and for an iteration of training. */
export function networkFlops(spec: ModelSpec): { forward: number; training: number } {
  if (spec.network === null) return { forward: 0, training: 0 };
  const { height, width } = spec.grid;
  let h = height;
  let w = width;
  let forward = 0;
  let firstLayer = 0;
  const shapes = new Map(weightShapes(spec).map(({ name, shape }) => [name, shape]));
  let index = 0;
  for (const layer of networkOf(spec).encoder) {
    if (layer.kind === 'pool') {
      h = Math.floor(h / 2);
      w = Math.floor(w / 2);
      continue;
    }
    const shrink = layer.padding === 'valid' ? layer.size - 1 : 0;
    h = Math.ceil((h - shrink) / layer.stride);
    w = Math.ceil((w - shrink) / layer.stride);
    const kernel = shapes.get(`encoder.${index}.kernel`)!;
    const flops = 2 * h * w * kernel.reduce((a, b) => a * b, 1);
    if (index === 0) firstLayer = flops;
    forward += flops;
    index++;
  }
  for (const [name, shape] of shapes) {
    if (!name.startsWith('encoder.') && name.endsWith('.kernel')) forward += 2 * shape[0] * shape[1];
  }
  // Backward is two products for each, but for the first layer, whose input wants no gradient.
  return { forward, training: 3 * forward - firstLayer };
}

/** Multiply-adds ·2 of the rule's two layers for one computed cell. */
export function cellFlops({ automaton }: ModelSpec): number {
  const { hidden: d, channels: C } = automaton;
  return 2 * (featureCount(automaton) * d + d * C);
}
