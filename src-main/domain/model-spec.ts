/**
 * Everything that says what a model is, apart from its weights. Stored as JSON inside every model file and checked
 * there; see model-presets.ts for the paper's three and ours.
 */
import type { Automaton, Grid } from './automaton.ts';

/** How pictures become RGBA: `digits` sets R = G = B = alpha = value; `rgba` premultiplies; opaque RGB has alpha 1. */
export type ImageKind = 'grey-alpha' | 'rgb' | 'rgba';

/** One layer of the encoder; ReLU follows every convolution. `pool` is a 2×2 maximum with stride 2. */
export type EncoderLayer =
  | {
      readonly kind: 'conv';
      readonly size: number;
      readonly channels: number;
      readonly stride: 1 | 2;
      readonly padding: 'same' | 'valid';
    }
  | { readonly kind: 'pool' };

export interface NetworkSpec {
  /** Input planes of the encoder: 1 (grey-alpha), 3 (rgb) or 4 (rgba). */
  readonly planes: 1 | 3 | 4;
  readonly encoder: readonly EncoderLayer[];
  /** E. */
  readonly latent: number;
  /** `gaussian`: mean and log-variance, z sampled while training, the mean at inference. `deterministic`: z, with L2. */
  readonly latentKind: 'gaussian' | 'deterministic';
  /** Hidden widths of each of the three decoders (w0, b0, w1), e.g. [512, 512]. */
  readonly decoder: readonly number[];
  /**
   * The same of three more decoders: of the rule by which pictures grow whose known cells are held (damage.held). Without,
   * that is the rule by which all grow.
   */
  readonly heldDecoder?: readonly number[];
}

export type LossKind = 'mse' | 'bce';

/** Damage to the encoder's input while training; the target stays whole. */
export interface DamageSpec {
  /** The paper's: so many circles; radii are fractions of the image's width. */
  readonly circles: number;
  readonly minRadius: number;
  readonly maxRadius: number;
  /** Probability that a picture loses one large part instead: a stroke, a box or a half. 0 if left out. */
  readonly large?: number;
  /** Probability that a picture stays whole. 0 if left out. */
  readonly whole?: number;
  /**
   * Of the damaged pictures, the share that is grown as repair grows them: from what is known, which is held at every one
   * of `steps` steps. Without, the model is not trained for that.
   */
  readonly held?: { readonly share: number; readonly steps: number };
}

export interface ModelSpec {
  readonly version: 1;
  /** Preset that the spec came from, for people. */
  readonly preset: string;
  readonly image: ImageKind;
  readonly grid: Grid;
  readonly automaton: Automaton;
  /** Side of the neighbourhood of the maximum and of the living test; 3 is the only one that the kernels know. */
  readonly window: 3;
  /** T. */
  readonly steps: number;
  /** `rgba`: the first four values of the centre cell are 1. `hidden`: channels 3…C−1 are 1 (the authors' colour code). */
  readonly seed: 'rgba' | 'hidden';
  /** Cells from the centre to where the seed lies, right and down; at the centre if left out. */
  readonly seedOffset?: { readonly x: number; readonly y: number };
  /** null: one image, no encoder (`single`). */
  readonly network: NetworkSpec | null;
  readonly loss: LossKind;
  /** Factor of the KL divergence (gaussian) or of Σz² (deterministic). */
  readonly klWeight: number;
  readonly damage: DamageSpec | null;
}
