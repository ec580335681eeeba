/** `fuse`: several rules on one state, one a step in turns (the paper's figure 4a), or mixed in another way. */
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fuseStyles, type GrowthPlan } from '#app/growing.ts';
import { blendLatents, blendRules } from '#domain/mix-blend.ts';
import type { Mix } from '#domain/mix.ts';
import { styleFileChunks, type Source } from '#engine/files/style-file.ts';
import { latentsOf } from '#hosts/engine/latents.ts';
import { writeFileAtomic } from '#storage/atomic-file.ts';
import { defineCommand } from '../command.ts';
import { growthOptions } from '../growth-options.ts';
import { readModel } from '#hosts/engine/model-files.ts';
import { checkMixOptions, mixOptions, readMix } from '../mix-options.ts';
import { engineOptions, withEngine } from '../open-engine.ts';
import { growthOn, isSafetensors, type GrowableStyle } from '../open-growable.ts';
import { latentsOfModel, openStyles } from '../open-mixed.ts';
import { UsageError } from '../usage-error.ts';
import { checkGrowthOptions, writeGrowth } from '../write-growth.ts';

export const command = defineCommand({
  name: 'fuse',
  summary: 'Grow several pictures as one: their rules in turns, drawn, averaged or by painted areas',
  description:
    'A, B and more are styles (files of `encode` and `refine`), models of one image, or pictures, which --model encodes. ' +
    'Their states must have the same channels; --mode weights wants rules of one shape, --mode latent styles of one --model.',
  positionals: [
    { name: 'A', help: 'a style or, with --model, a picture' },
    { name: 'B', help: 'another one' },
    { name: 'MORE', help: 'a third and a fourth', count: 'any' },
  ],
  options: {
    model: { type: 'string', short: 'm', placeholder: 'FILE', help: 'the model that encodes pictures' },
    ...mixOptions,
    gain: { type: 'number', min: 0, max: 10, help: 'factor on every update, e.g. 0.99; 1 if left out' },
    style: {
      type: 'string',
      placeholder: 'FILE',
      help: 'also write the mix as a style of its own, x.safetensors; of --mode weights and latent',
    },
    out: {
      type: 'string',
      short: 'o',
      placeholder: 'FILE',
      default: 'fusion.gif',
      help: 'x.gif, x.png (the last state) or frames/ (a folder of PNGs)',
    },
    ...growthOptions,
    ...engineOptions,
  },
  examples: [
    { line: 'fuse cat.safetensors owl.safetensors --out catowl.gif', does: 'two styles' },
    {
      line: 'fuse --model icons.safetensors cat.png owl.png fox.png --gain 0.99 --out three.gif',
      does: 'three pictures, their updates a little weaker',
    },
    {
      line: 'fuse cat.safetensors owl.safetensors --mode areas --map halves.png --softness 3 --out halves.gif',
      does: 'each where the map says, and both in between',
    },
    {
      line: 'fuse --model icons.safetensors cat.png owl.png --mode latent --weights 1,2 --out between.gif',
      does: 'a picture between the two, nearer to the second',
    },
    {
      line: 'fuse cat.safetensors owl.safetensors --mode weights --style catowl.safetensors --out catowl.png',
      does: 'the average of both as a style, to be mixed again',
    },
  ],
  async run(context) {
    const { options, positionals, err } = context;
    checkGrowthOptions(options);
    checkMixOptions(options, positionals.length);
    checkStyleOption(options);
    const { model } = options;
    if (options.mode === 'latent' && model === undefined) {
      throw new UsageError('--mode latent needs --model FILE, the model that decodes what is between');
    }
    const picture = positionals.find((name) => !isSafetensors(name));
    if (picture !== undefined && model === undefined) {
      throw new UsageError(`fuse needs --model FILE to encode the picture ${picture}`);
    }
    await withEngine(options, err, async (engine) => {
      const file = model && context.path(model);
      const mix = await readMix(options, positionals.length, context.path);
      const styles = await openStyles(positionals.map(context.path), file);
      const between =
        mix.kind === 'latent' && file !== undefined
          ? await planBetween(styles, mix, options.seed, file)
          : null;
      const plan = between?.plan ?? fuseStyles(styles, options.seed, mix);
      const automaton = { ...plan.spec.automaton, gain: options.gain ?? plan.spec.automaton.gain };
      const fused = { ...plan, spec: { ...plan.spec, automaton } };
      await writeGrowth(context, growthOn(engine), fused, options);
      if (options.style === undefined) return;
      const rule = mix.kind === 'weights' ? blendRules(fused.rules, mix.weights) : fused.rules[0];
      const style = {
        spec: { ...fused.spec, network: null },
        ...{ image: null, model: between?.model ?? null, latent: between?.latent ?? null },
        ...{ w0: rule.w0, b0: rule.b0, w1: rule.w1 },
      };
      const target = context.path(options.style);
      await mkdir(dirname(target), { recursive: true });
      await writeFileAtomic(target, styleFileChunks(style));
      err.line(`${options.style}: the mix as a style of its own`);
    });
  },
});

/** @throws UsageError */
function checkStyleOption({
  mode,
  style,
}: {
  readonly mode: string;
  readonly style?: string | undefined;
}): void {
  if (style === undefined) return;
  if (mode !== 'weights' && mode !== 'latent') {
    throw new UsageError(
      `--style is for --mode weights and latent, which make one rule; ${mode} uses several at once`,
    );
  }
  if (!isSafetensors(style)) throw new UsageError(`--style must end in .safetensors, and got "${style}"`);
}

interface Between {
  readonly plan: GrowthPlan;
  readonly latent: Float32Array;
  readonly model: Source;
}

/** The one rule of a mix of latents. @throws AppError mismatch for a style without a latent of this model */
async function planBetween(
  styles: readonly GrowableStyle[],
  mix: Mix & { readonly kind: 'latent' },
  seed: number,
  modelPath: string,
): Promise<Between> {
  const { source } = await readModel(modelPath);
  const values = latentsOfModel(styles, source);
  const { spec } = fuseStyles(styles, seed);
  const latents = latentsOf({ modelPath, values });
  try {
    await latents.open();
    const latent = blendLatents(values, mix.weights, mix.path);
    const rule = await latents.ruleOf(latent);
    return { plan: { spec, rules: [rule], seed }, latent, model: source };
  } finally {
    latents.dispose();
  }
}
