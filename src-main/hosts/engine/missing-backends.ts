/** Backends that could be had, but are not there; without loading any, for the application asks. */
import type { MissingBackend } from '#contract/shapes/engine-state.ts';
import { readSetUp } from './tensorflow/place.ts';

export function missingBackends(): MissingBackend[] {
  if (readSetUp() !== null) return [];
  const reason = 'TensorFlow is not set up on this machine.';
  return [{ backend: 'tensorflow', reason, command: 'npm run setup:tensorflow' }];
}
