/**
 * Specs to start from. `digits`, `small-images` and `faces` are those of Chen & Wang, "Image Generation With Neural
 * Cellular Automatas" (MNIST, CIFAR, CelebA repair), with the encoders and decoders of the authors' code. `sketch`
 * is sized for a folder of pictures on a CPU; `single` grows one image, as in Distill 2020, without an encoder.
 */
import type { Automaton } from './automaton.ts';
import type { EncoderLayer, ModelSpec } from './model-spec.ts';

export type PresetName = 'digits' | 'small-images' | 'faces' | 'sketch' | 'single';

export const presetNames: readonly PresetName[] = ['digits', 'small-images', 'faces', 'sketch', 'single'];

const pool: EncoderLayer = { kind: 'pool' };

export const presets: Readonly<Record<PresetName, ModelSpec>> = {
  digits: {
    version: 1,
    preset: 'digits',
    image: 'grey-alpha',
    grid: { height: 28, width: 28 },
    automaton: automaton(8, 64, [3, 7]),
    window: 3,
    steps: 64,
    seed: 'rgba',
    network: {
      planes: 1,
      encoder: [
        ...convs(3, 8, 2),
        pool,
        ...convs(3, 16, 2),
        pool,
        ...convs(3, 32, 1),
        conv(5, 64, 2),
        conv(4, 64, 1, 'valid'),
      ],
      latent: 32,
      latentKind: 'gaussian',
      decoder: [512, 512],
    },
    loss: 'mse',
    klWeight: 1e-6,
    damage: null,
  },
  'small-images': {
    version: 1,
    preset: 'small-images',
    image: 'rgb',
    grid: { height: 32, width: 32 },
    automaton: automaton(16, 160, [3, 5]),
    window: 3,
    steps: 128,
    seed: 'rgba',
    network: {
      planes: 3,
      encoder: [
        conv(5, 64),
        ...convs(3, 64, 2),
        pool,
        ...convs(3, 128, 3),
        pool,
        ...convs(3, 256, 2),
        conv(5, 512, 2),
        conv(4, 1024, 1, 'valid'),
      ],
      latent: 1024,
      latentKind: 'gaussian',
      decoder: [2048, 2048, 2048, 2048],
    },
    loss: 'mse',
    klWeight: 1e-6,
    damage: null,
  },
  faces: {
    version: 1,
    preset: 'faces',
    image: 'rgb',
    grid: { height: 40, width: 40 },
    automaton: automaton(24, 256, [3, 5, 9]),
    window: 3,
    steps: 160,
    seed: 'rgba',
    network: {
      planes: 3,
      encoder: [
        conv(7, 64),
        pool,
        ...convs(3, 64, 3),
        pool,
        ...convs(3, 128, 3),
        pool,
        ...convs(3, 256, 2),
        conv(5, 512, 2),
        conv(3, 1024, 1, 'valid'),
      ],
      latent: 1024,
      latentKind: 'gaussian',
      decoder: [2048, 2048, 2048, 2048],
    },
    loss: 'mse',
    klWeight: 1e-6,
    damage: { circles: 8, minRadius: 0.02, maxRadius: 0.05 },
  },
  sketch: {
    version: 1,
    preset: 'sketch',
    image: 'rgba',
    grid: { height: 40, width: 40 },
    automaton: automaton(16, 96, [3, 7]),
    window: 3,
    steps: 72,
    seed: 'rgba',
    network: {
      planes: 4,
      encoder: [
        conv(3, 16),
        pool,
        ...convs(3, 32, 2),
        pool,
        ...convs(3, 64, 1),
        conv(5, 64, 2),
        conv(5, 128, 1, 'valid'),
      ],
      latent: 64,
      latentKind: 'gaussian',
      decoder: [256, 256],
    },
    loss: 'mse',
    klWeight: 1e-6,
    damage: null,
  },
  single: {
    version: 1,
    preset: 'single',
    image: 'rgba',
    grid: { height: 40, width: 40 },
    automaton: automaton(16, 128, [3]),
    window: 3,
    steps: 64,
    seed: 'hidden',
    network: null,
    loss: 'mse',
    klWeight: 0,
    damage: null,
  },
};

function automaton(channels: number, hidden: number, sobelSizes: readonly number[]): Automaton {
  return { channels, hidden, sobelSizes, aliveChannel: 3, aliveThreshold: 0.1, fireRate: 0.5, gain: 1 };
}

function conv(
  size: number,
  channels: number,
  stride: 1 | 2 = 1,
  padding: 'same' | 'valid' = 'same',
): EncoderLayer {
  return { kind: 'conv', size, channels, stride, padding };
}

function convs(size: number, channels: number, count: number): EncoderLayer[] {
  return Array.from({ length: count }, () => conv(size, channels));
}
