/**
 * The graphics processor of this page: opened when it is first asked for, one for all that ask, and away when its driver
 * is. What computes on it does so in turns, so that memory that runs out is put down to the work that took it.
 */
import { AppError } from '#domain/errors.ts';
import type { GpuBackend } from '#engine/kernels/webgpu/backend.ts';
import { lostError, type GpuHost } from '#engine/kernels/webgpu/gpu.ts';
import type { ChosenVariants } from '#engine/kernels/webgpu/variant-choices.ts';
import { withLessMemory } from '#engine/less-memory.ts';
import { tf } from '#engine/tf.ts';
import type { GraphicsDevice, GraphicsHost } from './graphics-host.ts';

export interface OpenedProcessor {
  readonly name: string;
  readonly isSoftware: boolean;
  readonly key: string;
  readonly wasTried: boolean;
  /** How it computes wrong numbers; null where it was not tried, or computes right. */
  readonly wrong: string | null;
}

export interface ProcessorListener {
  /** A sentence for people. */
  notice(message: string): void;
  /** New variants of the kernels were found: all that are known now. */
  tuned(key: string, variants: ChosenVariants): void;
  /** At once. */
  lost(message: string): void;
  /** In a turn, before its tensors go. */
  release(): void;
}

export interface Processor {
  /**
   * @param known keys whose trial needs not be made
   * @param variants what was told to be found, by processors' keys
   * @throws AppError unsupported
   */
  open(
    softwareToo: boolean,
    known: readonly string[],
    variants?: Readonly<Record<string, unknown>>,
  ): Promise<OpenedProcessor>;
  /** What is left to do after all turns asked for before. @throws AppError disconnected where it is not open */
  inTurn<T>(work: (backend: GpuBackend) => T | Promise<T>): Promise<T>;
  /** As inTurn, also where nothing is open: to free what it held. */
  afterTurns(work: () => void): Promise<void>;
  /**
   * Somebody may compute from now on.
   * @returns what ends it: what the listener held is released in a turn, and with the last one the processor is given back
   */
  listen(listener: ProcessorListener): () => void;
}

interface Current {
  readonly device: GraphicsDevice;
  readonly backend: GpuBackend;
  wasTried: boolean;
  wrong: string | null;
}

export function createProcessor(host: GraphicsHost): Processor {
  const listeners = new Set<ProcessorListener>();
  let current: Current | null = null;
  let lostName: string | null = null;
  let lastTurn: Promise<unknown> = Promise.resolve();

  function turn<T>(work: () => T | Promise<T>): Promise<T> {
    const result = lastTurn.then(work);
    lastTurn = result.catch(() => undefined);
    return result;
  }

  function openBackend(): GpuBackend {
    if (current !== null) return current.backend;
    if (lostName !== null) throw lostError(lostName);
    throw new AppError('disconnected', 'The graphics processor is not open: open it first.');
  }

  /** On a real processor; of software, one variant is as good as another. */
  function tuningOf({ isSoftware, key }: GraphicsDevice, kept: unknown): Pick<GpuHost, 'tuning'> {
    const keep = (chosen: ChosenVariants): void => listeners.forEach((one) => one.tuned(key, chosen));
    return isSoftware ? {} : { tuning: { kept, keep } };
  }

  async function begin(softwareToo: boolean, variants: Readonly<Record<string, unknown>>): Promise<Current> {
    const device = await host.openDevice(softwareToo);
    try {
      refuseSoftware(device, softwareToo);
      // Not before there is a device: tfjs looks for one when it is loaded.
      const { useWebgpuBackend } = await import('#engine/kernels/webgpu/register.ts');
      const onNotice = (message: string): void => listeners.forEach((one) => one.notice(message));
      const backend = await useWebgpuBackend({
        ...{ ...tuningOf(device, variants[device.key]), ...device.host, onNotice },
      });
      return { device, backend, wasTried: false, wrong: null };
    } catch (failure) {
      end(device);
      throw failure;
    }
  }

  function giveBack(): void {
    if (current === null) return;
    const { device } = current;
    current = null;
    end(device);
  }

  function lose(lost: Current): void {
    if (current !== lost) return;
    current = null;
    lostName = lost.device.host.name;
    const message = `${lostName} is gone (its driver was reset, or it was unplugged).`;
    for (const one of listeners) one.lost(message);
    // What is being computed comes to its end first: nothing that it waits for is kept waiting by a lost device.
    void turn(() => {
      for (const one of listeners) one.release();
      end(lost.device);
    });
  }

  return {
    open: (softwareToo, known, variants = {}) =>
      turn(async () => {
        const open = current ?? (await begin(softwareToo, variants));
        const isNew = current !== open;
        if (isNew) {
          current = open;
          lostName = null;
          void open.device.host.device.lost.then(() => lose(open));
        }
        const { host, isSoftware, key } = open.device;
        refuseSoftware(open.device, softwareToo);
        try {
          if (!open.wasTried && !known.includes(key)) open.wrong = await whatIsWrong(host.name);
        } catch (failure) {
          if (isNew) giveBack();
          throw failure;
        }
        open.wasTried ||= !known.includes(key);
        return { name: host.name, isSoftware, key, wasTried: open.wasTried, wrong: open.wrong };
      }),
    inTurn: (work) => turn(() => work(openBackend())),
    afterTurns: (work) => turn(work),
    listen(listener) {
      listeners.add(listener);
      return () => {
        listeners.delete(listener);
        void turn(() => {
          listener.release();
          if (listeners.size === 0) giveBack();
        });
      };
    },
  };
}

function refuseSoftware({ host, isSoftware }: GraphicsDevice, softwareToo: boolean): void {
  if (!isSoftware || softwareToo) return;
  throw new AppError(
    'unsupported',
    `The window's only graphics processor is software (${host.name}), slower than the backend wasm, which computes instead.`,
  );
}

async function whatIsWrong(name: string): Promise<string | null> {
  const { tryRollout, WrongNumbersError } = await import('#engine/kernels/webgpu/trial.ts');
  try {
    await withLessMemory(() => tryRollout(name));
    return null;
  } catch (failure) {
    if (failure instanceof WrongNumbersError) return failure.message;
    if (failure instanceof AppError && failure.code === 'disconnected') throw failure;
    const why = failure instanceof Error ? failure.message.split('\n')[0] : String(failure);
    throw new AppError('unsupported', `${name} did not come through a small trial (${why}).`, {
      cause: failure,
    });
  }
}

function end(device: GraphicsDevice): void {
  if (tf.findBackendFactory('webgpu')) tf.removeBackend('webgpu');
  device.close();
}
