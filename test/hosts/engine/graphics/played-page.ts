/**
 * A page that lends a graphics processor, played on plain loops: what it computes is what this process computes, to the
 * last bit, so whoever goes on without it must come to the same.
 */
import type { MethodName } from '#contract/contract.ts';
import { graphicsContract, type GraphicsContract } from '#contract/graphics-contract.ts';
import type { Port } from '#contract/port.ts';
import { serve, type Handlers, type Server } from '#contract/rpc.ts';
import { decodeMessage, encodeMessage } from '#contract/wire.ts';
import { AppError } from '#domain/errors.ts';
import { countLivingCells } from '#domain/living-cells.ts';
import { makeMark } from '#domain/growth-marks.ts';
import type { ModelSpec } from '#domain/model-spec.ts';
import { rulesOfValues } from '#engine/network/inference.ts';
import { openGrowth, type Growth } from '#engine/rollout/growth.ts';
import type { GraphicsInfo } from '#hosts/engine/graphics/graphics.ts';
import type { ByteLine } from '#hosts/engine/graphics/graphics-lines.ts';
import type { Processor } from '#hosts/graphics-page/processor.ts';
import { trainingHandlers } from '#hosts/graphics-page/training-handlers.ts';
import { stateToImage } from '#media/pixels.ts';

type Method = MethodName<GraphicsContract>;

export interface PlayedPage {
  /** What it was asked, in its order. */
  readonly asked: Method[];
  /** Canvases that it has. */
  readonly canvases: Set<string>;
  /** Of graphics.open. */
  readonly info: { -readonly [K in keyof GraphicsInfo]: GraphicsInfo[K] };
  /** Before every answer; what it throws is the answer, and so is what it returns. */
  before: (method: Method, asked: readonly Method[]) => unknown;
  /** Growths that are open. */
  readonly growths: number;
  /** Until the port closes. */
  serve(port: Port): void;
  lose(message: string): void;
  notice(message: string): void;
}

interface PageGrowth {
  readonly spec: ModelSpec;
  readonly growth: Growth;
  decoded: Parameters<typeof rulesOfValues>[1] | null;
}

export function createPlayedPage(given: Partial<GraphicsInfo> = {}): PlayedPage {
  const growths = new Map<string, PageGrowth>();
  const servers = new Set<Server<GraphicsContract>>();

  function growthOf(growthId: string): PageGrowth {
    const found = growths.get(growthId);
    if (found !== undefined) return found;
    throw new AppError('not-found', 'The window does not have this growth: open it again.');
  }

  const handlers: Partial<Handlers<GraphicsContract>> = {
    'graphics.open': ({ softwareToo, known }) => {
      if (page.info.isSoftware && !softwareToo) throw new AppError('unsupported', 'Only software.');
      return { ...page.info, wasTried: !known.includes(page.info.key) };
    },
    'graphics.ping': () => ({}),
    'growth.open': ({ growthId, spec, rules, mix, decoded, seed }) => {
      const one: { decoded: PageGrowth['decoded'] } = { decoded: decoded && { count: 1, ...decoded } };
      const growth = openGrowth({
        ...{ spec, mix, seed, rules: rules.map((rule) => ({ count: 1, ...rule })) },
        decode: () => rulesOfValues(spec, one.decoded!),
      });
      growths.set(growthId, Object.assign(one, { spec, growth }));
      return {};
    },
    'growth.advance': ({ growthId, steps }) => {
      growthOf(growthId).growth.advance(steps);
      return {};
    },
    'growth.state': async ({ growthId }) => ({
      state: new Float32Array(await growthOf(growthId).growth.state()),
    }),
    'growth.replace': ({ growthId, state, step }) => {
      growthOf(growthId).growth.replace(state, step);
      return {};
    },
    'growth.mark': async ({ growthId, marks }) => {
      const { growth, spec } = growthOf(growthId);
      const state = await growth.state();
      for (const mark of marks) makeMark(state, mark, spec);
      growth.replace(state);
      return {};
    },
    'growth.remix': ({ growthId, mix, decoded }) => {
      const one = growthOf(growthId);
      one.decoded = decoded && { count: 1, ...decoded };
      one.growth.remix(mix);
      return {};
    },
    'growth.frame': async ({ growthId }) => {
      const { growth, spec } = growthOf(growthId);
      const state = await growth.state();
      const { pixels } = stateToImage(state, { ...spec.grid, channels: spec.automaton.channels });
      return { rgba: new Uint8Array(pixels), alive: countLivingCells(state, spec.grid, spec.automaton) };
    },
    'growth.show': async ({ growthId, canvas }) => {
      const { growth, spec } = growthOf(growthId);
      if (!page.canvases.has(canvas)) throw new AppError('not-found', 'There is no such canvas.');
      return { alive: countLivingCells(await growth.state(), spec.grid, spec.automaton) };
    },
    'growth.close': ({ growthId }) => {
      growths.get(growthId)?.growth.dispose();
      growths.delete(growthId);
      return {};
    },
  };
  const trainings = trainingHandlers(inOrder());
  Object.assign(handlers, trainings.handlers);
  const watched = Object.entries(handlers).map(([method, handle]) => [
    method,
    async (...call: Parameters<typeof handle>) => {
      page.asked.push(method as Method);
      const other = await page.before(method as Method, page.asked);
      return other ?? (handle as (...given: typeof call) => unknown)(...call);
    },
  ]);

  const page: PlayedPage = {
    asked: [],
    canvases: new Set(),
    info: { name: 'Played', isSoftware: false, key: 'played', wasTried: true, wrong: null, ...given },
    before: () => undefined,
    get growths() {
      return growths.size;
    },
    serve(port) {
      const server = serve(graphicsContract, port, Object.fromEntries(watched) as Handlers<GraphicsContract>);
      servers.add(server);
      port.onClose(() => {
        servers.delete(server);
        for (const { growth } of growths.values()) growth.dispose();
        growths.clear();
        trainings.release();
      });
    },
    lose(message) {
      for (const server of servers) server.emit('graphics.lost', { message });
    },
    notice(message) {
      for (const server of servers) server.emit('graphics.notice', { message });
    },
  };
  return page;
}

/** This process, whose backend is the active one, as a page's processor: one turn after another. */
function inOrder(): Processor {
  let last: Promise<unknown> = Promise.resolve();
  const turn = <T>(work: () => T | Promise<T>): Promise<T> => {
    const result = last.then(work);
    last = result.catch(() => undefined);
    return result;
  };
  return {
    open: () => Promise.reject(new Error('not played')),
    inTurn: (work) => turn(() => work(undefined as never)),
    afterTurns: turn,
    listen: () => () => undefined,
  };
}

/** A line to a page that this process plays. */
export function lineTo(page: PlayedPage): { readonly line: ByteLine; drop(): void } {
  const closes: ((reason: string) => void)[] = [];
  const heard: ((message: unknown) => void)[] = [];
  const said: ((bytes: Uint8Array) => void)[] = [];
  const closed = (reason: string): void => closes.splice(0).forEach((listener) => listener(reason));
  page.serve({
    post: (message) => said.forEach((listener) => listener(encodeMessage(message))),
    onMessage: (listener) => void heard.push(listener),
    onClose: (listener) => void closes.push(listener),
    close: () => closed('closed'),
  });
  const line: ByteLine = {
    send: (bytes) => heard.forEach((listener) => listener(decodeMessage(bytes))),
    onBytes: (listener) => void said.push(listener),
    onClose: (listener) => void closes.push(listener),
    close: closed,
  };
  return { line, drop: () => closed('the window was closed') };
}
