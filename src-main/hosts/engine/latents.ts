/** Latents of one model, and the model that decodes what is made of them; it is opened when it is first wanted. */
import type { RuleValues } from '#domain/automaton.ts';
import { AppError } from '#domain/errors.ts';
import { blendLatents } from '#domain/mix-blend.ts';
import { readRules, rulesOfLatents } from '#engine/network/inference.ts';
import { networkOf } from '#engine/network/weights.ts';
import type { DecodeLatent } from '#engine/rollout/mix-rules.ts';
import type { RuleTensors } from '#engine/rollout/rollout.ts';
import { tf } from '#engine/tf.ts';
import { openEncoderModel, type OpenModel } from './model-files.ts';

export interface LatentSource {
  readonly modelPath: string;
  /** One a style, [E]. */
  readonly values: readonly Float32Array[];
}

export interface OpenLatents {
  readonly values: readonly Float32Array[];
  /** Reads the model's file, once. @throws AppError not-found, bad-file, mismatch where latents are not this model's */
  open(): Promise<void>;
  /** The rule of the blended latents. Only once it is open. */
  readonly decode: DecodeLatent;
  /** The rule of one latent [E]. Only once it is open. */
  ruleOf(latent: Float32Array): Promise<RuleValues>;
  dispose(): void;
}

export function latentsOf({ modelPath, values }: LatentSource): OpenLatents {
  let opening: Promise<void> | null = null;
  let model: OpenModel | null = null;
  let isDisposed = false;

  async function load(): Promise<void> {
    const opened = await openEncoderModel(modelPath);
    const { latent } = networkOf(opened.spec);
    const isOther = values.some(({ length }) => length !== latent);
    if (isOther || isDisposed) {
      opened.dispose();
      if (isDisposed) return;
      throw new AppError(
        'mismatch',
        `The latents of these styles are not of ${opened.source.name}, which has ${latent} values: choose styles of one model.`,
      );
    }
    model = opened;
  }

  function decodeOne(latent: Float32Array): RuleTensors {
    if (model === null) throw new Error('the model of the latents is not open');
    const { weights, spec } = model;
    const z = tf.tensor2d(latent, [1, latent.length]);
    try {
      return rulesOfLatents(weights, spec, z);
    } finally {
      z.dispose();
    }
  }

  return {
    values,
    open() {
      opening ??= load().catch((failure: unknown) => {
        opening = null;
        throw failure;
      });
      return opening;
    },
    decode: (weights, path) => decodeOne(blendLatents(values, weights, path)),
    async ruleOf(latent) {
      const rule = decodeOne(latent);
      try {
        return await readRules(rule);
      } finally {
        disposeRule(rule);
      }
    },
    dispose() {
      isDisposed = true;
      model?.dispose();
      model = null;
    },
  };
}

function disposeRule({ w0, b0, w1 }: RuleTensors): void {
  tf.dispose([w0, b0, w1]);
}

/** For whoever needs latents where there are none. */
export function withoutLatents(): AppError {
  return new AppError(
    'unsupported',
    'These styles have no latents of one model that is there, so they cannot be mixed by latent: choose another mode.',
  );
}
