/**
 * What an engine process asks of a page: to compute on the graphics processor that the browser has. Only numbers cross:
 * files, pictures' formats and everything that must not be lost stay in the engine process, which goes on without the page
 * when it goes away. A page answers any number of ports, each with growths and trainings of its own.
 *
 * What is long goes in parts of at most MOST_PART_BYTES, either way, so that no message holds up the others; but for
 * states of growths, which go in one piece of at most MOST_STATE_BYTES: larger ones are not grown there.
 */
import { z } from 'zod';
import { defineContract } from './contract.ts';
import { growthMark } from './shapes/growth.ts';
import { mix } from './shapes/mix.ts';
import { bytes, count, floats, id, modelSpec, uint32 } from './shapes/values.ts';

export const MOST_PART_BYTES = 4 * 2 ** 20;
/** 1024×1024 cells of 16 channels. */
export const MOST_STATE_BYTES = 64 * 2 ** 20;

const nothing = z.object({});

/** w0 [K, d], b0 [d], w1 [d, C]. */
export const graphicsRule = z.object({ w0: floats, b0: floats, w1: floats });

/** A growth's mix; where it is one by latent, with the rule that it was decoded to. */
const mixing = { mix, decoded: graphicsRule.nullable() };

const part = z.object({ part: bytes });

export const graphicsContract = defineContract({
  methods: {
    /**
     * Opens the processor, and tries it by a small rollout unless its key is among those whose answer is remembered.
     * Asked again, it answers the same.
     * @throws AppError unsupported where there is none, or it is software and that will not do
     */
    'graphics.open': {
      params: z.object({
        softwareToo: z.boolean(),
        known: z.array(z.string().max(1000)).max(100),
        /** Which variants of the kernels were found quickest, by the processors' keys: as `graphics.tuned` told them. */
        variants: z.record(z.string().max(1000), z.unknown()).default({}),
      }),
      result: z.object({
        /** For people. */
        name: z.string(),
        isSoftware: z.boolean(),
        /** What the trial is remembered by: processor, driver and kernels. */
        key: z.string().max(1000),
        wasTried: z.boolean(),
        /** How it computes wrong numbers, in a sentence; null where it was not tried, or computes right. */
        wrong: z.string().nullable(),
      }),
    },

    /** Answered at once, whatever is being computed or compiled: the page is there. */
    'graphics.ping': { params: nothing, result: nothing },

    /** At step 0, of the spec's grid. The ids are the caller's. */
    'growth.open': {
      params: z.object({
        growthId: id,
        spec: modelSpec,
        rules: z.array(graphicsRule).min(1).max(4),
        ...mixing,
        seed: uint32,
      }),
      result: nothing,
    },
    /**
     * What is asked of one growth is done in the order in which it was asked, also before its answers came. Answered when
     * the steps are made, or so nearly that the processor has room for as many more: who sends no more than two of these
     * ahead of their answers never fills it.
     */
    'growth.advance': { params: z.object({ growthId: id, steps: count }), result: nothing },
    /** [H, W, C] */
    'growth.state': { params: z.object({ growthId: id }), result: z.object({ state: floats }) },
    'growth.replace': {
      params: z.object({ growthId: id, state: floats, step: count }),
      result: nothing,
    },
    /** Erases circles and sets seeds in the state, in their order. */
    'growth.mark': {
      params: z.object({ growthId: id, marks: z.array(growthMark).min(1).max(100_000) }),
      result: nothing,
    },
    'growth.remix': { params: z.object({ growthId: id, ...mixing }), result: nothing },
    /** Straight RGBA [H, W, 4], made on the processor, and how many cells live. */
    'growth.frame': {
      params: z.object({ growthId: id }),
      result: z.object({ rgba: bytes, alive: count }),
    },
    /** Draws the state on a canvas of the page. @throws AppError not-found where the page has no such canvas */
    'growth.show': {
      params: z.object({ growthId: id, canvas: id }),
      result: z.object({ alive: count }),
    },
    'growth.close': { params: z.object({ growthId: id }), result: nothing },

    /** A part of what `training.open` takes by that name; parts of one name in their order. */
    'training.send': {
      params: z.object({ trainingId: id, what: z.enum(['pictures', 'checkpoint', 'weights']), part: bytes }),
      result: nothing,
    },
    /**
     * A run over pictures [N, H, W, 4] that were sent, from the checkpoint's or the weights' file where one was sent.
     * @throws AppError mismatch, bad-file, out-of-memory
     */
    'training.open': {
      params: z.object({
        trainingId: id,
        spec: modelSpec,
        /** engine/training/checkpoint.ts: RunSettings. */
        run: z.unknown(),
        seed: uint32,
        /** Indices of pictures, little-endian uint32. */
        training: bytes,
        validation: bytes,
        /** For measuring. */
        everyCellLives: z.boolean().default(false),
      }),
      /** The spec with its seed where the picture is. */
      result: z.object({ spec: modelSpec, iteration: count }),
    },
    /** @throws AppError not-finite, out-of-memory */
    'training.step': {
      params: z.object({ trainingId: id }),
      result: z.object({ iteration: count, loss: z.number(), learningRate: z.number() }),
    },
    /** The checkpoint's file. */
    'training.checkpoint': {
      params: z.object({ trainingId: id, progress: z.record(z.string(), z.unknown()) }),
      result: nothing,
      progress: part,
    },
    /** The weights that are best so far, as a file of tensors by their names. */
    'training.weights': { params: z.object({ trainingId: id }), result: nothing, progress: part },
    'training.validate': {
      params: z.object({ trainingId: id }),
      result: z.object({
        /** null where there is nothing to judge by. */
        score: z.object({ mse: z.number(), psnr: z.number(), ssim: z.number() }).nullable(),
      }),
    },
    /** What it does now: rows of pictures [n, H, W, 4], premultiplied, targets first. */
    'training.draw': {
      params: z.object({ trainingId: id }),
      result: z.object({
        rows: z.array(floats).max(16),
        rowLabels: z.array(z.string()),
        columnLabels: z.array(z.string()),
      }),
    },
    'training.close': { params: z.object({ trainingId: id }), result: nothing },
  },
  events: {
    /** A sentence, e.g. that smaller parts of a batch must do. */
    'graphics.notice': z.object({ message: z.string() }),
    /** Which variants of the kernels run, once new ones were found, to be handed in at the next opening. */
    'graphics.tuned': z.object({
      key: z.string().max(1000),
      variants: z.record(z.string().max(1000), z.unknown()),
    }),
    /** The processor went away; every call fails with `disconnected` from now on, until it is opened again. */
    'graphics.lost': z.object({ message: z.string() }),
  },
});
export type GraphicsContract = typeof graphicsContract;
