/** Growths on plain loops, for the tests of what plays them; and what a growth must be, by growing it straight. */
import type { GrowthEvent } from '#contract/shapes/growth.ts';
import type { RuleValues } from '#domain/automaton.ts';
import { blendRules } from '#domain/mix-blend.ts';
import { evenTurns } from '#domain/mix.ts';
import { createRandom } from '#domain/random.ts';
import { seedCell } from '#domain/seed-state.ts';
import { registerReferenceKernels } from '#engine/kernels/reference/register.ts';
import { rulesOfValues } from '#engine/network/inference.ts';
import { rulePartShape, type RulePart } from '#engine/network/weights.ts';
import { openGrowth, type Growth } from '#engine/rollout/growth.ts';
import type { DecodeLatent } from '#engine/rollout/mix-rules.ts';
import { tf } from '#engine/tf.ts';
import type { GraphicsPlan } from '#hosts/engine/graphics/remote-growth.ts';
import { tinySpec } from '#test/engine/network/tiny-spec.ts';

/** 7 rows, 9 columns. */
export const stageSpec = { ...tinySpec, network: null, grid: { height: 7, width: 9 } };

export async function setStage(): Promise<void> {
  registerReferenceKernels();
  await tf.setBackend('cpu');
}

export function openOnStage(): Growth {
  return openGrowth({ spec: stageSpec, rules: [stageRule(1)], seed: 7 });
}

/** Three rules, and as the rule of latents their weighted mean. */
export function openMixOnStage(): Growth {
  const rules = stageRules();
  const decode: DecodeLatent = (weights) => rulesOfValues(stageSpec, blendRules(rules, weights));
  return openGrowth({ spec: stageSpec, rules, decode, seed: 7 });
}

/** The same, for a page. */
export function mixOnStage(): GraphicsPlan {
  const rules = stageRules();
  const decode: GraphicsPlan['decode'] = (weights) => Promise.resolve(blendRules(rules, weights));
  return { spec: stageSpec, rules, decode, seed: 7, mix: evenTurns(rules.length) };
}

function stageRules(): RuleValues[] {
  return [stageRule(1), stageRule(4), stageRule(7)];
}

function stageRule(seed: number): RuleValues {
  const part = (name: RulePart, seed: number): Float32Array => {
    const random = createRandom(seed);
    const size = rulePartShape(stageSpec, name).reduce((product, length) => product * length, 1);
    return Float32Array.from({ length: size }, () => random.next() - 0.45);
  };
  return { count: 1, w0: part('w0', seed), b0: part('b0', seed + 1), w1: part('w1', seed + 2) };
}

/** The state at a step by every step before it, with the events of up to that step. */
export async function grownStraight(
  events: readonly GrowthEvent[],
  step: number,
  open: () => Growth = openOnStage,
): Promise<Float32Array> {
  const growth = open();
  for (;;) {
    for (const event of events.filter((one) => one.step === growth.step)) {
      if (event.kind === 'mix') {
        growth.remix(event.mix);
        continue;
      }
      const state = await growth.state();
      change(state, event);
      growth.replace(state);
    }
    if (growth.step === step) break;
    growth.advance(1);
  }
  const state = await growth.state();
  growth.dispose();
  return state;
}

function change(state: Float32Array, event: Exclude<GrowthEvent, { readonly kind: 'mix' }>): void {
  const { height, width } = stageSpec.grid;
  const C = stageSpec.automaton.channels;
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      const cell = (row * width + column) * C;
      if (event.kind === 'seed') {
        if (event.x === column && event.y === row) state.set(seedCell(stageSpec), cell);
      } else if (Math.hypot(column + 0.5 - event.x, row + 0.5 - event.y) <= event.radius) {
        state.fill(0, cell, cell + C);
      }
    }
  }
}
