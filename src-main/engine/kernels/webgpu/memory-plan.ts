/**
 * How a rollout uses scratch memory. The backward pass needs the state before every step: all of them where they fit, else
 * states of some steps, from which the others are computed once more, a segment at a time. Where not even that fits, the
 * batch is done in several parts; samples do not see each other, so the result is the same to the last bit.
 */
import { blocksOf, ruleFloats, type Sizes } from './code/automaton-code.ts';

export interface MemoryLimits {
  /** All scratch buffers together. */
  readonly total: number;
  /** One buffer, and what of it a kernel sees. */
  readonly buffer: number;
  readonly alignment: number;
}

export interface MemoryPlan {
  /** Samples at a time. */
  readonly samples: number;
  /** Steps of a segment: T where everything fits. */
  readonly segment: number;
  readonly segments: number;
  /** Workgroups of a sample in the backward pass. */
  readonly parts: number;
  /** Bytes of every scratch buffer by its name; one that is not needed is not there. */
  readonly buffers: Readonly<Record<string, number>>;
  readonly totalBytes: number;
  /** Bytes of a state in float32, and from one state as it is kept, or one step's marks, to the next in a buffer of several. */
  readonly plainStride: number;
  readonly stateStride: number;
  readonly markStride: number;
}

/** Enough workgroups to fill any graphics processor. */
const WANTED_WORKGROUPS = 512;

/**
 * @param samples in the batch
 * @param steps T
 * @param half whether states are kept as float16
 * @returns null where not even one sample fits
 */
export function planMemory(
  sizes: Sizes,
  samples: number,
  steps: number,
  backward: boolean,
  limits: MemoryLimits,
  half = false,
): MemoryPlan | null {
  // Of the whole batch: sums are added up in the same order however many samples are done at a time.
  const parts = Math.min(blocksOf(sizes), Math.max(1, Math.ceil(WANTED_WORKGROUPS / samples)));
  for (let some = samples; ; some = Math.ceil(some / 2)) {
    const fewest = backward ? Math.ceil(Math.sqrt(steps)) : 1;
    for (let segments = 1; segments <= fewest; segments++) {
      const segment = backward ? Math.ceil(steps / segments) : steps;
      const kept = { segment, segments: Math.ceil(steps / segment), parts, backward, half };
      const plan = planOf(sizes, some, kept, limits.alignment);
      const isWithin = Object.values(plan.buffers).every((bytes) => bytes <= limits.buffer);
      if (isWithin && plan.totalBytes <= limits.total) return plan;
    }
    if (some === 1) return null;
  }
}

interface Kept extends Pick<MemoryPlan, 'segment' | 'segments' | 'parts'> {
  readonly backward: boolean;
  readonly half: boolean;
}

function planOf(
  sizes: Sizes,
  samples: number,
  { segment, segments, parts, backward, half }: Kept,
  alignment: number,
): MemoryPlan {
  const { cells, C, wide, rowGroups } = sizes;
  const aligned = (bytes: number): number => Math.ceil(bytes / alignment) * alignment;
  const plainStride = aligned(samples * cells * C * 4);
  const stateStride = half ? aligned(samples * cells * C * 2) : plainStride;
  const markStride = aligned(samples * cells * 4);
  // States 0, 2, … of a segment lie in `even`, 1, 3, … in `odd`: no kernel reads and writes the same buffer.
  const kept = backward ? segment + 1 : 2;
  const buffers: Record<string, number> = {
    even: Math.ceil(kept / 2) * stateStride,
    odd: Math.floor(kept / 2) * stateStride,
    updated: plainStride,
    marks: (backward ? segment : 1) * markStride,
  };
  if (backward) {
    if (segments > 1) buffers['checkpoints'] = segments * stateStride;
    buffers['gradientEven'] = plainStride;
    buffers['gradientOdd'] = plainStride;
    buffers['featureGradient'] = samples * cells * rowGroups * wide * 4;
    buffers['sums'] = samples * parts * ruleFloats(sizes) * 4;
  }
  const totalBytes = Object.values(buffers).reduce((sum, bytes) => sum + bytes, 0);
  return { samples, segment, segments, parts, buffers, totalBytes, plainStride, stateStride, markStride };
}
