/**
 * The rules of a growth as the rollout takes them, for one mix after another: what a slider changes dozens of times a
 * second. The rules themselves become tensors once; a mix that makes one rule of them makes that rule only.
 */
import type { RuleValues } from '#domain/automaton.ts';
import { AppError } from '#domain/errors.ts';
import { areaLimits, evenLimits, turnPattern } from '#domain/mix-choice.ts';
import { blendRules } from '#domain/mix-blend.ts';
import { completeMix, type LatentPath, type Mix } from '#domain/mix.ts';
import type { ModelSpec } from '#domain/model-spec.ts';
import { rulesOfValues } from '#engine/network/inference.ts';
import { tf } from '#engine/tf.ts';
import type { MixedRules } from './mixed.ts';
import type { RuleTensors } from './rollout.ts';

/** The rule of the latents' mean, by the model that made them; whoever asks disposes of it. */
export type DecodeLatent = (weights: readonly number[], path: LatentPath) => RuleTensors;

export interface MixRulesSetup {
  readonly spec: ModelSpec;
  readonly rules: readonly RuleValues[];
  readonly decode?: DecodeLatent | undefined;
}

export interface MixRules {
  /**
   * What it returned before is used up. The mix fits the number of rules.
   * @throws AppError mismatch where rules and automaton do not fit, unsupported where there are no latents
   */
  mix(mix: Mix): MixedRules;
  dispose(): void;
}

export function mixRules({ spec, rules, decode }: MixRulesSetup): MixRules {
  let stacked: RuleTensors | null = null;
  let current: MixedRules | null = null;

  function all(): RuleTensors {
    return (stacked ??= rulesOfValues(spec, joined(rules)));
  }

  function make(given: Mix): MixedRules {
    const mix = completeMix(given, rules.length);
    const count = rules.length;
    const draws = (values: Float32Array): MixedRules => {
      const { height, width } = spec.grid;
      const limits = count === 1 ? null : tf.tensor3d(values, [count - 1, height, width]);
      return { count, rules: all(), pattern: [0], limits };
    };
    switch (mix.kind) {
      case 'turns': {
        const pattern = turnPattern(mix.ratio);
        return { count, rules: all(), pattern, limits: null };
      }
      case 'random':
        return draws(evenLimits(mix.weights, spec.grid));
      case 'areas':
        return draws(areaLimits(mix.map, count, spec.grid));
      case 'weights':
        return single(rulesOfValues(spec, blendRules(rules, mix.weights)));
      case 'latent':
        if (decode === undefined) {
          throw new AppError(
            'unsupported',
            'These styles have no latents of one model that is there, so they cannot be mixed by latent: choose another mode.',
          );
        }
        return single(decode(mix.weights, mix.path));
      default:
        return mix satisfies never;
    }
  }

  function release(): void {
    if (current === null) return;
    if (current.rules !== stacked) disposeRule(current.rules);
    current.limits?.dispose();
    current = null;
  }

  return {
    mix(mix) {
      const next = make(mix);
      release();
      return (current = next);
    },
    dispose() {
      release();
      if (stacked !== null) disposeRule(stacked);
    },
  };
}

function single(rules: RuleTensors): MixedRules {
  return { count: 1, rules, pattern: [0], limits: null };
}

function disposeRule({ w0, b0, w1 }: RuleTensors): void {
  tf.dispose([w0, b0, w1]);
}

/** One after another; where some have a rule a sample, the others' one is repeated. */
function joined(rules: readonly RuleValues[]): RuleValues {
  const R = Math.max(...rules.map(({ count }) => count));
  const part = (name: 'w0' | 'b0' | 'w1'): Float32Array => {
    const parts = rules.flatMap((rule) =>
      rule.count === R ? [rule[name]] : new Array<Float32Array>(R).fill(rule[name]),
    );
    const all = new Float32Array(parts.reduce((size, { length }) => size + length, 0));
    let at = 0;
    for (const values of parts) {
      all.set(values, at);
      at += values.length;
    }
    return all;
  };
  return { count: rules.length * R, w0: part('w0'), b0: part('b0'), w1: part('w1') };
}
