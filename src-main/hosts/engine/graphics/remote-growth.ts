/** A growth on a page's graphics processor: numbers there and back, in the order in which they were asked for. */
import { randomUUID } from 'node:crypto';
import type { GrowthPicture } from '#app/growing.ts';
import { MOST_STATE_BYTES } from '#contract/graphics-contract.ts';
import type { RuleValues } from '#domain/automaton.ts';
import { AppError } from '#domain/errors.ts';
import type { GrowthMark } from '#domain/growth-marks.ts';
import type { LatentPath, Mix } from '#domain/mix.ts';
import type { ModelSpec } from '#domain/model-spec.ts';
import type { Graphics } from './graphics.ts';

/** The rule that a mix by latent is. */
export type DecodeValues = (weights: readonly number[], path: LatentPath) => Promise<RuleValues>;

export interface GraphicsPlan {
  readonly spec: ModelSpec;
  /** 1 to 4, each one rule for the whole grid. */
  readonly rules: readonly RuleValues[];
  readonly mix: Mix;
  /** Of the masks, uint32. */
  readonly seed: number;
  /** null where it cannot be mixed by latent. */
  readonly decode: DecodeValues | null;
}

/** Everything fails with `disconnected` once the processor is lost; with other codes where the page cannot do it. */
export interface RemoteGrowth {
  /** Fulfilled when they are made. */
  advance(steps: number): Promise<void>;
  /** [H, W, C] */
  state(): Promise<Float32Array<ArrayBuffer>>;
  replace(state: Float32Array, step: number): Promise<void>;
  mark(marks: readonly GrowthMark[]): Promise<void>;
  /** Whoever asks for more before this is fulfilled may be answered by the mix before. */
  remix(mix: Mix): Promise<void>;
  /** On the canvas of that name where the page has it, else as pixels. */
  picture(canvas: string | null): Promise<GrowthPicture>;
  close(): void;
}

/** Looks for a canvas that the page does not have; it may just be on its way. */
const MOST_MISSES = 10;

/** Whether its state is small enough to be sent in one piece. */
export function fitsGraphics({ grid, automaton }: Pick<ModelSpec, 'grid' | 'automaton'>): boolean {
  return grid.height * grid.width * automaton.channels * 4 <= MOST_STATE_BYTES;
}

export function openRemoteGrowth({ call }: Pick<Graphics, 'call'>, plan: GraphicsPlan): RemoteGrowth {
  const growthId = randomUUID();
  const { spec, seed } = plan;
  const cells = spec.grid.height * spec.grid.width;
  const misses = new Map<string, number>();
  const rules = plan.rules.map(valuesOf);
  const opening = decodedOf(plan.mix).then((decoded) =>
    call('growth.open', { growthId, spec, rules, mix: plan.mix, decoded, seed }),
  );
  // Whoever asks it anything is told.
  opening.catch(() => undefined);

  async function decodedOf(mix: Mix): Promise<ReturnType<typeof valuesOf> | null> {
    if (mix.kind !== 'latent') return null;
    if (plan.decode === null) throw new AppError('unsupported', 'These styles cannot be mixed by latent.');
    return valuesOf(await plan.decode(mix.weights, mix.path));
  }

  async function drawn(canvas: string): Promise<GrowthPicture | null> {
    const missed = misses.get(canvas) ?? 0;
    if (missed >= MOST_MISSES) return null;
    try {
      const { alive } = await call('growth.show', { growthId, canvas });
      misses.delete(canvas);
      return { rgba: null, alive };
    } catch (failure) {
      // Such as one that the page does not have, or cannot draw on.
      if (!(failure instanceof AppError) || failure.code === 'disconnected') throw failure;
      misses.set(canvas, missed + 1);
      return null;
    }
  }

  return {
    async advance(steps) {
      await opening;
      await call('growth.advance', { growthId, steps });
    },
    async state() {
      await opening;
      const { state } = await call('growth.state', { growthId });
      return sized(state, cells * spec.automaton.channels);
    },
    async replace(state, step) {
      await opening;
      await call('growth.replace', { growthId, state, step });
    },
    async mark(marks) {
      await opening;
      await call('growth.mark', { growthId, marks: [...marks] });
    },
    async remix(mix) {
      await opening;
      const decoded = await decodedOf(mix);
      await call('growth.remix', { growthId, mix, decoded });
    },
    async picture(canvas) {
      await opening;
      const shown = canvas === null ? null : await drawn(canvas);
      if (shown !== null) return shown;
      const { rgba, alive } = await call('growth.frame', { growthId });
      return { rgba: sized(rgba, cells * 4), alive };
    },
    close() {
      // It may never have come to be, or be gone.
      const done = opening.then(() => call('growth.close', { growthId }));
      done.catch(() => undefined);
    },
  };
}

function valuesOf({ w0, b0, w1 }: RuleValues) {
  return { w0: own(w0), b0: own(b0), w1: own(w1) };
}

/** Whatever a page answers, it is of this growth's size. */
function sized<T extends { readonly length: number }>(values: T, length: number): T {
  if (values.length === length) return values;
  throw new AppError(
    'internal',
    `The window answered with ${values.length} values of a growth that has ${length}.`,
  );
}

/** Not in memory that kernels' threads share, which no channel takes. */
function own(values: Float32Array): Float32Array<ArrayBuffer> {
  return values.buffer instanceof ArrayBuffer
    ? (values as Float32Array<ArrayBuffer>)
    : new Float32Array(values);
}
