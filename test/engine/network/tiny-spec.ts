/** A model small enough for plain loops: 8×8 cells, 8 channels, 16 hidden values, 6 steps. */
import type { ModelSpec } from '#domain/model-spec.ts';

export const tinySpec: ModelSpec = {
  version: 1,
  preset: 'tiny',
  image: 'grey-alpha',
  grid: { height: 8, width: 8 },
  automaton: {
    channels: 8,
    hidden: 16,
    sobelSizes: [3],
    aliveChannel: 3,
    aliveThreshold: 0.1,
    fireRate: 0.5,
    gain: 1,
  },
  window: 3,
  steps: 8,
  seed: 'rgba',
  network: {
    planes: 1,
    encoder: [
      { kind: 'conv', size: 3, channels: 4, stride: 1, padding: 'same' },
      { kind: 'pool' },
      { kind: 'conv', size: 3, channels: 8, stride: 2, padding: 'same' },
    ],
    latent: 6,
    latentKind: 'gaussian',
    decoder: [16],
  },
  loss: 'mse',
  klWeight: 1e-5,
  damage: null,
};
