/** Growing live, saving what grew with the recipe that grows it again, and growing it again to prove it. */
import type { AppContract } from '#contract/app-contract.ts';
import type { EngineContract } from '#contract/engine-contract.ts';
import type { ParamsIn } from '#contract/contract.ts';
import type { StoredRule } from '#contract/library-store.ts';
import type { Handler } from '#contract/rpc.ts';
import type { Recipe } from '#contract/shapes/growth.ts';
import { AppError } from '#domain/errors.ts';
import { completeMix, type Mix } from '#domain/mix.ts';
import type { AppPorts } from '../ports.ts';
import type { GrowthSessions } from './growth-sessions.ts';
import { latentsOf } from './mix-handlers.ts';

type GrowthMethod = `growth.${'open' | 'watch' | 'control' | 'paint' | 'save' | 'close'}` | 'artworks.replay';

type How = Omit<ParamsIn<EngineContract, 'growth.open'>, 'styles' | 'latents' | 'mix'> & {
  readonly mix: Mix;
};

type GrownStyle = StoredRule & { readonly id: string; readonly name: string; readonly hash: string };

/** What mixes of the recipe were decoded to. @throws AppError not-found */
export function decodedOf(store: Pick<AppPorts['store'], 'ruleByHash'>, { decoded }: Recipe) {
  return (decoded?.rules ?? []).map(({ weights, path, ruleHash }) => {
    const { w0, b0, w1 } = store.ruleByHash(ruleHash);
    return { weights, path, w0, b0, w1 };
  });
}

export function growthHandlers(
  ports: AppPorts,
  sessions: GrowthSessions,
): { readonly [M in GrowthMethod]: Handler<AppContract, M> } {
  const { live } = ports.engines;

  async function open(
    styles: readonly GrownStyle[],
    how: How,
    parents: { readonly kind: 'artwork'; readonly id: string }[],
    latentModel: string | null = null,
  ) {
    const mix = completeMix(how.mix, styles.length);
    const opened = await openInEngine(styles, { ...how, mix });
    const session = sessions.add({
      engineId: opened.growthId,
      styles: styles.map(({ id, name, hash }) => ({ styleId: id, name, ruleHash: hash })),
      ...{ mix, seed: how.seed, parents, latentModel },
    });
    return {
      ...opened,
      ...{ growthId: session.id, seed: how.seed, styles: styles.map(({ id, name }) => ({ id, name })), mix },
    };
  }

  function openInEngine(styles: readonly GrownStyle[], how: How) {
    return live.call('growth.open', {
      styles: styles.map(({ name, spec, w0, b0, w1 }) => ({ name, spec, w0, b0, w1 })),
      latents: latentsOrNull(styles),
      ...how,
    });
  }

  /** An artwork's styles may be gone from the library, which keeps their rules, and not their latents. */
  function latentsOrNull(styles: readonly GrownStyle[]) {
    if (styles.length < 2) return null;
    try {
      return latentsOf(
        ports,
        styles.map(({ id }) => id),
      ).latents;
    } catch (failure) {
      if (failure instanceof AppError) return null;
      throw failure;
    }
  }

  return {
    'growth.open': (params) => {
      if ('artworkId' in params) {
        const { recipe } = artworkOf(params.artworkId);
        const parents = [{ kind: 'artwork' as const, id: params.artworkId }];
        return open(stylesOf(recipe), howOf(recipe), parents, recipe.decoded?.model);
      }
      const { styleIds, ...how } = params;
      const styles = styleIds.map((id) => ({ id, ...ports.store.rule(id) }));
      return open(styles, { ...how, events: [], step: 0 }, []);
    },

    async 'growth.watch'({ growthId, canvas }, { signal, progress, direct }) {
      await sessions.watch(growthId, async ({ engineId }) => {
        const watched = { growthId: engineId, canvas, direct };
        await live.call('growth.watch', watched, { signal, onProgress: progress });
      });
      return {};
    },

    'growth.control': ({ growthId, control }) =>
      live.call('growth.control', { growthId: sessions.get(growthId).engineId, control }),

    'growth.paint': ({ growthId, stroke }) =>
      live.call('growth.paint', { growthId: sessions.get(growthId).engineId, stroke }),

    async 'growth.save'({ growthId, name }) {
      const { engineId, styles, mix, seed, parents, latentModel } = sessions.get(growthId);
      const taken = await live.call('growth.take', { growthId: engineId });
      const { picture, digest, step, grid, events, decoded } = taken;
      const backend = ports.engines.state().info?.description ?? '';
      const recipe: Recipe = {
        ...{ version: 1, styles, mix, seed, grid, steps: step, events, backend },
        ...(decoded.length > 0 && {
          decoded: {
            model: latentModel ?? modelOf(styles),
            rules: decoded.map(({ weights, path, hash: ruleHash }) => ({ weights, path, ruleHash })),
          },
        }),
      };
      const rules = decoded.map(({ spec, w0, b0, w1 }) => ({ spec, w0, b0, w1 }));
      const artworkId = ports.store.addArtwork({ name, recipe, rules, digest, picture, parents });
      ports.emit('library.changed', ports.store.summary());
      return { artworkId, digest };
    },

    async 'growth.close'({ growthId }) {
      await sessions.close(growthId);
      return {};
    },

    async 'artworks.replay'({ artworkId }) {
      const { recipe, digest: saved } = artworkOf(artworkId);
      const { growthId } = await openInEngine(stylesOf(recipe), howOf(recipe));
      try {
        const { digest } = await live.call('growth.take', { growthId });
        return { digest, isSame: digest === saved };
      } finally {
        await live.call('growth.close', { growthId });
      }
    },
  };

  function artworkOf(id: string) {
    const detail = ports.store.detail({ kind: 'artwork', id });
    if (detail.kind === 'artwork') return detail;
    throw new AppError('not-found', 'This artwork is not in the library any more: choose another one.');
  }

  function stylesOf({ styles }: Recipe) {
    return styles.map(({ styleId, name, ruleHash }) => ({
      ...ports.store.ruleByHash(ruleHash),
      ...{ id: styleId, name, hash: ruleHash },
    }));
  }

  /** At its last step, paused. */
  function howOf(recipe: Recipe) {
    const { mix, seed, grid, events, steps } = recipe;
    const { stepsPerSecond } = ports.store.settings();
    const playing = { isPlaying: false, stepsPerSecond, loopAt: null };
    return { mix, seed, grid, events, step: steps, decoded: decodedOf(ports.store, recipe), ...playing };
  }

  /** The name of the model whose latents they have. */
  function modelOf(styles: Recipe['styles']): string {
    const [{ styleId, name }] = styles;
    try {
      return ports.store.styleSource(styleId).model?.name ?? name;
    } catch (failure) {
      if (failure instanceof AppError) return name;
      throw failure;
    }
  }
}
