/**
 * The rollouts that the parity suite holds against the reference: a tfjs backend, and how it runs. Those that this
 * machine lacks say why, and the suite prints it.
 */
import { tf } from '#engine/tf.ts';
import { registerReferenceKernels } from '#engine/kernels/reference/register.ts';
import type { RolloutImplementation } from '#engine/rollout/rollout.ts';
import type { ComposedMemory } from '#engine/rollout/composed.ts';

export interface Implementation {
  readonly name: string;
  readonly implementation: RolloutImplementation;
  readonly memory?: ComposedMemory;
  /**
   * How much of the suite runs, for a slow implementation would take minutes: `all`; `part`: the first sample of all
   * but the largest fixtures, and fewer random cases; `least`: of the smallest fixtures only.
   */
  readonly extent: 'all' | 'part' | 'least';
  /** null, or why it cannot run here. */
  available(): Promise<string | null>;
  /** Makes its tfjs backend the active one. */
  setUp(): Promise<void>;
  tearDown(): Promise<void>;
}

export const implementations: readonly Implementation[] = [
  onCpu('reference', { implementation: 'auto', extent: 'all' }),
  onCpu('composed, √T states', { implementation: 'composed', memory: 'sqrt', extent: 'part' }),
  onCpu('composed, every state', { implementation: 'composed', memory: 'every', extent: 'least' }),
];

function onCpu(
  name: string,
  how: Pick<Implementation, 'implementation' | 'memory' | 'extent'>,
): Implementation {
  return {
    name,
    ...how,
    available: async () => null,
    async setUp() {
      registerReferenceKernels();
      await tf.setBackend('cpu');
    },
    async tearDown() {},
  };
}
