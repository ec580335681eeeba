/**
 * A page's graphics processor, seen from the engine process that it is lent to: contract/graphics-contract.ts over a port.
 * It may go away at any moment (a closed window, a driver that was reset, a worker that hangs): then every call fails
 * with `disconnected`, `lost` tells, and whoever computed on it goes on elsewhere from what it has.
 */
import type { MethodName, ParamsIn, Progress, Result } from '#contract/contract.ts';
import { graphicsContract, type GraphicsContract } from '#contract/graphics-contract.ts';
import type { Port } from '#contract/port.ts';
import { createClient, type CallOptions, type Client } from '#contract/rpc.ts';
import { AppError } from '#domain/errors.ts';
import type { KeptVariants } from '../webgpu/kept-variants.ts';
import { openRemoteGrowth, type GraphicsPlan, type RemoteGrowth } from './remote-growth.ts';

export type GraphicsInfo = Result<GraphicsContract, 'graphics.open'>;

export interface Graphics {
  readonly info: GraphicsInfo;
  /** Aborted once, when the processor or its page has gone; its reason is an AppError `disconnected`. */
  readonly lost: AbortSignal;
  /**
   * Asks the page.
   * @throws AppError disconnected once it is lost, does not answer, or computes nothing for ten minutes; else what the page
   * throws
   */
  call<M extends MethodName<GraphicsContract>>(
    method: M,
    params: ParamsIn<GraphicsContract, M>,
    options?: CallOptions<Progress<GraphicsContract, M>>,
  ): Promise<Result<GraphicsContract, M>>;
  /** At step 0. What it is asked is done in order, also where nobody waits for the answer. */
  openGrowth(plan: GraphicsPlan): RemoteGrowth;
  /** Sentences for the user. @returns what ends it */
  onNotice(listener: (sentence: string) => void): () => void;
  /** Gives it back. */
  close(): void;
}

export interface GraphicsWishes {
  readonly softwareToo: boolean;
  /** Keys of processors whose trial is remembered (webgpu/tried-processors.ts). */
  readonly known: readonly string[];
  /** What was found quickest on them, and where to keep what is found. */
  readonly variants?: KeptVariants;
}

/** A page's line, whose processor can be opened, and, when it was lost, opened again. */
export interface GraphicsLine {
  /**
   * One at a time.
   * @throws AppError unsupported where the page has no processor that will do; disconnected where it does not answer
   */
  open(wishes: GraphicsWishes): Promise<Graphics>;
  close(): void;
}

/** Without a word; then the page is asked whether it is there. */
const ANSWER_MS = 60_000;
/** To say that. */
const PING_MS = 10_000;
/** A step of a large training on a slow processor, or kernels that are compiled there for the first time, take less. */
const MOST_PINGS = 10;
/** A page remembers no more. */
const MOST_KNOWN = 100;

/** @param answerMs having asked something, and heard nothing at all for so long, it asks whether the page is there */
export function connectGraphics(port: Port, answerMs: number = ANSWER_MS): GraphicsLine {
  const client = createClient(graphicsContract, port, { peer: 'the window’s graphics processor' });
  let silence: string | null = null;
  const watched = watchAnswers(client, answerMs, (what) => {
    silence = what;
    client.close();
  });

  async function open({ softwareToo, known, variants }: GraphicsWishes): Promise<Graphics> {
    const away = new AbortController();
    const lose = (why: string): AppError => {
      if (!away.signal.aborted) {
        stopHearing();
        away.abort(new AppError('disconnected', `The window’s graphics processor went away: ${why}`));
      }
      return away.signal.reason as AppError;
    };
    const stopLost = client.on('graphics.lost', ({ message }) => lose(message));
    const stopTuned = client.on('graphics.tuned', ({ key, variants: found }) => {
      void variants?.keep(key, found);
    });
    const stopHearing = (): void => {
      stopLost();
      stopTuned();
    };
    client.onClose(() => lose(silence ?? 'its window was closed, or does not answer.'));
    const call: Graphics['call'] = async (method, params, options) => {
      if (away.signal.aborted) throw away.signal.reason;
      try {
        return await watched.call(method, params, options);
      } catch (failure) {
        if (away.signal.aborted) throw away.signal.reason;
        const isLost = failure instanceof AppError && failure.code === 'disconnected';
        throw isLost ? lose(failure.message) : failure;
      }
    };
    const info = await call('graphics.open', {
      ...{ softwareToo, known: known.slice(-MOST_KNOWN) },
      variants: { ...variants?.all() },
    });
    return {
      ...{ info, call, lost: away.signal },
      openGrowth: (plan) => openRemoteGrowth({ call }, plan),
      onNotice: (listener) => client.on('graphics.notice', ({ message }) => listener(message)),
      close: () => client.close(),
    };
  }

  return { open, close: () => client.close() };
}

/**
 * Calls as they are, and a look at the clock while one is open. A page that says nothing may be computing, and says when it
 * is asked that it is there; one that does not, or computes nothing for far too long, has come to its end.
 */
function watchAnswers(
  client: Client<GraphicsContract>,
  answerMs: number,
  onSilence: (what: string) => void,
): Pick<Graphics, 'call'> {
  let open = 0;
  let pings = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const seconds = (ms: number): number => Math.round(ms / 1000);
  const listen = (): void => {
    clearTimeout(timer);
    timer = open === 0 ? undefined : setTimeout(ask, answerMs);
  };
  const heard = (): void => {
    pings = 0;
    listen();
  };
  const ask = (): void => {
    if (pings === MOST_PINGS) {
      onSilence(`it computed nothing for ${seconds((MOST_PINGS + 1) * answerMs)} seconds.`);
      return;
    }
    pings++;
    timer = setTimeout(
      () => onSilence(`it did not answer for ${seconds(answerMs + PING_MS)} seconds.`),
      PING_MS,
    );
    // Where the line closes instead, that tells.
    client.call('graphics.ping', {}).then(listen, () => undefined);
  };
  return {
    async call(method, params, options = {}) {
      open++;
      heard();
      try {
        return await client.call(method, params, {
          ...options,
          onProgress(value) {
            heard();
            return options.onProgress?.(value);
          },
        });
      } finally {
        open--;
        heard();
      }
    },
  };
}
