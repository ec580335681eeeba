/** What a rollout on the graphics processor is asked: over which buffers, and what of it is wanted. */
import type { Automaton, Draw, Grid } from '#domain/automaton.ts';
import type { LossKind } from '#domain/model-spec.ts';
import type { HoldShape } from './code/live-code.ts';
import type { Variant } from './code/variant.ts';
import type { MatrixKernel } from './variant-choices.ts';

export interface RolloutTask {
  readonly automaton: Automaton;
  readonly grid: Grid;
  readonly batch: number;
  readonly steps: number;
  readonly draw: Draw;
  /** R, or M·R where there is a mix. */
  readonly ruleCount: number;
  readonly x0: GPUBuffer;
  readonly w0: GPUBuffer;
  readonly b0: GPUBuffer;
  readonly w1: GPUBuffer;
  readonly mix: {
    /** M */
    readonly rules: number;
    readonly pattern: readonly number[];
    readonly limits: GPUBuffer | null;
  } | null;
  readonly hold: (HoldShape & { readonly mask: GPUBuffer; readonly values: GPUBuffer }) | null;
  /** Of the matrix kernels; as the device's choices are, if left out. */
  readonly variants?: Partial<Readonly<Record<MatrixKernel, Variant>>>;
}

/** Where the backward pass begins, and where it leaves what it finds. */
export interface RolloutGoal {
  readonly from:
    | { readonly kind: 'given'; readonly dy: GPUBuffer }
    | {
        readonly kind: 'loss';
        readonly loss: LossKind;
        readonly target: GPUBuffer;
        readonly pixelWeight: GPUBuffer | null;
        /** [B] */
        readonly losses: GPUBuffer;
      };
  readonly dx0: GPUBuffer | null;
  /** Of each sample, [B, …]; or, of a shared rule, of all together. */
  readonly perSample: boolean;
  readonly dw0: GPUBuffer;
  readonly db0: GPUBuffer;
  readonly dw1: GPUBuffer;
}
