/**
 * The backend webgpu in this process: the best device that computes right, and the backend over it. A small rollout must
 * come out right before anything is entrusted to a processor; what came of it is remembered (tried-processors.ts).
 */
import { AppError } from '#domain/errors.ts';
import type { GpuBackend } from '#engine/kernels/webgpu/backend.ts';
import type { GpuHost } from '#engine/kernels/webgpu/gpu.ts';
import { tf } from '#engine/tf.ts';
import { NoProcessorError, noProcessor, processors, type Processor } from './dawn.ts';
import { keptVariants } from './kept-variants.ts';
import { triedProcessors, type TriedProcessors } from './tried-processors.ts';

export interface OpenWebgpu {
  readonly backend: GpuBackend;
  readonly name: string;
  readonly isSoftware: boolean;
  /** What its trial is remembered by, and whether it was tried just now. */
  readonly key: string;
  readonly wasTried: boolean;
  /** Those that would have come first, and why they did not. */
  readonly passedOver: readonly PassedOver[];
  /** Frees every tensor, and the device. */
  close(): void;
}

export interface PassedOver {
  readonly name: string;
  readonly isSoftware: boolean;
  /** A sentence. */
  readonly why: string;
}

export interface WebgpuChoice extends Partial<GpuHost> {
  /**
   * Asked for by name: software that pretends to be a graphics processor will do, though it is slower than the backend
   * wasm, and what was wrong before is tried again.
   */
  readonly softwareToo: boolean;
  /** Also what was right before is tried again. */
  readonly tryAgain?: boolean;
  /** What is known of trials; the user's cache if left out. */
  readonly tried?: TriedProcessors;
  /** The trial of the active backend; only tests have another one. Throws a WrongNumbersError. */
  readonly trial?: (name: string) => Promise<void>;
  /** Whether a real processor's kernels are tuned, and what was found is kept; if left out, they are. */
  readonly tunes?: boolean;
  /** The best first; those that Dawn has if left out. */
  readonly from?: AsyncIterable<Processor>;
}

/**
 * Makes the backend the one that tfjs uses.
 * @throws NoProcessorError where there is no graphics processor, or none that computes right
 */
export async function openWebgpu(choice: WebgpuChoice): Promise<OpenWebgpu> {
  const { softwareToo, tried = triedProcessors(), from = processors() } = choice;
  const passedOver: PassedOver[] = [];
  for await (const processor of from) {
    const { name, isSoftware } = processor;
    const verdict = tried.verdict(processor.key);
    if (isSoftware && !softwareToo) {
      passedOver.push({ name, isSoftware, why: `${name} is software, slower than the backend wasm.` });
    } else if (typeof verdict === 'string' && !softwareToo) {
      passedOver.push({ name, isSoftware, why: verdict });
    } else {
      try {
        return { ...(await openOne(processor, choice, tried)), passedOver };
      } catch (failure) {
        if (!(failure instanceof AppError && failure.code === 'unsupported')) throw failure;
        passedOver.push({ name, isSoftware, why: failure.message });
      }
    }
  }
  if (passedOver.length === 0) throw noProcessor();
  const isAllSoftware = passedOver.every(({ isSoftware }) => isSoftware);
  throw new NoProcessorError(
    passedOver.map(({ why }) => why).join(' '),
    isAllSoftware ? 'no graphics processor but software' : 'no graphics processor that computes right',
  );
}

async function openOne(
  processor: Processor,
  choice: WebgpuChoice,
  tried: TriedProcessors,
): Promise<Omit<OpenWebgpu, 'passedOver'>> {
  const { name, isSoftware, key } = processor;
  const opened = await openedOf(processor, {
    ...(choice.tunes === false ? {} : tuningOf(processor)),
    ...choice,
  });
  const close = (): void => opened.close();
  try {
    // Not before there is a device: tfjs looks for one when it is loaded.
    const { useWebgpuBackend } = await import('#engine/kernels/webgpu/register.ts');
    const backend = await useWebgpuBackend(opened.host);
    const wasTried = choice.tryAgain === true || tried.verdict(key) !== null;
    if (wasTried) await tryProcessor(processor, choice, tried);
    return { backend, name, isSoftware, key, wasTried, close: () => closeAll(close) };
  } catch (failure) {
    closeAll(close);
    throw failure;
  }
}

/** The kernels' quickest variants are found and kept; on software, one is as good as another. */
function tuningOf({ isSoftware, key }: Processor): Pick<GpuHost, 'tuning'> {
  if (isSoftware) return {};
  const kept = keptVariants();
  return { tuning: { kept: kept.of(key), keep: (choices) => void kept.keep(key, choices) } };
}

/** @throws AppError unsupported, which is remembered where it is sure to be so again */
async function tryProcessor(
  { name, key }: Processor,
  { trial }: WebgpuChoice,
  tried: TriedProcessors,
): Promise<void> {
  const { tryRollout, WrongNumbersError } = await import('#engine/kernels/webgpu/trial.ts');
  await tried.begin(key);
  try {
    await (trial ?? tryRollout)(name);
  } catch (failure) {
    if (failure instanceof WrongNumbersError) {
      await tried.remember(key, failure.message);
      throw failure;
    }
    const why = failure instanceof Error ? failure.message.split('\n')[0] : String(failure);
    throw new AppError('unsupported', `${name} did not come through a small trial (${why}).`, {
      cause: failure,
    });
  }
  await tried.remember(key, null);
}

async function openedOf(processor: Processor, settings: Partial<GpuHost>): ReturnType<Processor['open']> {
  try {
    return await processor.open(settings);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message.split('\n')[0] : String(cause);
    throw new AppError('unsupported', `${processor.name} cannot be opened (${why}).`, { cause });
  }
}

function closeAll(close: () => void): void {
  if (tf.findBackendFactory('webgpu')) tf.removeBackend('webgpu');
  close();
}
