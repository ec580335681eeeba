/**
 * Growths of one port. A growth's state stays on the processor: what is read of it is a picture, a count, or, seldom, the
 * state itself. Turns of the processor end when the work is on its way; values come back while others compute.
 */
import type { RuleValues } from '#domain/automaton.ts';
import { AppError } from '#domain/errors.ts';
import { makeMark } from '#domain/growth-marks.ts';
import type { Mix } from '#domain/mix.ts';
import type { ModelSpec } from '#domain/model-spec.ts';
import type { GpuBackend } from '#engine/kernels/webgpu/backend.ts';
import { shownStates, type ShownState } from '#engine/kernels/webgpu/shown-state.ts';
import { withLessMemory } from '#engine/less-memory.ts';
import { rulesOfValues } from '#engine/network/inference.ts';
import { openGrowth, type Growth } from '#engine/rollout/growth.ts';
import { tuneRollout } from '#engine/rollout/tuned.ts';
import { tf } from '#engine/tf.ts';
import type { GraphicsHost } from './graphics-host.ts';
import type { HandlersOf } from './handlers.ts';
import type { Processor } from './processor.ts';

type GrowthMethod =
  `growth.${'open' | 'advance' | 'state' | 'replace' | 'mark' | 'remix' | 'frame' | 'show' | 'close'}`;

interface PageGrowth {
  readonly growth: Growth;
  readonly spec: ModelSpec;
  /** What a mix by latent is, until the next one. */
  decoded: RuleValues | null;
  /** When the steps asked for last are made. */
  made: Promise<unknown>;
}

type Rule = Omit<RuleValues, 'count'>;

const MOST_OPEN = 64;

export function growthHandlers(
  processor: Processor,
  { canvasOf }: Pick<GraphicsHost, 'canvasOf'>,
): HandlersOf<GrowthMethod> {
  const growths = new Map<string, PageGrowth>();

  /** In a turn, so that what is asked of a growth is done in the order in which it was asked. */
  function withGrowth<T>(
    growthId: string,
    work: (one: PageGrowth, backend: GpuBackend) => T | Promise<T>,
  ): Promise<T> {
    return processor.inTurn((backend) => {
      const one = growths.get(growthId);
      if (one !== undefined) return work(one, backend);
      throw new AppError('not-found', 'The window does not have this growth: open it again.');
    });
  }

  return {
    handlers: {
      'growth.open': ({ growthId, spec, rules, mix, decoded, seed }) =>
        processor.inTurn(async () => {
          if (growths.has(growthId)) {
            throw new AppError('bad-argument', `A growth ${growthId} is open already: give it another id.`);
          }
          if (growths.size >= MOST_OPEN) {
            throw new AppError('busy', `${MOST_OPEN} growths are open already: close one of them.`);
          }
          await tuneRollout({ automaton: spec.automaton, grid: spec.grid, batch: 1, training: false });
          const one: { decoded: RuleValues | null } = { decoded: ruleOf(decoded) };
          const decode = () => {
            if (one.decoded !== null) return rulesOfValues(spec, one.decoded);
            throw new AppError('bad-argument', 'A mix by latent comes with its rule: decode it first.');
          };
          const growth = openGrowth({
            ...{ spec, mix, seed, decode },
            rules: rules.map((rule) => ({ count: 1, ...rule })),
          });
          growths.set(growthId, Object.assign(one, { growth, spec, made: Promise.resolve() }));
          return {};
        }),

      async 'growth.advance'({ growthId, steps }) {
        const { before } = await withGrowth(growthId, async (one, backend) => {
          const before = one.made;
          await advance(one.growth, steps, backend);
          one.made = backend.gpu.device.queue.onSubmittedWorkDone();
          one.made.catch(() => undefined);
          return { before };
        });
        // Whoever asks in a row is never more than one answer ahead, and learns by the clock what steps take.
        await before.catch(() => undefined);
        return {};
      },

      async 'growth.state'({ growthId }) {
        const { values } = await withGrowth(growthId, (one, backend) => ({
          values: shownStates(backend).values(stateOf(one)),
        }));
        return { state: await values };
      },

      'growth.replace': ({ growthId, state, step }) =>
        withGrowth(growthId, async ({ growth, spec }, backend) => {
          const { grid, automaton } = spec;
          const expected = grid.height * grid.width * automaton.channels;
          if (state.length !== expected) {
            throw new AppError(
              'mismatch',
              `A state of this growth has ${expected} values, and ${state.length} came: send one of its grid and channels.`,
            );
          }
          await backend.gpu.checked(() => {
            growth.replace(state, step);
            backend.buffer(growth.tensor);
          });
          return {};
        }),

      'growth.mark': ({ growthId, marks }) =>
        withGrowth(growthId, async ({ growth, spec }, backend) => {
          const state = await growth.state();
          for (const mark of marks) makeMark(state, mark, spec);
          await backend.gpu.checked(() => {
            growth.replace(state);
            backend.buffer(growth.tensor);
          });
          return {};
        }),

      'growth.remix': ({ growthId, mix, decoded }) =>
        withGrowth(growthId, (one) => {
          remix(one, mix, ruleOf(decoded));
          return {};
        }),

      async 'growth.frame'({ growthId }) {
        const { frame } = await withGrowth(growthId, (one, backend) => ({
          frame: shownStates(backend).frame(stateOf(one)),
        }));
        return await frame;
      },

      async 'growth.show'({ growthId, canvas }) {
        const { alive } = await withGrowth(growthId, (one, backend) => {
          const target = canvasOf(canvas);
          if (target === null) {
            throw new AppError('not-found', 'The window does not have this canvas any more.');
          }
          const { height, width } = one.spec.grid;
          const texture = target.nextTexture(backend.gpu.device, width, height);
          const counted = shownStates(backend).draw(stateOf(one), texture, target.format);
          target.present();
          return { alive: counted };
        });
        return { alive: await alive };
      },

      'growth.close': ({ growthId }) =>
        processor
          .afterTurns(() => {
            growths.get(growthId)?.growth.dispose();
            growths.delete(growthId);
          })
          .then(() => ({})),
    },

    release() {
      for (const { growth } of growths.values()) growth.dispose();
      growths.clear();
    },
  };
}

function stateOf({ growth, spec: { automaton, grid } }: PageGrowth): ShownState {
  return { tensor: growth.tensor, automaton, grid };
}

function ruleOf(rule: Rule | null): RuleValues | null {
  return rule && { count: 1, ...rule };
}

/** Where memory runs out on the way, from the state before once more. */
async function advance(growth: Growth, steps: number, { gpu }: GpuBackend): Promise<void> {
  const before = tf.clone(growth.tensor);
  const { step } = growth;
  const attempt = async (): Promise<void> => {
    try {
      await gpu.checked(() => growth.advance(steps));
    } catch (failure) {
      growth.replace(before, step);
      throw failure;
    }
  };
  try {
    await withLessMemory(attempt);
  } finally {
    before.dispose();
  }
}

/** The growth goes on as it was where it refuses. */
function remix(one: PageGrowth, mix: Mix, decoded: RuleValues | null): void {
  const old = one.decoded;
  one.decoded = decoded;
  try {
    one.growth.remix(mix);
  } catch (failure) {
    one.decoded = old;
    throw failure;
  }
}
