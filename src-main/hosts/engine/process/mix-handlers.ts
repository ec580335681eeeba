/** A mix made one rule, with what it grows; and what grows on the way from style to style. */
import { fuseStyles } from '#app/growing.ts';
import type { Params } from '#contract/contract.ts';
import type { EngineContract } from '#contract/engine-contract.ts';
import { AppError } from '#domain/errors.ts';
import { blendLatents, blendRules } from '#domain/mix-blend.ts';
import { stateToImage } from '#media/pixels.ts';
import { latentsOf, withoutLatents } from '../latents.ts';
import { morphFrames } from '../morph-frames.ts';
import { growState, statePng } from './grown-picture.ts';
import { styleOf } from './growth-handlers.ts';
import type { HandlersOf, Session } from './session.ts';

export function mixHandlers(session: Session): HandlersOf<'mix.rule' | 'mix.morph'> {
  return {
    async 'mix.rule'(asked, { signal }) {
      const { implementation } = session.engine();
      const { style, latent } = await oneRule(asked);
      const { spec, w0, b0, w1 } = style;
      const state = await growState(spec, { count: 1, w0, b0, w1 }, { implementation, signal });
      return { style, latent, picture: await statePng(state, spec) };
    },

    async 'mix.morph'({ spec: trained, latents, morph, seed, grid, steps }, { signal, progress }) {
      const { implementation } = session.engine();
      const spec = { ...trained, grid: grid ?? trained.grid, steps: steps ?? trained.steps };
      const layout = { ...spec.grid, channels: spec.automaton.channels };
      const frames = morphFrames({ spec, latents, morph, seed }, { implementation, signal });
      for await (const { frame, state } of frames) {
        const rgba = new Uint8Array(stateToImage(state, layout).pixels);
        await progress({ frame, frames: morph.frames, ...spec.grid, rgba });
      }
      return { frames: morph.frames };
    },
  };
}

async function oneRule({ name, styles, mix, latents }: Params<EngineContract, 'mix.rule'>) {
  const { spec: fused, rules } = fuseStyles(styles.map(styleOf), 0, mix);
  const { gain = fused.automaton.gain } = mix;
  const spec = { ...fused, automaton: { ...fused.automaton, gain } };
  if (mix.kind === 'weights') {
    const { w0, b0, w1 } = blendRules(rules, mix.weights);
    return { style: { name, spec, w0, b0, w1 }, latent: null };
  }
  if (mix.kind !== 'latent') {
    throw new AppError(
      'unsupported',
      'Only a mix by weights or by latent is one rule, and can be a style: save this one as an artwork, or choose one of those.',
    );
  }
  if (latents === null) throw withoutLatents();
  const open = latentsOf(latents);
  try {
    await open.open();
    const latent = blendLatents(latents.values, mix.weights, mix.path);
    const { w0, b0, w1 } = await open.ruleOf(latent);
    return { style: { name, spec, w0, b0, w1 }, latent };
  } finally {
    open.dispose();
  }
}
