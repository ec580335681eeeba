/** Which variants of the matrix kernels a device can run, and which one does. */
import type { StepShape } from './code/automaton-code.ts';
import { fitsRows } from './code/gradient-rows-code.ts';
import { fitsUpdate } from './code/update-code.ts';
import { plainVariant, type Variant } from './code/variant.ts';
import type { Gpu } from './gpu.ts';
import type { MatrixKernel } from './variant-choices.ts';

/** Whether the device can run a variant. */
export function fitsDevice(gpu: Gpu, kernel: MatrixKernel, shape: StepShape, variant: Variant): boolean {
  const { workgroupBytes, threads, subgroups } = gpu.variantLimits;
  const fits = kernel === 'update' ? fitsUpdate : fitsRows;
  return (
    variant.threads <= threads && (subgroups || !variant.subgroups) && fits(shape, workgroupBytes, variant)
  );
}

/** The variant of a matrix kernel that nothing was chosen for; null where none fits the device. */
export function plainVariantOn(gpu: Gpu, kernel: MatrixKernel, shape: StepShape): Variant | null {
  return plainVariant(shape, (variant) => fitsDevice(gpu, kernel, shape, variant));
}

/** The variant that runs. */
export function chosenVariantOn(
  gpu: Gpu,
  kernel: MatrixKernel,
  shape: StepShape,
  batch: number,
): Variant | null {
  const chosen = gpu.choices.of(kernel, shape, batch);
  // What was kept may have been chosen with other limits.
  return chosen !== null && fitsDevice(gpu, kernel, shape, chosen)
    ? chosen
    : plainVariantOn(gpu, kernel, shape);
}
