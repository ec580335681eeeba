/**
 * What a window may ask of the application, and what the application tells every window. The one table: the client, the
 * server, the types and the checks all come from it.
 */
import { z } from 'zod';
import { defineContract } from './contract.ts';
import { settings, settingsPatch } from './settings.ts';
import { engineState } from './shapes/engine-state.ts';
import { frame, growthControl, growthStroke } from './shapes/growth.ts';
import {
  galleryPage,
  galleryQuery,
  itemDetail,
  itemPatch,
  itemRef,
  librarySummary,
  model,
} from './shapes/library.ts';
import { job, trainingDetail } from './shapes/jobs.ts';
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
import { count, grid, hash, id, name, skippedFile, uint32 } from './shapes/values.ts';

const nothing = z.object({});
const items = z.array(itemRef).min(1).max(100_000);
const path = z.string().min(1).max(32_768);

/** A file or folder on this machine, or one that the window sent (`POST /uploads`). */
export const importSource = z.union([z.object({ path }), z.object({ upload: id })]);
export type ImportSource = z.output<typeof importSource>;

export const inspected = z.object({
  source: importSource,
  name: z.string(),
  kind: z.enum(['picture', 'style', 'model', 'folder', 'unknown']),
  /** A sentence: why it cannot be used; null where it can. */
  problem: z.string().nullable(),
});
export type Inspected = z.output<typeof inspected>;

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
    /** Styles, models (as kind `model`) and artworks' pictures into a folder on this machine. */
    'export.start': {
      params: z.object({
        items: z
          .array(z.object({ kind: z.enum(['style', 'artwork', 'model']), id }))
          .min(1)
          .max(100_000),
        folder: path,
      }),
      result: z.object({ jobId: id }),
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

    /** From styles, in turns, or from an artwork's recipe (then opened at its last step, paused). */
    'growth.open': {
      params: z.union([
        z.object({
          styleIds: z.array(id).min(1).max(4),
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
      }),
    },
    /** Frames until the growth is closed or the call is cancelled; the newest only, as fast as they are acknowledged. */
    'growth.watch': { params: z.object({ growthId: id }), result: nothing, progress: frame },
    'growth.control': { params: z.object({ growthId: id, control: growthControl }), result: nothing },
    'growth.paint': { params: z.object({ growthId: id, stroke: growthStroke }), result: nothing },
    /** Saved as it is now: an artwork with its picture and recipe. */
    'growth.save': {
      params: z.object({ growthId: id, name }),
      result: z.object({ artworkId: id, digest: hash }),
    },
    'growth.close': { params: z.object({ growthId: id }), result: nothing },
    /** Grows an artwork again from its recipe and compares. */
    'artworks.replay': {
      params: z.object({ artworkId: id }),
      result: z.object({ digest: hash, isSame: z.boolean() }),
    },

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
