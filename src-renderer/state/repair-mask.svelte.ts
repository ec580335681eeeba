/** The mask over the open photo as the screen shows it: what the hand holds, what is painted, what can be undone. */
import type { Gesture, MaskTool } from '../canvas/mask-gesture.ts';
import { beginGesture } from '../canvas/mask-gesture.ts';
import type { Box } from '../canvas/mask-shapes.ts';
import { Mask } from '../canvas/mask.ts';
import type { Point, Size } from '../canvas/view.ts';
import { attempt } from './attempt.ts';
import { downloadBlob, maskPng, readMask } from './repair-pictures.ts';

export type RepairTool = MaskTool | 'pan';

class RepairMask {
  tool: RepairTool = $state('brush');
  /** Across, in pixels of the mask. */
  size = $state(40);
  /** 0…100 percent. */
  hardness = $state(100);
  isShown = $state(true);
  mask: Mask | null = $state.raw(null);
  /** Grows with every change of the mask. */
  version = $state(0);
  painted = $derived.by(() => this.#read((mask) => mask.painted, 0));
  canUndo = $derived.by(() => this.#read((mask) => mask.canUndo, false));
  canRedo = $derived.by(() => this.#read((mask) => mask.canRedo, false));
  pixels = $derived(this.mask === null ? 0 : this.mask.width * this.mask.height);
  #listener: ((box: Box) => void) | null = null;

  /** An empty mask for a photo. */
  start(size: Size): void {
    this.mask = new Mask(size);
    // As wide a brush on a small picture as on a large one.
    this.size = Math.max(2, Math.round(Math.max(size.width, size.height) / 28));
    this.isShown = true;
    this.version += 1;
  }

  /** Tells where it changes, until the result is called. */
  onChange(listener: (box: Box) => void): () => void {
    this.#listener = listener;
    return () => {
      if (this.#listener === listener) this.#listener = null;
    };
  }

  /** @param takes For rectangle and lasso: takes away instead. */
  begin(at: Point, takes: boolean): Gesture | null {
    if (this.mask === null || this.tool === 'pan') return null;
    this.isShown = true;
    const { tool, size, hardness } = this;
    return beginGesture(this.mask, { tool, size, hardness: hardness / 100, takes }, at);
  }

  /** To be called with what a gesture gives. */
  changed(box: Box | null): void {
    this.version += 1;
    if (box !== null) this.#listener?.(box);
  }

  undo(): void {
    this.isShown = true;
    this.changed(this.mask?.undo() ?? null);
  }

  redo(): void {
    this.isShown = true;
    this.changed(this.mask?.redo() ?? null);
  }

  clear(): void {
    this.#whole((mask) => mask.clear());
  }

  invert(): void {
    this.#whole((mask) => mask.invert());
  }

  load(values: Uint8Array): void {
    this.#whole((mask) => mask.load(values));
  }

  /** @returns whether it could be read; what is wrong is told. */
  async loadFile(file: Blob, name: string): Promise<boolean> {
    const { mask } = this;
    if (mask === null) return false;
    const values = await attempt(() => readMask(file, name, mask));
    if (values === undefined || this.mask !== mask) return false;
    this.load(values);
    return true;
  }

  async saveFile(fileName: string): Promise<void> {
    const { mask } = this;
    if (mask !== null) downloadBlob(await maskPng(mask), fileName);
  }

  /** For the application. */
  async bytes(): Promise<Uint8Array<ArrayBuffer>> {
    if (this.mask === null) return new Uint8Array();
    return new Uint8Array(await (await maskPng(this.mask)).arrayBuffer());
  }

  #whole(change: (mask: Mask) => void): void {
    const { mask } = this;
    if (mask === null) return;
    change(mask);
    this.isShown = true;
    this.changed({ left: 0, top: 0, right: mask.width, bottom: mask.height });
  }

  /** Of the mask, which is no state itself: its version says when to look again. */
  #read<T>(read: (mask: Mask) => T, otherwise: T): T {
    const { mask, version } = this;
    return mask === null || version === 0 ? otherwise : read(mask);
  }
}

export const repairMask = new RepairMask();
