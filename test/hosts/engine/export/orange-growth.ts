/** A growth of a few cells and steps, for exports. */
import { plainMix } from '#contract/shapes/mix.ts';
import type { ExportedGrowth } from '#hosts/engine/export/grown-frames.ts';
import { ruleHash } from '#storage/library/rules.ts';
import { blob, blobSpec, orange } from '#test/hosts/cli/commands/growable-files.ts';

export function orangeGrowth(): ExportedGrowth {
  const { w0, b0, w1 } = blob(orange);
  const rule = {
    spec: blobSpec,
    w0: Float32Array.from(w0),
    b0: Float32Array.from(b0),
    w1: Float32Array.from(w1),
  };
  return {
    ...{ name: 'Orange', digest: null, styles: [{ name: 'orange', ...rule }] },
    recipe: {
      version: 1,
      styles: [{ styleId: 'a', name: 'orange', ruleHash: ruleHash(rule) }],
      ...{ mix: plainMix, seed: 3, grid: blobSpec.grid, steps: 20, events: [], backend: 'secret machine' },
    },
  };
}
