/** Growing live, saving what grew with the recipe that grows it again, and growing it again to prove it. */
import type { AppContract } from '#contract/app-contract.ts';
import type { EngineContract } from '#contract/engine-contract.ts';
import type { ParamsIn } from '#contract/contract.ts';
import type { StoredRule } from '#contract/library-store.ts';
import type { Handler } from '#contract/rpc.ts';
import type { Recipe } from '#contract/shapes/growth.ts';
import { AppError } from '#domain/errors.ts';
import type { AppPorts } from '../ports.ts';
import type { GrowthSessions } from './growth-sessions.ts';

type GrowthMethod = `growth.${'open' | 'watch' | 'control' | 'paint' | 'save' | 'close'}` | 'artworks.replay';

type GrownStyle = StoredRule & { readonly id: string; readonly name: string; readonly hash: string };

export function growthHandlers(
  ports: AppPorts,
  sessions: GrowthSessions,
): { readonly [M in GrowthMethod]: Handler<AppContract, M> } {
  const { live } = ports.engines;

  async function open(
    styles: readonly GrownStyle[],
    how: Omit<ParamsIn<EngineContract, 'growth.open'>, 'styles'>,
    parents: { readonly kind: 'artwork'; readonly id: string }[],
  ) {
    const opened = await live.call('growth.open', {
      styles: styles.map(({ name, spec, w0, b0, w1 }) => ({ name, spec, w0, b0, w1 })),
      ...how,
    });
    const session = sessions.add({
      engineId: opened.growthId,
      styles: styles.map(({ id, name, hash }) => ({ styleId: id, name, ruleHash: hash })),
      ...{ seed: how.seed, parents },
    });
    return {
      ...opened,
      ...{ growthId: session.id, seed: how.seed, styles: styles.map(({ id, name }) => ({ id, name })) },
    };
  }

  return {
    'growth.open': (params) => {
      if ('artworkId' in params) {
        const { recipe } = artworkOf(params.artworkId);
        return open(stylesOf(recipe), howOf(recipe), [{ kind: 'artwork', id: params.artworkId }]);
      }
      const { styleIds, ...how } = params;
      const styles = styleIds.map((id) => ({ id, ...ports.store.rule(id) }));
      return open(styles, { ...how, events: [], step: 0 }, []);
    },

    async 'growth.watch'({ growthId }, { signal, progress }) {
      await sessions.watch(growthId, async ({ engineId }) => {
        await live.call('growth.watch', { growthId: engineId }, { signal, onProgress: progress });
      });
      return {};
    },

    'growth.control': ({ growthId, control }) =>
      live.call('growth.control', { growthId: sessions.get(growthId).engineId, control }),

    'growth.paint': ({ growthId, stroke }) =>
      live.call('growth.paint', { growthId: sessions.get(growthId).engineId, stroke }),

    async 'growth.save'({ growthId, name }) {
      const { engineId, styles, seed, parents } = sessions.get(growthId);
      const { picture, digest, step, grid, events } = await live.call('growth.take', { growthId: engineId });
      const backend = ports.engines.state().info?.description ?? '';
      const recipe: Recipe = { version: 1, styles, seed, grid, steps: step, events, backend };
      const artworkId = ports.store.addArtwork({ name, recipe, digest, picture, parents });
      ports.emit('library.changed', ports.store.summary());
      return { artworkId, digest };
    },

    async 'growth.close'({ growthId }) {
      await sessions.close(growthId);
      return {};
    },

    async 'artworks.replay'({ artworkId }) {
      const { recipe, digest: saved } = artworkOf(artworkId);
      const styles = stylesOf(recipe).map(({ name, spec, w0, b0, w1 }) => ({ name, spec, w0, b0, w1 }));
      const { growthId } = await live.call('growth.open', { styles, ...howOf(recipe) });
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
  function howOf({ seed, grid, events, steps }: Recipe) {
    const { stepsPerSecond } = ports.store.settings();
    return { seed, grid, events, step: steps, isPlaying: false, stepsPerSecond, loopAt: null };
  }
}
