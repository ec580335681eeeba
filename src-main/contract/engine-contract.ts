/**
 * What the application asks of an engine process: everything that computes, and everything that reads a picture or a
 * model that nobody vouches for. Such a process keeps nothing that must not be lost, and may be killed at any time.
 */
import { z } from 'zod';
import { defineContract } from './contract.ts';
import { backendChoice, engineInfo } from './shapes/engine-state.ts';
import { exportedFrame, exportOptions, exportProgress, exportSummary } from './shapes/export.ts';
import { frame, growthControl, growthEvent, growthStroke, recipe } from './shapes/growth.ts';
import { styleHealth } from './shapes/library.ts';
import { latentPath, mix, morph, morphFrame, plainMix, shares } from './shapes/mix.ts';
import {
  keptRepair,
  openedPhoto,
  repairFormat,
  repairOptions,
  repairProgress,
  repairResult,
  viewedRegion,
} from './shapes/repair.ts';
import {
  scanProgress,
  scanReport,
  trainingEstimate,
  trainingReport,
  trainingWishes,
  validationPoint,
} from './shapes/training.ts';
import {
  bytes,
  count,
  floats,
  grid,
  hash,
  id,
  modelSpec,
  score,
  skippedFile,
  uint32,
} from './shapes/values.ts';

const nothing = z.object({});
const path = z.string().min(1).max(32_768);

/** A rule with the automaton that runs it; `spec.network` is null. */
export const styleValues = z.object({
  name: z.string(),
  spec: modelSpec,
  w0: floats,
  b0: floats,
  w1: floats,
});
export type StyleValues = z.output<typeof styleValues>;

/** What a mix by latent was decoded to: w0 [K, d], b0 [d], w1 [d, C]. */
const keptRule = z.object({ weights: shares, path: latentPath, w0: floats, b0: floats, w1: floats });

/** What mixing and going between latents needs: the model that decodes them, and one a style, [E]. */
const latents = z.object({ modelPath: path, values: z.array(floats).min(1).max(4) });

const source = z.object({ name: z.string(), hash: z.string() });

/** A picture that became a style. */
export const encodedStyle = z.object({
  /** Base name of the file, or `#12`. */
  name: z.string(),
  /** sha256 of the pixels that the model saw. */
  sourceHash: hash,
  latent: floats.nullable(),
  w0: floats,
  b0: floats,
  w1: floats,
  /** PNGs at the grid's size: what it was made from, and what grows in T steps with seed 1. */
  sourcePicture: bytes,
  picture: bytes,
  score,
});
export type EncodedStyle = z.output<typeof encodedStyle>;

const card = z.object({
  data: z.string(),
  iterations: count,
  seconds: z.number(),
  machine: z.string(),
  scores: z.record(z.string(), z.number()),
  notes: z.string(),
});

/** Of a picture that carries its recipe, or a file of one alone. */
const inspectedArtwork = z.object({
  kind: z.literal('artwork'),
  name: z.string(),
  recipe,
  /** Of the last step's RGBA bytes, as the file says. */
  digest: hash.nullable(),
  /** As in the recipe, each with a PNG of what it grows in T steps with seed 1. */
  styles: z.array(z.object({ style: styleValues, picture: bytes })).max(4),
});
export type InspectedArtwork = z.output<typeof inspectedArtwork>;

/** A file of ours, wholly checked. */
export const inspectedFile = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('model'),
    hash,
    bytes: count,
    spec: modelSpec,
    card,
    /** Of a model of one image. */ style: styleValues.nullable(),
    picture: bytes.nullable(),
  }),
  z.object({
    kind: z.literal('style'),
    hash,
    bytes: count,
    style: styleValues,
    latent: floats.nullable(),
    image: source.nullable(),
    model: source.nullable(),
    /** A PNG of what grows in T steps with seed 1. */
    picture: bytes,
  }),
  inspectedArtwork,
  z.object({ kind: z.literal('picture') }),
]);
export type InspectedFile = z.output<typeof inspectedFile>;

/** What is to be seen of it outside: an artwork, or a style with a recipe of its own. */
export const exportedGrowth = z.object({
  name: z.string(),
  recipe,
  styles: z.array(styleValues).min(1).max(4),
  latents: latents.nullable().default(null),
  /** Of the recipe's last step; null where nobody knows it yet. */
  digest: hash.nullable(),
  decoded: z.array(keptRule).max(1000).default([]),
  /** Not the recipe's steps, but a growth of all its steps for each frame on the way between the latents. */
  morph: morph.nullable().default(null),
});
export type ExportedGrowth = z.output<typeof exportedGrowth>;

/** A training run on the disk: its checkpoints, its model; all below `folder`. */
const trainingRun = z.object({
  folder: path,
  source: path,
  /** Where decoded pictures are kept. */
  cacheFolder: path,
  wishes: trainingWishes,
  /** The file of `wishes.modelId`. */
  modelPath: path.nullable(),
  /** What the pictures are, for the model's card. */
  data: z.string(),
});

export const engineContract = defineContract({
  methods: {
    /** Opens the backend; to be called first, and once. */
    'engine.open': {
      params: z.object({
        backend: backendChoice,
        threads: z.number().int().min(1).max(256).nullable(),
        /** Nobody watches what it does: jobs. */
        isBackground: z.boolean().default(false),
      }),
      result: engineInfo,
    },
    /** Answered between two pieces of work; none takes longer than some seconds. */
    'engine.ping': { params: nothing, result: z.object({ residentBytes: count }) },

    'growth.open': {
      params: z.object({
        styles: z.array(styleValues).min(1).max(4),
        mix: mix.default(plainMix),
        /** null where the styles are not of one model that is there: they cannot be mixed by `latent` then. */
        latents: latents.nullable().default(null),
        /** What mixes of a recipe's were decoded to: they need no latents. */
        decoded: z.array(keptRule).max(1000).default([]),
        seed: uint32,
        grid: grid.nullable(),
        isPlaying: z.boolean(),
        stepsPerSecond: z.number().min(0.5).max(10_000),
        loopAt: z.number().int().min(1).max(1_000_000).nullable(),
        /** Of a recipe, with the step to open at; paused there. */
        events: z.array(growthEvent).max(100_000),
        step: count,
      }),
      result: z.object({ growthId: id, grid, trainedGrid: grid, trainedSteps: count }),
    },
    'growth.watch': {
      params: z.object({
        growthId: id,
        /** Where a page's graphics processor grows it, its pictures are drawn on this canvas of that page, if it has it. */
        canvas: id.nullable().default(null),
        /** Frames go by this line, as progress of that call, where the engine has it. */
        direct: z.object({ line: id, call: count }).optional(),
      }),
      result: nothing,
      progress: frame,
    },
    'growth.control': { params: z.object({ growthId: id, control: growthControl }), result: nothing },
    'growth.paint': { params: z.object({ growthId: id, stroke: growthStroke }), result: nothing },
    /** As it is at its step: a PNG at the grid's size, the events up to it, sha256 of the RGBA bytes of the frame. */
    'growth.take': {
      params: z.object({ growthId: id }),
      result: z.object({
        ...{ picture: bytes, digest: hash, step: count, grid, events: z.array(growthEvent) },
        /** What its mixes by latent were decoded to, each with the hash by which the library keeps it. */
        decoded: z.array(keptRule.extend({ spec: modelSpec, hash })),
      }),
    },
    'growth.close': { params: z.object({ growthId: id }), result: nothing },

    /** The one rule of a mix by `weights` or `latent`, with what it grows as a PNG. @throws unsupported for another mix */
    'mix.rule': {
      params: z.object({
        name: z.string(),
        styles: z.array(styleValues).min(2).max(4),
        mix,
        latents: latents.nullable(),
      }),
      result: z.object({ style: styleValues, latent: floats.nullable(), picture: bytes }),
    },
    'mix.morph': {
      params: z.object({
        spec: modelSpec,
        latents,
        morph,
        seed: uint32,
        grid: grid.nullable(),
        steps: z.number().int().min(1).max(100_000).nullable(),
      }),
      result: z.object({ frames: count }),
      progress: morphFrame,
    },

    /** Reads a file by its content: a model, a style, or else a picture that decodes. @throws bad-file, bad-image, … */
    'files.inspect': { params: z.object({ path }), result: inspectedFile },
    /** What a picture carries of ours; null where it carries nothing. Does not decode it. @throws bad-file, … */
    'files.carried': {
      params: z.object({ path }),
      result: z.object({ artwork: inspectedArtwork.nullable() }),
    },
    /**
     * Grows it and writes it to `path`, a file, or of `frames` a folder; as a whole or not at all.
     * @throws bad-argument for options that do not fit it, io, disk-full, cancelled
     */
    'growth.export': {
      params: z.object({ growth: exportedGrowth, options: exportOptions, path }),
      result: exportSummary.extend({ files: z.array(path).min(1) }),
      progress: exportProgress,
    },
    /** Its pictures at the export's steps, in the order and size that they are shown, as fast as they are acknowledged. */
    'growth.frames': {
      params: z.object({ growth: exportedGrowth, options: exportOptions }),
      result: z.object({ frames: count }),
      progress: exportedFrame,
    },
    /** A style file's bytes. */
    'files.style': {
      params: z.object({
        style: styleValues,
        latent: floats.nullable(),
        image: source.nullable(),
        model: source.nullable(),
      }),
      result: z.object({ bytes }),
    },

    /** Pictures, a folder of them or an IDX file through a model's encoder, in the order given; unreadable ones are skipped. */
    'pictures.encode': {
      params: z.object({
        modelPath: path,
        paths: z.array(path).min(1).max(10_000),
        /** Of a folder or an IDX file: at most so many, the same ones as a training with this limit. */
        limit: z.number().int().min(1).nullable(),
        /** Of a folder: whether pictures smaller than the grid are enlarged, or skipped. Pictures named one by one always are. */
        enlarge: z.boolean().default(true),
        /** Of a folder: where decoded pictures are kept. */
        cacheFolder: path,
        /** Pictures of the sorted list to leave out, as an earlier part of the job has done them. */
        skip: count,
      }),
      result: z.object({ count, skipped: z.array(skippedFile) }),
      progress: z.object({ done: count, total: count, styles: z.array(encodedStyle).max(64) }),
    },
    /** A rule trained on for its one picture. */
    'rule.refine': {
      params: z.object({ style: styleValues, sourcePicture: bytes, iterations: count }),
      result: z.object({
        style: styleValues,
        picture: bytes,
        before: score,
        after: score,
        iterations: count,
      }),
      progress: z.object({ iteration: count, iterations: count, loss: z.number() }),
    },

    'rule.health': { params: z.object({ style: styleValues }), result: styleHealth },

    /** Copies a photo into a folder of its own, where the other calls find it. */
    'repair.open': {
      params: z.object({ path, folder: path, name: z.string() }),
      result: openedPhoto.omit({ repairId: true }),
    },
    'repair.reopen': {
      params: z.object({ folder: path }),
      result: keptRepair.omit({ jobId: true }).extend({ photo: openedPhoto.omit({ repairId: true }) }),
    },
    'repair.view': {
      params: z.object({ folder: path, region: viewedRegion, isRepaired: z.boolean() }),
      result: z.object({ picture: bytes }),
    },
    'repair.keepMask': { params: z.object({ folder: path, mask: bytes }), result: nothing },
    /** Repairs what the mask shows, and keeps it in the folder. @throws bad-argument for an empty mask, cancelled, … */
    'repair.run': {
      params: z.object({
        folder: path,
        /** null: the one that was kept. */
        mask: bytes.nullable(),
        options: repairOptions,
        /** null: only learning does without. */
        modelPath: path.nullable(),
      }),
      result: repairResult,
      progress: repairProgress,
    },
    /** Ends learning in this folder with what it has. */
    'repair.stop': { params: z.object({ folder: path }), result: nothing },
    /** Writes the photo with what was repaired, at full size, into the folder. */
    'repair.write': {
      params: z.object({ folder: path, format: repairFormat, keepsPlace: z.boolean() }),
      result: z.object({
        path,
        extension: z.enum(['png', 'jpg', 'webp', 'tif']),
        bytes: count,
        isExact: z.boolean(),
      }),
    },

    'training.scan': {
      params: trainingRun.omit({ folder: true, data: true }),
      result: scanReport,
      progress: scanProgress,
    },
    'training.estimate': {
      params: trainingRun.omit({ data: true }),
      result: trainingEstimate,
      progress: z.object({ phase: z.string() }),
    },
    /** From the newest checkpoint that can be read, if there is one. Cancelling the call saves, publishes and returns. */
    'training.run': {
      params: trainingRun,
      result: z.object({
        reason: z.enum(['finished', 'stopped']),
        iteration: count,
        iterations: count,
        seconds: z.number(),
        /** null where nothing was trained yet. */
        model: path.nullable(),
        skipped: z.array(skippedFile).max(1000),
      }),
      progress: z.discriminatedUnion('event', [
        z.object({ event: z.literal('reading'), progress: scanProgress }),
        /** A sentence, e.g. that the newest checkpoint was unreadable and an older one was taken. */
        z.object({ event: z.literal('notice'), message: z.string() }),
        z.object({
          event: z.literal('started'),
          iteration: count,
          iterations: count,
          /** What computes, where that is a page; null where it is the engine process. */
          place: z.string().nullable().default(null),
        }),
        z.object({ event: z.literal('progress'), report: trainingReport }),
        z.object({ event: z.literal('validation'), validation: validationPoint }),
        z.object({ event: z.literal('preview'), iteration: count, picture: bytes, count }),
        z.object({ event: z.literal('checkpoint'), iteration: count }),
      ]),
    },
  },
  events: {
    /** What computes is another one now: a page's graphics processor came, or went away. */
    'engine.changed': engineInfo,
    /** A sentence for the user, said once. */
    'engine.notice': z.object({ message: z.string() }),
  },
});
export type EngineContract = typeof engineContract;
