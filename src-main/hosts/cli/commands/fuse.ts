/** `fuse`: several rules on one state, one a step, in turns: the paper's figure 4a. */
import { fuseStyles, type Style } from '#app/growing.ts';
import { defineCommand } from '../command.ts';
import { growthOptions } from '../growth-options.ts';
import { openEncoderModel } from '#hosts/engine/model-files.ts';
import { engineOptions, withEngine } from '../open-engine.ts';
import { encodePicture, growthOn, isSafetensors, openStyleOf } from '../open-growable.ts';
import { UsageError } from '../usage-error.ts';
import { checkGrowthOptions, writeGrowth } from '../write-growth.ts';

export const command = defineCommand({
  name: 'fuse',
  summary: 'Grow several pictures as one: their rules take turns, one a step',
  description:
    'A, B and more are styles (files of `encode` and `refine`), models of one image, or pictures, which --model encodes. ' +
    'They must come from models of one kind: the same channels, hidden values and filters.',
  positionals: [
    { name: 'A', help: 'a style or, with --model, a picture' },
    { name: 'B', help: 'another one' },
    { name: 'MORE', help: 'a third and a fourth', count: 'any' },
  ],
  options: {
    model: { type: 'string', short: 'm', placeholder: 'FILE', help: 'the model that encodes pictures' },
    gain: { type: 'number', min: 0, max: 10, help: 'factor on every update, e.g. 0.99; 1 if left out' },
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
  ],
  async run(context) {
    const { options, positionals, err } = context;
    checkGrowthOptions(options);
    const { model } = options;
    const picture = positionals.find((name) => !isSafetensors(name));
    if (picture !== undefined && model === undefined) {
      throw new UsageError(`fuse needs --model FILE to encode the picture ${picture}`);
    }
    await withEngine(options, err, async (engine) => {
      const styles = await openStyles(positionals.map(context.path), model && context.path(model));
      const plan = fuseStyles(styles, options.seed);
      const automaton = { ...plan.spec.automaton, gain: options.gain ?? plan.spec.automaton.gain };
      const fused = { ...plan, spec: { ...plan.spec, automaton } };
      await writeGrowth(context, growthOn(engine), fused, options);
    });
  },
});

async function openStyles(paths: readonly string[], model: string | undefined): Promise<Style[]> {
  const open = model === undefined ? null : await openEncoderModel(model);
  try {
    const styles: Style[] = [];
    for (const path of paths) {
      styles.push(
        open === null || isSafetensors(path) ? await openStyleOf(path) : await encodePicture(open, path),
      );
    }
    return styles;
  } finally {
    open?.dispose();
  }
}
