/** `figures`: the pictures of the papers that this program follows, made anew with the bundled models. */
import { existsSync } from 'node:fs';
import type { FigureContext } from '../figures/figure.ts';
import { figure1, figure2, figure3, figure4a, type DigitFigureContext } from '../figures/digit-figures.ts';
import { regeneration, regenerationModel } from '../figures/regeneration.ts';
import { figure4b, repairModelName } from '../figures/repair-figure.ts';
import { bundledModel } from '../bundled.ts';
import { defineCommand } from '../command.ts';
import { openEncoderModel } from '#hosts/engine/model-files.ts';
import { engineOptions, withEngine } from '../open-engine.ts';
import { growthOn, openStyleOf } from '../open-growable.ts';
import { UsageError } from '../usage-error.ts';

const digitFigures: Readonly<Record<string, (context: DigitFigureContext) => Promise<void>>> = {
  '1': figure1,
  '2': figure2,
  '3': figure3,
  '4a': figure4a,
};
const names = [...Object.keys(digitFigures), '4b', 'regeneration'];

export const command = defineCommand({
  name: 'figures',
  summary: "Draw the papers' figures with the bundled models",
  description:
    '1: a digit growing. 2: ten digits at named steps. 3: digits beside what grew. 4a: two digits, their rules taking ' +
    'turns. 4b: damaged pictures repaired, with scores (Chen & Wang). regeneration: a picture that loses a half and heals (Mordvintsev et al. 2020), with its scores.',
  positionals: [{ name: 'FIGURE', help: `${names.join(', ')}; all if left out`, count: 'any' }],
  options: {
    out: { type: 'string', short: 'o', placeholder: 'FOLDER', default: 'out', help: 'where to write' },
    ...engineOptions,
  },
  examples: [
    { line: 'figures --out figures', does: 'all of them' },
    { line: 'figures regeneration --out out', does: 'heal.gif, heal.png, and how well it heals' },
  ],
  async run({ options, positionals, path, out, err, signal }) {
    const wanted = positionals.length === 0 ? names : positionals;
    const stranger = wanted.find((name) => !names.includes(name));
    if (stranger !== undefined) {
      throw new UsageError(`There is no figure ${stranger}: name ${names.join(', ')}`);
    }
    await withEngine(options, err, async (engine) => {
      const context: FigureContext = {
        folder: path(options.out),
        open: growthOn(engine),
        signal,
        tell: (file, words) => out.line(`${file.padEnd(14)}${words}`),
      };
      const digits = wanted.flatMap((name) => digitFigures[name] ?? []);
      if (digits.length > 0) {
        const model = await openEncoderModel(bundledModel('digits'));
        try {
          for (const draw of digits) await draw({ ...context, model });
        } finally {
          model.dispose();
        }
      }
      if (wanted.includes('4b')) {
        const path = bundledModel(repairModelName);
        // Not every copy of the program has it.
        if (positionals.length === 0 && !existsSync(path))
          err.line('Figure 4b is left out: its model is not here.');
        else {
          const model = await openEncoderModel(path);
          const { implementation } = engine;
          try {
            await figure4b({ ...context, model, implementation, signal });
          } finally {
            model.dispose();
          }
        }
      }
      if (wanted.includes('regeneration')) {
        await regeneration(context, await openStyleOf(bundledModel(regenerationModel)));
      }
    });
  },
});
