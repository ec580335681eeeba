/**
 * What the answer to "does this processor compute right?" is remembered by: the processor and its driver, as far as they
 * are told; what stands between them and the kernels (a browser, or Dawn); and the kernels themselves, by a hash of
 * their source, so that nobody has to think of a version. Where any of them changes, the trial is made again.
 */
import { presets } from '#domain/model-presets.ts';
import { adamCode } from './code/adam-code.ts';
import { ruleFloats, sizesOf, type StepShape } from './code/automaton-code.ts';
import { gradientCellsCode } from './code/gradient-cells-code.ts';
import { fitsRows, gradientRowsCode } from './code/gradient-rows-code.ts';
import type { KernelCode } from './code/kernel-code.ts';
import { liveCode } from './code/live-code.ts';
import { lossCode } from './code/loss-code.ts';
import { reduceCode } from './code/reduce-code.ts';
import { fitsUpdate, updateCode } from './code/update-code.ts';
import { furtherVariants, plainVariant, type Variant } from './code/variant.ts';

/** As WebGPU tells it, GPUAdapterInfo; all may be empty. Dawn puts the driver's name and version into the description. */
export interface ProcessorInfo {
  readonly vendor: string;
  readonly architecture: string;
  readonly device: string;
  readonly description: string;
}

/** The longest key that graphics-contract.ts lets pass. */
const MOST = 1000;

/**
 * @param runtime what compiles the kernels, with its version: a browser's user agent, or Dawn's
 * @param kernels the kernels' version; only tests have another one
 */
export function processorKey(
  { vendor, architecture, device, description }: ProcessorInfo,
  runtime: string,
  kernels = kernelsVersion(),
): string {
  return [kernels, vendor, architecture, device, description, runtime].join('|').slice(0, MOST);
}

let known: string | undefined;

/** Changes with the source of the kernels, as they are for the presets. */
export function kernelsVersion(): string {
  return (known ??= hashOf(
    Object.values(presets).flatMap(({ automaton, grid }) => sourcesOf({ automaton, grid })),
  ));
}

function sourcesOf(shape: StepShape): string[] {
  const sizes = sizesOf(shape);
  const gradient = { ...shape, ruleASample: true, heldChannels: 0 };
  const codes: (KernelCode | null)[] = [
    liveCode({ ...shape, hold: null }),
    lossCode({ ...shape, loss: 'mse', weighted: false }),
    gradientCellsCode(gradient),
    reduceCode({ stride: ruleFloats(sizes), offset: 0, size: sizes.d, parts: 1, overSamples: false }),
    adamCode(sizes.d, false),
    ...WORKGROUP_BYTES.flatMap((workgroupBytes) => [
      ...variants(shape, (variant) => fitsUpdate(shape, workgroupBytes, variant)).map((variant) =>
        updateCode({ ...shape, drawnRules: 1, ruleASample: true, workgroupBytes, variant }),
      ),
      ...variants(shape, (variant) => fitsRows(shape, workgroupBytes, variant)).map((variant) =>
        gradientRowsCode({ ...gradient, parts: 8, workgroupBytes, variant }),
      ),
    ]),
  ];
  return codes.map((code) => code?.source ?? '');
}

/** The plain one, and the same with each thing that can be otherwise. */
function variants(shape: StepShape, fits: (variant: Variant) => boolean): Variant[] {
  const plain = plainVariant(shape, fits);
  if (plain === null) return [];
  const changed = furtherVariants(shape, { subgroups: true }).map((change) => ({ ...plain, ...change }));
  return [plain, ...changed];
}

/** What WebGPU promises, and what most processors have. */
const WORKGROUP_BYTES = [16_384, 32_768];

/** FNV-1a over 64 bits, in hexadecimal digits. It tells versions apart, nothing more. */
function hashOf(texts: readonly string[]): string {
  let hash = 0xcbf29ce484222325n;
  for (const text of texts) {
    for (let i = 0; i < text.length; i++) {
      hash = BigInt.asUintN(64, (hash ^ BigInt(text.charCodeAt(i))) * 0x100000001b3n);
    }
  }
  return hash.toString(16).padStart(16, '0');
}
