/** Growths that windows watch and paint on; a few at a time, each with a player and a loop of its own. */
import { createHash, randomUUID } from 'node:crypto';
import { fuseStyles, unlikeRules, type GrowthUnderWay, type Style } from '#app/growing.ts';
import { GrowthPlayer } from '#app/growth-player.ts';
import { GrowthTimeline, type TimelineSetup } from '#app/growth-timeline.ts';
import type { ResultIn } from '#contract/contract.ts';
import type { EngineContract, StyleValues } from '#contract/engine-contract.ts';
import type { GrowthEvent } from '#contract/shapes/growth.ts';
import type { Grid } from '#domain/automaton.ts';
import { AppError } from '#domain/errors.ts';
import { checkMix, completeMix, type Mix } from '#domain/mix.ts';
import { openGrowth } from '#engine/rollout/growth.ts';
import { tuneRollout } from '#engine/rollout/tuned.ts';
import { stateToImage } from '#media/pixels.ts';
import { encodePng } from '#media/png.ts';
import { ruleHash } from '#storage/library/rules.ts';
import { fitsGraphics } from '../graphics/remote-growth.ts';
import { survivingGrowth } from '../graphics/surviving-growth.ts';
import { areKept, decodeKept, decodeKeptValues, rulesToKeep } from '../kept-rules.ts';
import { latentsOf, withoutLatents, type OpenLatents } from '../latents.ts';
import type { DirectLines } from './direct-lines.ts';
import { createGrowthLoop } from './growth-loop.ts';
import type { HandlersOf, Session } from './session.ts';

interface OpenGrowth {
  readonly player: GrowthPlayer;
  readonly grid: Grid;
  /** null where it cannot be mixed by latent. */
  readonly latents: OpenLatents | null;
  /** What its mixes by latent were decoded to, to be kept with what grew. */
  readonly rulesOf: (events: readonly GrowthEvent[]) => Promise<TakenRule[]>;
  close(): void;
}

type TakenRule = ResultIn<EngineContract, 'growth.take'>['decoded'][number];

type GrowthMethod = `growth.${'open' | 'watch' | 'control' | 'paint' | 'take' | 'close'}`;

/** Each keeps up to 64 MiB of states. */
const MOST_OPEN = 32;

export function growthHandlers(session: Session, lines: DirectLines): HandlersOf<GrowthMethod> {
  const growths = new Map<string, OpenGrowth>();
  const tooLarge = {};

  function growthOf(growthId: string): OpenGrowth {
    const growth = growths.get(growthId);
    if (growth !== undefined) return growth;
    throw new AppError('not-found', 'This growth was closed: open its style again.');
  }

  return {
    async 'growth.open'({ styles: given, seed, grid: wishedGrid, mix, latents, decoded, events, ...how }) {
      if (growths.size >= MOST_OPEN) {
        throw new AppError('busy', `${MOST_OPEN} growths are open already: close one of them.`);
      }
      const { implementation, backend } = session.engine();
      const styles = given.map(styleOf);
      const firstMix = completeMix(mix, styles.length);
      const plan = fuseStyles(styles, seed, firstMix);
      const { grid: trainedGrid, steps: trainedSteps } = plan.spec;
      const grid = wishedGrid ?? trainedGrid;
      const spec = { ...plan.spec, grid };
      const source = latents && latentsOf(latents);
      if (!areKept(mixesOf(firstMix, events), decoded)) await source?.open();
      const decode = decodeKept(plan.spec, decoded, source);
      const canDecode = (one: Mix): boolean => source !== null || areKept([one], decoded);
      const lent = await session.graphicsSoon();
      const graphics = fitsGraphics(spec) ? lent : null;
      if (lent !== null && graphics === null) {
        session.tell(
          `The state of ${grid.width}×${grid.height} cells is too large to be sent to the window’s graphics processor: they grow with the backend ${backend}.`,
          tooLarge,
        );
      }
      if (graphics === null) {
        await tuneRollout({ automaton: spec.automaton, grid, batch: 1, training: false });
      }
      const openOwn = (): GrowthUnderWay => openGrowth({ ...plan, spec, decode }, implementation);
      const openBest = (): GrowthUnderWay => {
        if (graphics === null) return openOwn();
        const { rules } = plan;
        return survivingGrowth({
          ...{ graphics, openOwn },
          plan: { spec, rules, seed, mix: firstMix, decode: decodeKeptValues(decoded, source) },
          onMoved: ({ message }) =>
            session.tell(`${message} What was growing there goes on with the backend ${backend}.`, graphics),
        });
      };
      const timeline = await openTimeline(
        { ...{ spec, events, mix: firstMix }, checkMix: mixCheck(styles, canDecode) },
        openBest,
      ).catch((failure: unknown) => {
        source?.dispose();
        throw failure;
      });
      const loop = createGrowthLoop();
      const layout = { ...grid, channels: spec.automaton.channels };
      const player = new GrowthPlayer({
        ...{ timeline, spec, ...how },
        nowMs: () => performance.now(),
        draw: (state) => new Uint8Array(stateToImage(state, layout).pixels),
        onWake: () => loop.wake(),
      });
      const growthId = randomUUID();
      const close = (): void => {
        growths.delete(growthId);
        player.close();
        source?.dispose();
        loop.stop();
      };
      const ruleSpec = { ...plan.spec, network: null };
      const rulesOf = async (made: readonly GrowthEvent[]): Promise<TakenRule[]> => {
        const rules = await rulesToKeep(mixesOf(firstMix, made), decoded, source);
        return rules.map((rule) => ({
          ...{ ...rule, weights: [...rule.weights] },
          spec: ruleSpec,
          hash: ruleHash({ ...rule, spec: ruleSpec }),
        }));
      };
      growths.set(growthId, { player, grid, latents: source, rulesOf, close });
      // Whoever waits for the player is told what ended it.
      loop.run(player).catch(close);
      return { growthId, grid, trainedGrid, trainedSteps };
    },

    async 'growth.watch'({ growthId, canvas, direct }, { signal, progress }) {
      const { player } = growthOf(growthId);
      const line = lines.progressOf(direct, signal);
      let seen = 0;
      try {
        while (!signal.aborted) {
          const next = player.frameAfter(seen, canvas);
          signal.addEventListener('abort', next.cancel);
          const shown = await next.frame;
          signal.removeEventListener('abort', next.cancel);
          if (shown === null) break;
          seen = shown.version;
          await (line === null ? progress(shown.frame) : line.send(shown.frame));
        }
      } finally {
        line?.end();
      }
      return {};
    },

    async 'growth.control'({ growthId, control }) {
      const { player, latents } = growthOf(growthId);
      if (control.kind === 'mix' && control.mix.kind === 'latent') await latents?.open();
      await player.control(control);
      return {};
    },

    async 'growth.paint'({ growthId, stroke }) {
      await growthOf(growthId).player.paint(stroke);
      return {};
    },

    async 'growth.take'({ growthId }) {
      const { player, grid, rulesOf } = growthOf(growthId);
      const { step, rgba, events } = await player.take();
      const decoded = await rulesOf(events);
      return {
        picture: await encodePng({ pixels: rgba, ...grid }),
        digest: createHash('sha256').update(rgba).digest('hex'),
        ...{ step, grid },
        events: [...events],
        decoded,
      };
    },

    'growth.close'({ growthId }) {
      growths.get(growthId)?.close();
      return {};
    },
  };
}

/** @throws AppError what opening either throws, with nothing left open */
async function openTimeline(
  setup: Omit<TimelineSetup, 'growth'>,
  open: () => TimelineSetup['growth'],
): Promise<GrowthTimeline> {
  const growth = open();
  try {
    return await GrowthTimeline.open({ ...setup, growth });
  } catch (failure) {
    growth.dispose();
    throw failure;
  }
}

function mixesOf(first: Mix, events: readonly GrowthEvent[]): Mix[] {
  return [first, ...events.flatMap((event) => (event.kind === 'mix' ? [event.mix] : []))];
}

/** What a window asks for is refused before it becomes part of the growth. */
function mixCheck(styles: readonly Style[], canDecode: (mix: Mix) => boolean): (mix: Mix) => void {
  return (mix) => {
    checkMix(mix, styles.length);
    const refusal = mix.kind === 'weights' ? unlikeRules(styles) : null;
    if (refusal !== null) throw new AppError('mismatch', refusal);
    if (mix.kind === 'latent' && !canDecode(mix)) throw withoutLatents();
  };
}

export function styleOf({ name, spec, w0, b0, w1 }: StyleValues): Style {
  return { name, spec, rule: { count: 1, w0, b0, w1 } };
}
