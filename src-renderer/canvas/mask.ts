/**
 * The mask over a photo: a byte a pixel, 0 stays as it is, 255 is to be repaired, between them partly. It is changed by
 * edits (a stroke, a rectangle, …) that can be taken back and made again. Of an edit only the tiles that it touched are
 * kept, even ones as one byte, and the oldest edits are forgotten when all of them together would take too much memory.
 */
import type { Box, Shape } from './mask-shapes.ts';
import type { Size } from './view.ts';

/** Side of a tile, in pixels. */
const side = 64;
const defaultBudgetBytes = 64 * 1024 * 1024;

/** What a tile held: one value everywhere, or each pixel's. */
type Tile = number | Uint8Array;

interface Edit {
  /** By the tile's number, row by row; what it held before this edit, or, once undone, after it. */
  readonly tiles: Map<number, Tile>;
  readonly bytes: number;
}

export interface MaskOptions {
  /** Of all edits that are kept for undo and redo. The newest is kept however large it is. */
  readonly budgetBytes?: number;
}

export class Mask implements Size {
  readonly width: number;
  readonly height: number;
  /** [height, width] */
  readonly values: Uint8Array;
  readonly #columns: number;
  readonly #budgetBytes: number;
  #painted = 0;
  #done: Edit[] = [];
  #undone: Edit[] = [];
  /** What the tiles of the edit under way held before it. */
  #open: Map<number, Tile> | null = null;

  constructor({ width, height }: Size, { budgetBytes = defaultBudgetBytes }: MaskOptions = {}) {
    this.width = width;
    this.height = height;
    this.values = new Uint8Array(width * height);
    this.#columns = Math.ceil(width / side);
    this.#budgetBytes = budgetBytes;
  }

  /** Pixels that are not 0. */
  get painted(): number {
    return this.#painted;
  }

  get canUndo(): boolean {
    return this.#done.length > 0;
  }

  get canRedo(): boolean {
    return this.#undone.length > 0;
  }

  /** Memory of what can be taken back and made again. */
  get historyBytes(): number {
    return [...this.#done, ...this.#undone].reduce((sum, { bytes }) => sum + bytes, 0);
  }

  /** Begins an edit; everything painted until `end` is one step of undo. */
  begin(): void {
    this.end();
    this.#open = new Map();
  }

  /** Adds a shape to what is painted, or takes it away; within an edit or as one of its own. @returns the shape's box. */
  paint(shape: Shape, mode: 'add' | 'take'): Box {
    const isAlone = this.#open === null;
    if (isAlone) this.begin();
    const { box } = shape;
    this.#keep(box);
    const coverage = new Uint8Array(Math.max(0, box.right - box.left));
    for (let y = box.top; y < box.bottom; y++) {
      shape.row(y, coverage);
      const start = y * this.width + box.left;
      for (let index = 0; index < coverage.length; index++) {
        const before = this.values[start + index];
        const after =
          mode === 'add' ? Math.max(before, coverage[index]) : Math.min(before, 255 - coverage[index]);
        if (after === before) continue;
        this.values[start + index] = after;
        this.#painted += Number(after > 0) - Number(before > 0);
      }
    }
    if (isAlone) this.end();
    return box;
  }

  /** What is to be repaired stays, and the other way round; one step of undo, as are the next two. */
  invert(): void {
    this.#replace((values) => {
      for (let index = 0; index < values.length; index++) values[index] = 255 - values[index];
    });
  }

  clear(): void {
    this.#replace((values) => values.fill(0));
  }

  /** @param source [height, width] of this mask. */
  load(source: Uint8Array): void {
    if (source.length !== this.values.length) throw new RangeError('a mask of another size');
    this.#replace((values) => values.set(source));
  }

  /** Ends the edit under way, which can be undone from now on if it changed anything. */
  end(): void {
    const tiles = this.#open;
    this.#open = null;
    if (tiles === null) return;
    for (const [number, before] of tiles) if (this.#holds(number, before)) tiles.delete(number);
    if (tiles.size === 0) return;
    this.#undone = [];
    this.#done.push(createEdit(tiles));
    this.#forget();
  }

  /** Takes back the edit under way. @returns where it had painted; null if there is none. */
  cancel(): Box | null {
    const tiles = this.#open;
    this.#open = null;
    if (tiles === null || tiles.size === 0) return null;
    for (const [number, before] of tiles) this.#write(number, before);
    return this.#boxOf(tiles.keys());
  }

  /** @returns where the mask changed; null if there is nothing to undo. */
  undo(): Box | null {
    this.end();
    return this.#swap(this.#done, this.#undone);
  }

  /** @returns where the mask changed; null if there is nothing to make again. */
  redo(): Box | null {
    this.end();
    return this.#swap(this.#undone, this.#done);
  }

  #swap(from: Edit[], to: Edit[]): Box | null {
    const edit = from.pop();
    if (edit === undefined) return null;
    const others = new Map<number, Tile>();
    for (const [number, tile] of edit.tiles) {
      others.set(number, this.#read(number));
      this.#write(number, tile);
    }
    to.push(createEdit(others));
    return this.#boxOf(others.keys());
  }

  #replace(change: (values: Uint8Array) => void): void {
    this.begin();
    this.#keep({ left: 0, top: 0, right: this.width, bottom: this.height });
    change(this.values);
    this.#painted = countPainted(this.values);
    this.end();
  }

  /** Before the pixels of a box change. */
  #keep({ left, top, right, bottom }: Box): void {
    if (right <= left || bottom <= top) return;
    for (let row = Math.floor(top / side); row <= Math.floor((bottom - 1) / side); row++)
      for (let column = Math.floor(left / side); column <= Math.floor((right - 1) / side); column++) {
        const number = row * this.#columns + column;
        if (this.#open?.has(number) === false) this.#open.set(number, this.#read(number));
      }
  }

  #read(number: number): Tile {
    const { left, top, right, bottom } = this.#tileBox(number);
    const width = right - left;
    const tile = new Uint8Array(width * (bottom - top));
    for (let y = top; y < bottom; y++)
      tile.set(this.values.subarray(y * this.width + left, y * this.width + right), (y - top) * width);
    const [first] = tile;
    return tile.every((value) => value === first) ? first : tile;
  }

  #write(number: number, tile: Tile): void {
    const { left, top, right, bottom } = this.#tileBox(number);
    const width = right - left;
    for (let y = top; y < bottom; y++) {
      const row = this.values.subarray(y * this.width + left, y * this.width + right);
      const before = countPainted(row);
      if (typeof tile === 'number') row.fill(tile);
      else row.set(tile.subarray((y - top) * width, (y - top + 1) * width));
      this.#painted += countPainted(row) - before;
    }
  }

  #holds(number: number, tile: Tile): boolean {
    const now = this.#read(number);
    if (typeof now === 'number' || typeof tile === 'number') return now === tile;
    return now.every((value, index) => value === tile[index]);
  }

  #tileBox(number: number): Box {
    const left = (number % this.#columns) * side;
    const top = Math.floor(number / this.#columns) * side;
    return {
      left,
      top,
      right: Math.min(left + side, this.width),
      bottom: Math.min(top + side, this.height),
    };
  }

  #boxOf(numbers: Iterable<number>): Box {
    let [left, top, right, bottom] = [this.width, this.height, 0, 0];
    for (const number of numbers) {
      const box = this.#tileBox(number);
      left = Math.min(left, box.left);
      top = Math.min(top, box.top);
      right = Math.max(right, box.right);
      bottom = Math.max(bottom, box.bottom);
    }
    return { left, top, right, bottom };
  }

  #forget(): void {
    let bytes = this.historyBytes;
    while (bytes > this.#budgetBytes && this.#done.length > 1) bytes -= this.#done.shift()?.bytes ?? 0;
  }
}

function createEdit(tiles: Map<number, Tile>): Edit {
  let bytes = 0;
  for (const tile of tiles.values()) bytes += typeof tile === 'number' ? 16 : tile.length + 100;
  return { tiles, bytes };
}

function countPainted(values: Uint8Array): number {
  let count = 0;
  for (const value of values) if (value > 0) count++;
  return count;
}
