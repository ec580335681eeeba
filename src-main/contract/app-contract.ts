/**
 * What a window may ask of the application, and what the application tells every window. The one table: the client, the
 * server, the types and the checks all come from it.
 */
import { z } from 'zod';
import { defineContract } from './contract.ts';
import { settings, settingsPatch } from './settings.ts';
import { engineState, missingBackend } from './shapes/engine-state.ts';
import { exportedFrame, exportOptions, exportProgress, exportSummary } from './shapes/export.ts';
import { frame, growthControl, growthStroke } from './shapes/growth.ts';
import { mix, morph, morphFrame, morphRef, plainMix } from './shapes/mix.ts';
import {
  galleryPage,
  galleryQuery,
  itemDetail,
  itemPatch,
  itemRef,
  librarySummary,
  model,
  styleHealth,
} from './shapes/library.ts';
import { job, trainingDetail } from './shapes/jobs.ts';
import {
  keptRepair,
  openedPhoto,
  repairFormat,
  repairOptions,
  repairProgress,
  repairResult,
  savedRepair,
  viewedRegion,
} from './shapes/repair.ts';
import {
  recentSource,
  scanProgress,
  scanReport,
  trainingEstimate,
  trainingReport,
  trainingSource,
  trainingWishes,
  validationPoint,
} from './shapes/training.ts';
import { bytes, count, grid, hash, id, name, skippedFile, uint32 } from './shapes/values.ts';

const nothing = z.object({});
const items = z.array(itemRef).min(1).max(100_000);
const path = z.string().min(1).max(32_768);

/** A file or folder on this machine, or one that the window sent (`POST /uploads`). */
export const importSource = z.union([z.object({ path }), z.object({ upload: id })]);
export type ImportSource = z.output<typeof importSource>;

export const inspected = z.object({
  source: importSource,
  name: z.string(),
  kind: z.enum(['picture', 'artwork', 'style', 'model', 'folder', 'unknown']),
  /** A sentence: why it cannot be used; null where it can. */
  problem: z.string().nullable(),
});
export type Inspected = z.output<typeof inspected>;

/** What can be seen on its way: of a morph, `steps` of the options are its frames. */
const exportItem = z.union([itemRef, morphRef]);
export type ExportItem = z.output<typeof exportItem>;

export const appContract = defineContract({
  methods: {
    /** All that a window needs to draw itself first; asked again after a reconnection. */
    'app.snapshot': {
      params: nothing,
      result: z.object({
        version: z.string(),
        settings,
        engine: engineState,
        library: librarySummary,
        jobs: z.array(job),
        dataFolder: z.string(),
        /** Sentences to show once: an older checkpoint was taken, the folder is on a network drive, … */
        notices: z.array(z.string()),
        /** Whether pictures and folders are chosen by the window's own dialog (desktop), or by the one in the page. */
        hasNativeDialogs: z.boolean(),
        missingBackends: z.array(missingBackend),
      }),
    },
    'settings.set': { params: settingsPatch, result: settings },
    /** Tries again after `failed`. */
    'engine.restart': { params: nothing, result: engineState },

    /** One level of folders, for choosing one. Null is the home folder. */
    'folders.list': {
      params: z.object({ path: path.nullable() }),
      result: z.object({
        path,
        parent: path.nullable(),
        folders: z.array(z.object({ name: z.string(), path })),
        /** Files that look like pictures or models, by their names; at most 500. */
        files: z.array(z.object({ name: z.string(), path })),
        places: z.array(z.object({ name: z.string(), path })),
      }),
    },

    'gallery.list': { params: galleryQuery, result: galleryPage },
    'gallery.detail': { params: itemRef, result: itemDetail },
    'gallery.tags': { params: nothing, result: z.array(z.object({ name: z.string(), count })) },
    'gallery.update': { params: z.object({ items, patch: itemPatch }), result: librarySummary },
    /** Hidden at once, thrown away when nothing can undo it any more. */
    'gallery.delete': { params: z.object({ items }), result: librarySummary },
    'undo.undo': { params: nothing, result: librarySummary },
    'undo.redo': { params: nothing, result: librarySummary },

    'models.list': { params: nothing, result: z.array(model) },
    'models.rename': { params: z.object({ id, name }), result: librarySummary },
    'models.delete': { params: z.object({ id }), result: librarySummary },

    /** What dropped things are, before anything is done with them. */
    'import.inspect': {
      params: z.object({ sources: z.array(importSource).min(1).max(10_000) }),
      result: z.array(inspected),
    },
    /** Pictures become styles by the model's encoder; style and model files are copied in. */
    'import.start': {
      params: z.object({
        sources: z.array(importSource).min(1).max(10_000),
        modelId: id.nullable().default(null),
      }),
      result: z.object({ jobId: id }),
    },
    /** Styles, models (as kind `model`), artworks' pictures and morphs into a folder on this machine. */
    'export.start': {
      params: z.object({
        items: z
          .array(z.union([z.object({ kind: z.enum(['style', 'artwork', 'model']), id }), morphRef]))
          .min(1)
          .max(100_000),
        folder: path,
        /** Null: styles as style files, artworks as plain pictures of their last step; not of morphs. Models are files either way. */
        options: exportOptions.nullable().default(null),
        /** Of the files: `{name}`, `{seed}`, `{steps}`, `{number}` stand for the item's. */
        pattern: z.string().trim().min(1).max(200).default('{name}'),
      }),
      result: z.object({ jobId: id }),
    },
    /** One file to be fetched as `/downloads/export/ID` or forgotten; kept for some hours. */
    'export.make': {
      params: z.object({ item: exportItem, options: exportOptions }),
      result: exportSummary.extend({ exportId: id, fileName: z.string() }),
      progress: exportProgress,
    },
    'export.forget': { params: z.object({ exportId: id }), result: nothing },
    /** For the window to encode, as fast as they are acknowledged. */
    'export.frames': {
      params: z.object({ item: exportItem, options: exportOptions }),
      result: z.object({ frames: count }),
      progress: exportedFrame,
    },
    /** Encodes pictures that come with the program, so that there is something to grow. */
    'samples.start': {
      params: z.object({ sample: z.enum(['digits', 'emoji']), modelId: id.nullable().default(null) }),
      result: z.object({ jobId: id }),
    },
    /** Improves just this style's rule for its source picture; a new style, child of this one. */
    'styles.refine': {
      params: z.object({ styleId: id, iterations: z.number().int().min(1).max(100_000).default(400) }),
      result: z.object({ jobId: id }),
    },

    'styles.health': { params: z.object({ styleId: id }), result: styleHealth },

    /** From styles, mixed, or from an artwork's recipe (then opened at its last step, paused). */
    'growth.open': {
      params: z.union([
        z.object({
          styleIds: z.array(id).min(1).max(4),
          mix: mix.default(plainMix),
          seed: uint32.default(1),
          /** Larger than trained, if wished; the styles' own if null. */
          grid: grid.nullable().default(null),
          isPlaying: z.boolean().default(true),
          stepsPerSecond: z.number().min(0.5).max(10_000).default(60),
          loopAt: z.number().int().min(1).max(1_000_000).nullable().default(null),
        }),
        z.object({ artworkId: id }),
      ]),
      result: z.object({
        growthId: id,
        grid,
        trainedGrid: grid,
        /** T of the styles: the picture is meant to be there then. */
        trainedSteps: count,
        seed: uint32,
        styles: z.array(z.object({ id, name: z.string() })),
        /** As at its first step, its ratio written out; frames tell what it is now. */
        mix,
      }),
    },
    /** Frames until the growth is closed or the call is cancelled; the newest only, as fast as they are acknowledged. */
    'growth.watch': {
      params: z.object({
        growthId: id,
        /** Of the page whose graphics processor may grow it: pictures are drawn there where it does (frame.rgba is null). */
        canvas: id.nullable().default(null),
      }),
      result: nothing,
      progress: frame,
    },
    'growth.control': { params: z.object({ growthId: id, control: growthControl }), result: nothing },
    'growth.paint': { params: z.object({ growthId: id, stroke: growthStroke }), result: nothing },
    /** Saved as it is now: an artwork with its picture and recipe. */
    'growth.save': {
      params: z.object({ growthId: id, name }),
      result: z.object({ artworkId: id, digest: hash }),
    },
    'growth.close': { params: z.object({ growthId: id }), result: nothing },
    /**
     * The one rule that a mix by `weights` or `latent` is, as a new style, child of those.
     * @throws unsupported for another mix, and for styles whose rules or latents do not fit each other
     */
    'mix.saveStyle': {
      params: z.object({ styleIds: z.array(id).min(2).max(4), mix, name }),
      result: z.object({ styleId: id }),
    },
    /** Which mixes these styles allow: a sentence why not, or null. The turns, random and areas are allowed alike. */
    'mix.check': {
      params: z.object({ styleIds: z.array(id).min(1).max(4) }),
      result: z.object({
        turns: z.string().nullable(),
        weights: z.string().nullable(),
        latent: z.string().nullable(),
      }),
    },
    /** What grows on the way from style to style: frames in their order, as fast as they are acknowledged. */
    'mix.morph': {
      params: z.object({
        styleIds: z.array(id).min(2).max(4),
        morph,
        seed: uint32.default(1),
        grid: grid.nullable().default(null),
        /** As trained if null. */
        steps: z.number().int().min(1).max(100_000).nullable().default(null),
      }),
      result: z.object({ frames: count }),
      progress: morphFrame,
    },
    /** Grows an artwork again from its recipe and compares. */
    'artworks.replay': {
      params: z.object({ artworkId: id }),
      result: z.object({ digest: hash, isSame: z.boolean() }),
    },

    /** A photo of any size, copied, so that it stays what it was; what is pasted or dropped is uploaded first. */
    'repair.open': { params: z.object({ source: importSource }), result: openedPhoto },
    /**
     * Repairs what the mask shows, always from the photo as it was opened. The mask is a PNG of the photo's size, or of
     * its preview's: white is repaired, black or transparent is kept, grey is blended. Cancelled, nothing has changed.
     */
    'repair.apply': {
      params: z.object({ repairId: id, mask: bytes, options: repairOptions.prefault({}) }),
      result: repairResult,
      progress: repairProgress,
    },
    /** As `repair.apply` with `learns`, as a job: it goes on when windows close, and after the program ends. */
    'repair.learn': {
      params: z.object({ repairId: id, mask: bytes, options: repairOptions.prefault({}) }),
      result: z.object({ jobId: id }),
    },
    /** What a window needs to show it again. @throws not-found */
    'repair.reopen': { params: z.object({ repairId: id }), result: keptRepair },
    /** For `repair.reopen`; a PNG as for `repair.apply`. */
    'repair.keepMask': { params: z.object({ repairId: id, mask: bytes }), result: nothing },
    /** A part of the photo in its own pixels, in sRGB, as it was or with what was repaired: a PNG. */
    'repair.view': {
      params: z.object({ repairId: id, region: viewedRegion, isRepaired: z.boolean() }),
      result: z.object({ picture: bytes }),
    },
    /** Ends learning, and goes on with what was learned. Nothing happens where nothing learns. */
    'repair.stop': { params: z.object({ repairId: id }), result: nothing },
    /** At full resolution; into a folder under a free name, or for `/downloads/repair/ID`. */
    'repair.save': {
      params: z.object({
        repairId: id,
        folder: path.nullable().default(null),
        format: repairFormat.default('original'),
        /** Keeps the place where it was taken (GPS), which is else left out of the EXIF data. */
        keepsPlace: z.boolean().default(false),
      }),
      result: savedRepair,
    },
    'repair.close': { params: z.object({ repairId: id }), result: nothing },

    'training.scan': {
      params: z.object({ source: trainingSource, wishes: trainingWishes }),
      result: scanReport,
      progress: scanProgress,
    },
    /** Folders and samples looked at before, the newest first; at most ten, none that was sent by a window. */
    'training.sources': { params: nothing, result: z.array(recentSource) },
    'training.estimate': {
      params: z.object({ source: trainingSource, wishes: trainingWishes }),
      result: trainingEstimate,
      progress: z.object({ phase: z.string() }),
    },
    'training.start': {
      params: z.object({
        source: trainingSource,
        wishes: trainingWishes,
        name: name.nullable().default(null),
      }),
      result: z.object({ jobId: id }),
    },
    'training.detail': { params: z.object({ jobId: id }), result: trainingDetail },

    /** Gives its turn away after saving; `jobs.resume` goes on. */
    'jobs.pause': { params: z.object({ jobId: id }), result: job },
    /** Queues it again: paused, interrupted, failed or stopped. */
    'jobs.resume': { params: z.object({ jobId: id }), result: job },
    /** Ends it now and keeps what there is. */
    'jobs.stop': { params: z.object({ jobId: id }), result: job },
    /** Ends it and throws away what it made. */
    'jobs.cancel': { params: z.object({ jobId: id }), result: job },
    /** Takes an ended job off the list. */
    'jobs.dismiss': { params: z.object({ jobId: id }), result: nothing },
    /** Files that it left out, with the reasons. */
    'jobs.skipped': { params: z.object({ jobId: id }), result: z.array(skippedFile) },

    'library.backup': { params: nothing, result: z.object({ path }) },
    'library.backups': {
      params: nothing,
      result: z.array(z.object({ path, createdMs: z.number(), bytes: count })),
    },
    'library.check': {
      params: nothing,
      result: z.object({ isSound: z.boolean(), problems: z.array(z.string()) }),
    },
    'library.restore': { params: z.object({ path }), result: librarySummary },
    /** Throws away what nothing refers to; bytes freed. */
    'library.collect': { params: nothing, result: z.object({ files: count, bytes: count }) },
  },
  events: {
    'engine.state': engineState,
    'library.changed': librarySummary,
    'settings.changed': settings,
    /** New or changed. */
    'jobs.changed': job,
    'jobs.removed': z.object({ jobId: id }),
    'training.progress': trainingReport.extend({ jobId: id }),
    'training.validation': validationPoint.extend({ jobId: id }),
    /** Safe on the disk. */
    'training.checkpoint': z.object({ jobId: id, iteration: count }),
    'training.preview': z.object({ jobId: id, preview: hash, previewCount: count, iteration: count }),
    'app.notice': z.object({ message: z.string() }),
  },
});
export type AppContract = typeof appContract;
