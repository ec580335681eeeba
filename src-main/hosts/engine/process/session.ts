/**
 * What computes in this process: the backend, opened once, which everything that is asked needs; and, where a page lends
 * one, its graphics processor, for growing and training. What that is now is told whenever it changes.
 */
import process from 'node:process';
import type { MethodName } from '#contract/contract.ts';
import type { EngineContract } from '#contract/engine-contract.ts';
import type { Port } from '#contract/port.ts';
import type { Handler } from '#contract/rpc.ts';
import type { EngineInfo } from '#contract/shapes/engine-state.ts';
import { AppError } from '#domain/errors.ts';
import type { Graphics } from '../graphics/graphics.ts';
import { createLentGraphics } from '../graphics/lent-graphics.ts';
import { pageWish, type PageChoice } from '../graphics/page-wish.ts';
import { machineName } from '../machine-name.ts';
import { openEngine, type Engine } from '../open-engine.ts';
import { keptVariants } from '../webgpu/kept-variants.ts';
import { triedProcessors } from '../webgpu/tried-processors.ts';

/** Handlers of some of the methods. */
export type HandlersOf<M extends MethodName<EngineContract>> = {
  readonly [N in M]: Handler<EngineContract, N>;
};

export interface SessionListener {
  /** Another one computes now. */
  changed(info: EngineInfo): void;
  /** A sentence for the user. */
  notice(message: string): void;
}

export interface Session {
  /** This process's own. @throws AppError busy until it is open */
  engine(): Engine;
  /** A page's graphics processor, for growing and training; null where there is none, or the own backend is to be used. */
  graphics(): Graphics | null;
  /** As `graphics`, when the pages that are there have answered: for what takes long and nobody waits for. */
  settledGraphics(): Promise<Graphics | null>;
  /** As `graphics`; where a page is about to answer, or is loaded again just now, after a moment: for what people open. */
  graphicsSoon(): Promise<Graphics | null>;
  /** A page has one to lend. Before the engine is open, too. */
  addGraphics(line: Port): void;
  /** There is no page, for this reason; null: and nobody misses one. */
  lackGraphics(why: string | null): void;
  /** What computes now. @throws AppError busy until it is open */
  info(): EngineInfo;
  /** One: the application. */
  listen(listener: SessionListener): void;
  /** Tells the user, once for each reason. */
  tell(message: string, reason: object): void;
  /** @throws AppError internal if it does not work any more */
  check(): void;
  /** @throws AppError busy if it was opened before; bad-argument or unsupported where the backend does not work */
  open(choice: PageChoice): Promise<Engine>;
}

export function createSession(): Session {
  let opening: Promise<Engine> | undefined;
  let engine: Engine | undefined;
  let listener: SessionListener | undefined;
  const told = new WeakSet();
  const lent = createLentGraphics({
    tried: triedProcessors(),
    variants: keptVariants(),
    onChange() {
      if (engine !== undefined) listener?.changed(info());
    },
    onNotice: (message) => listener?.notice(message),
  });

  function opened(): Engine {
    if (engine !== undefined) return engine;
    throw new AppError('busy', 'The engine is still starting: try again in a moment.');
  }

  function info(): EngineInfo {
    const { backend, threads, brief, description, graphics, isSoftware } = opened();
    const page = lent.current()?.info;
    const device = machineName();
    if (page !== undefined) {
      const name = page.isSoftware ? `${page.name}, software` : page.name;
      const both = `webgpu in the window: ${name}, for growing and training; ${brief}`;
      const lentOne = { name: page.name, isSoftware: page.isSoftware, rest: backend };
      return { backend: 'webgpu', threads, description: both, device, graphics: lentOne };
    }
    const refusal = lent.refusal();
    const why = refusal === null ? '' : `; ${refusal.replace(/\.$/, '')}`;
    const own = graphics === null ? {} : { graphics: { name: graphics, isSoftware, rest: null } };
    return { backend, threads, description: description + why, device, ...own };
  }

  async function open(choice: PageChoice): Promise<Engine> {
    const own = await openOwn(choice);
    const wish = pageWish(choice, own);
    if (wish !== null) lent.use(wish.softwareToo);
    return own;
  }

  return {
    engine: opened,
    graphics: () => lent.current(),
    settledGraphics: () => lent.settled(),
    graphicsSoon: () => lent.soon(),
    addGraphics: (line) => lent.add(line),
    lackGraphics: (why) => lent.lack(why),
    info,
    listen: (added) => void (listener = added),
    tell(message, reason) {
      if (told.has(reason)) return;
      told.add(reason);
      listener?.notice(message);
    },
    check() {
      if (engine?.isBroken() !== true) return;
      throw new AppError(
        'internal',
        'A thread of the engine, or its graphics processor, is lost: begin it again.',
      );
    },
    async open(choice) {
      if (opening !== undefined) {
        throw new AppError('busy', 'The engine was opened before: end it to open another backend.');
      }
      opening = open(choice);
      opening.catch(() => (opening = undefined));
      return (engine = await opening);
    },
  };
}

/** Where webgpu was asked for and does not work in this process, a page may still lend one: until then wasm, and why. */
async function openOwn({ backend, threads }: PageChoice): Promise<Engine> {
  try {
    return await openEngine({ backend, threads, isWatched: true });
  } catch (failure) {
    const isMissing = failure instanceof AppError && failure.code === 'unsupported';
    if (backend !== 'webgpu' || !isMissing) throw failure;
    const own = await openEngine({ backend: 'wasm', threads });
    return { ...own, description: `${own.description}; ${failure.message.replace(/\.$/, '')}` };
  }
}

export function sessionHandlers(session: Session): HandlersOf<'engine.open' | 'engine.ping'> {
  return {
    async 'engine.open'({ backend, threads, isBackground }) {
      await session.open({ backend, threads: threads ?? undefined, isBackground });
      return session.info();
    },
    'engine.ping'() {
      session.check();
      return { residentBytes: process.memoryUsage.rss() };
    },
  };
}
