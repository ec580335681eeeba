/** Mixes of styles from the library: which ones they allow, one of them as a style, and the way from style to style. */
import type { AppContract } from '#contract/app-contract.ts';
import type { EngineContract } from '#contract/engine-contract.ts';
import type { ParamsIn } from '#contract/contract.ts';
import type { Handler } from '#contract/rpc.ts';
import { AppError } from '#domain/errors.ts';
import { isOneRule } from '#domain/mix.ts';
import { unlikeRules, unlikeStates } from '../growing.ts';
import { modelPath } from '../library/model-choice.ts';
import type { AppPorts } from '../ports.ts';

type MixMethod = `mix.${'check' | 'saveStyle' | 'morph'}`;

type Latents = NonNullable<ParamsIn<EngineContract, 'mix.rule'>['latents']>;

export function mixHandlers(ports: AppPorts): { readonly [M in MixMethod]: Handler<AppContract, M> } {
  const { engines, emit } = ports;
  return {
    'mix.check'({ styleIds }) {
      const styles = styleIds.map((id) => ports.store.rule(id));
      const turns = unlikeStates(styles);
      return {
        turns,
        weights: turns ?? unlikeRules(styles),
        latent: turns ?? latentsOf(ports, styleIds).problem,
      };
    },

    async 'mix.saveStyle'({ styleIds, mix, name }, { signal }) {
      if (!isOneRule(mix)) {
        throw new AppError(
          'unsupported',
          'Only a mix by weights or by latent is one rule, and can be a style: save this one as an artwork, or choose one of those.',
        );
      }
      const styles = styleIds.map((id) => {
        const { name, spec, w0, b0, w1 } = ports.store.rule(id);
        return { name, spec, w0, b0, w1 };
      });
      const { latents, modelId, problem } = latentsOf(ports, styleIds);
      if (mix.kind === 'latent' && problem !== null) throw new AppError('unsupported', problem);
      const made = await engines.live.call('mix.rule', { name, styles, mix, latents }, { signal });
      const { spec, w0, b0, w1 } = made.style;
      const [styleId] = ports.store.addStyles([
        {
          ...{ name, rule: { spec, w0, b0, w1 }, latent: made.latent, picture: made.picture },
          modelId: mix.kind === 'latent' ? modelId : null,
          ...{ source: null, score: null, isRefined: false, tags: [] },
          parents: [...new Set(styleIds)].map((id) => ({ kind: 'style', id })),
        },
      ]);
      emit('library.changed', ports.store.summary());
      return { styleId };
    },

    'mix.morph'({ styleIds, ...how }, { signal, progress }) {
      const { latents, problem } = latentsOf(ports, styleIds);
      if (latents === null) throw new AppError('unsupported', problem);
      const { spec } = ports.store.rule(styleIds[0]);
      return engines.live.call('mix.morph', { spec, latents, ...how }, { signal, onProgress: progress });
    },
  };
}

type LatentsOrNot =
  | { readonly latents: Latents; readonly modelId: string; readonly problem: null }
  | { readonly latents: null; readonly modelId: null; readonly problem: string };

/** Those of the styles, and the file of the model that made them; or a sentence why there are none. */
export function latentsOf(
  ports: Pick<AppPorts, 'store' | 'content' | 'files'>,
  styleIds: readonly string[],
): LatentsOrNot {
  const none = (problem: string) => ({ latents: null, modelId: null, problem });
  const values: Float32Array[] = [];
  let modelId: string | null = null;
  for (const id of styleIds) {
    const { name } = ports.store.rule(id);
    const source = ports.store.styleSource(id);
    if (source.latent === null || source.modelId === null) {
      return none(
        `“${name}” has no latent of a model in the library: choose another style, or another mode.`,
      );
    }
    if (modelId !== null && source.modelId !== modelId) {
      return none('These styles come from different models, whose latents do not fit: choose another mode.');
    }
    modelId = source.modelId;
    values.push(source.latent);
  }
  if (modelId === null) return none('There is no style: choose one.');
  return { latents: { modelPath: modelPath(ports, modelId), values }, modelId, problem: null };
}
