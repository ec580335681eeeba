/**
 * Frames of a GIF, one after another, each as what changes since the one before. A pixel stays as it is where that is
 * hardly worse than the nearest colour that there is: what stands still to the eye stays still in the file, which is what
 * makes it small. Colours are those of all frames, or each frame has its own. A long animation is coded in runs, each by
 * whoever has time: the last frame of a run is written such that what a viewer then has follows from that frame alone.
 */
import type { Area } from '../changed-area.ts';
import { bayerOffsets } from '../bayer.ts';
import type { RgbaImage } from '../pixels.ts';
import { Smoother } from '../smooth.ts';
import { codedFrame, rectangleOf, union } from './coded-frame.ts';
import { ColourLookup } from './colour-lookup.ts';
import { LzwEncoder } from './lzw.ts';
import { ColourList } from './colour-list.ts';

export interface FramePlan {
  /** Of the frames as they come. */
  readonly width: number;
  readonly height: number;
  /** Each pixel becomes a square of so many; 1 where they are resized smoothly. */
  readonly scale: number;
  readonly smoothTo: { readonly width: number; readonly height: number } | null;
  /** Of all frames, as 0xRRGGBB; null: each frame has its own. */
  readonly palette: readonly number[] | null;
  /** 0xRRGGBB: the background, which is in every palette that draws it; a shade that it is off by shows. */
  readonly exact: number | null;
  /** Of a palette, at most 255: one place is for what is clear or stays. */
  readonly colours: number;
  readonly isTransparent: boolean;
  readonly isDithered: boolean;
  /** By how much the squared distance of a colour may be larger than need be for a pixel to stay as it is. */
  readonly tolerance: number;
}

/** What comes after a frame, in a transparent animation: the next one, nothing at all, or whatever it leaves. */
export type Follower = RgbaImage | 'nothing' | 'anything';

export interface FrameManner {
  /** It ends a run. */
  readonly isLast?: boolean;
  /** It stays for long, and is to be exact. */
  readonly isHeld?: boolean;
}

/** Squared distance: five or so of a channel. */
const CROWDED_TOLERANCE = 32;
/** Clear, in place of a colour. */
const CLEAR = -1;

/** Frames of one run, in their order: `begin`, then `code` for each. */
export class FrameCoder {
  readonly #plan: FramePlan;
  readonly #width: number;
  readonly #height: number;
  readonly #smoother: Smoother | null;
  readonly #lzw = new LzwEncoder();
  readonly #offsets: Int16Array | null;
  readonly #lookup: ColourLookup;
  readonly #colours: ColourList;
  /** What a viewer has: 0xRRGGBB or CLEAR, as `target` and `next` have. */
  readonly #canvas: Int32Array;
  /** The frame that is coded; and that after it, where that matters. */
  #target: Int32Array;
  #next: Int32Array;
  /** Whether `next` is filled already. */
  #knowsNext = false;
  #isBegun = false;
  /** Places in the palette of what is drawn. */
  readonly #fresh: Uint8Array;

  constructor(plan: FramePlan) {
    this.#plan = plan;
    const { width, height } = plan.smoothTo ?? plan;
    this.#width = width;
    this.#height = height;
    this.#smoother = plan.smoothTo === null ? null : new Smoother(plan, plan.smoothTo);
    this.#offsets = plan.isDithered ? bayerOffsets(plan.palette?.length ?? plan.colours) : null;
    const pixels = width * height;
    this.#lookup = new ColourLookup(pixels);
    if (plan.palette !== null) this.#lookup.use(plan.palette);
    this.#colours = new ColourList(pixels);
    this.#canvas = new Int32Array(pixels).fill(CLEAR);
    this.#target = new Int32Array(pixels).fill(CLEAR);
    this.#next = plan.isTransparent ? new Int32Array(pixels).fill(CLEAR) : this.#target;
    this.#fresh = new Uint8Array(pixels);
  }

  /** @param before The last frame of the run before, and `first` the first of this one; null at the beginning of all. */
  begin(before: RgbaImage, first: RgbaImage): void {
    this.#isBegun = true;
    this.#take(before, this.#target);
    this.#code({ x: 0, y: 0, width: this.#width, height: this.#height }, 0, true);
    if (!this.#plan.isTransparent) return;
    this.#followedBy(first);
    if (this.#cleared() !== null) this.#canvas.fill(CLEAR);
  }

  /** The frame as the file has it, with a delay of 0; null where a viewer would see nothing change. */
  code(image: RgbaImage, follower: Follower, manner: FrameManner = {}): Uint8Array | null {
    const { isTransparent, tolerance } = this.#plan;
    const { isLast = false, isHeld = false } = manner;
    const whole = { x: 0, y: 0, width: this.#width, height: this.#height };
    let area: Area | null = whole;
    if (this.#knowsNext) [this.#target, this.#next] = [this.#next, this.#target];
    else area = this.#take(image, this.#target);
    this.#knowsNext = false;
    const isFirst = !this.#isBegun;
    this.#isBegun = true;
    if (isTransparent || isLast || isHeld || isFirst) area = whole;
    const allowed = isLast || isHeld ? 0 : tolerance;
    const colours = area && this.#code(area, allowed, isLast);
    const drawn = colours && rectangleOf(this.#fresh, this.#width, area ?? whole, colours.length);
    // Programs take the first for the size of all.
    const changed = isFirst ? whole : drawn;
    if (!isTransparent) {
      return colours && changed && this.#written(colours, changed, false);
    }
    this.#followedBy(follower);
    const cleared = this.#cleared();
    if (colours === null || (changed === null && cleared === null)) return null;
    const rectangle = cleared !== null && isLast ? whole : union(changed, cleared);
    const frame = this.#written(colours, rectangle, cleared !== null);
    if (cleared !== null) this.#clear(rectangle);
    return frame;
  }

  /** Fills `target`. @returns where it differs from the frame before */
  #take(image: RgbaImage, target: Int32Array): Area | null {
    const smoother = this.#smoother;
    const width = this.#width;
    if (smoother === null) {
      const { pixels } = image;
      for (let i = 0, at = 0; i < target.length; i++, at += 4) {
        const isClear = pixels[at + 3] < 128;
        target[i] = isClear ? CLEAR : (pixels[at] << 16) | (pixels[at + 1] << 8) | pixels[at + 2];
      }
      const whole = { x: 0, y: 0, width, height: this.#height };
      this.#dither(target, whole);
      return whole;
    }
    const area = smoother.show(image);
    if (area === null) return null;
    for (let y = area.y; y < area.y + area.height; y++) {
      smoother.packedRow(y, area.x, area.x + area.width, target, y * width + area.x);
    }
    this.#dither(target, area);
    return area;
  }

  #dither(target: Int32Array, { x: left, y: top, width, height }: Area): void {
    const offsets = this.#offsets;
    if (offsets === null) return;
    for (let y = top; y < top + height; y++) {
      for (let x = left, i = y * this.#width + left; x < left + width; x++, i++) {
        const colour = target[i];
        if (colour === CLEAR) continue;
        const offset = offsets[((y & 7) << 3) | (x & 7)];
        const red = byte((colour >> 16) + offset);
        const green = byte(((colour >> 8) & 255) + offset);
        target[i] = (red << 16) | (green << 8) | byte((colour & 255) + offset);
      }
    }
  }

  #followedBy(follower: Follower): void {
    if (follower === 'anything') {
      this.#next.set(this.#target);
    } else if (follower === 'nothing') {
      this.#next.fill(CLEAR);
    } else {
      // Where it is as before, nothing is computed again.
      if (this.#smoother !== null) this.#next.set(this.#target);
      this.#take(follower, this.#next);
      this.#knowsNext = true;
    }
  }

  /** Around the pixels that are shown and are to be clear; null where there are none. */
  #cleared(): Area | null {
    const width = this.#width;
    const [target, next] = [this.#target, this.#next];
    let [left, right, top, bottom] = [width, -1, -1, -1];
    for (let y = 0, i = 0; y < this.#height; y++) {
      for (let x = 0; x < width; x++, i++) {
        if (next[i] !== CLEAR || target[i] === CLEAR) continue;
        if (x < left) left = x;
        if (x > right) right = x;
        if (top < 0) top = y;
        bottom = y;
      }
    }
    return right < 0 ? null : { x: left, y: top, width: right - left + 1, height: bottom - top + 1 };
  }

  #clear({ x, y, width, height }: Area): void {
    for (let row = y; row < y + height; row++) {
      this.#canvas.fill(CLEAR, row * this.#width + x, row * this.#width + x + width);
    }
  }

  /**
   * Decides for each pixel of the area: its place in the palette, or the place after the last for what stays.
   * @returns the palette
   */
  #code(area: Area, allowed: number, isWhole: boolean): readonly number[] {
    const [canvas, target, fresh] = [this.#canvas, this.#target, this.#fresh];
    const lookup = this.#lookup;
    let { palette } = this.#plan;
    let tolerance = allowed;
    if (palette === null) {
      const { exact, colours } = this.#plan;
      const drawn = { area, width: this.#width, canvas: isWhole ? null : canvas, exact };
      palette = this.#colours.all(target, { ...drawn, tolerance }, colours);
      if (palette === null) {
        // Fewer colours than there are go farther where what is nearly right takes none.
        tolerance = Math.max(allowed, CROWDED_TOLERANCE);
        palette = this.#colours.choose(target, { ...drawn, tolerance }, colours);
      }
      lookup.use(palette);
    }
    const stays = palette.length;
    for (let y = area.y; y < area.y + area.height; y++) {
      const end = y * this.#width + area.x + area.width;
      for (let i = end - area.width; i < end; i++) {
        const wanted = target[i];
        const has = canvas[i];
        fresh[i] = stays;
        if (wanted === CLEAR || (wanted === has && !isWhole)) continue;
        const distance = has === CLEAR ? Infinity : distanceOf(has, wanted);
        // A pixel that stays however good its nearest colour is, as most do, needs no look at any.
        if (distance <= tolerance && !isWhole) continue;
        const place = lookup.placeOf(wanted);
        const colour = palette[place];
        if (colour === has) continue;
        if (!isWhole && distance <= distanceOf(colour, wanted) + tolerance) continue;
        fresh[i] = place;
        canvas[i] = colour;
      }
    }
    return palette;
  }

  #written(colours: readonly number[], rectangle: Area, isCleared: boolean): Uint8Array {
    const { scale, palette } = this.#plan;
    const { x, y, width, height } = rectangle;
    const indices = new Uint8Array(width * height);
    for (let row = 0; row < height; row++) {
      const from = (y + row) * this.#width + x;
      indices.set(this.#fresh.subarray(from, from + width), row * width);
    }
    return codedFrame(this.#lzw, {
      ...{ indices, rectangle, scale, isCleared },
      ...{ colours: colours.length, palette: palette === null ? colours : null },
    });
  }
}

function distanceOf(a: number, b: number): number {
  const red = (a >> 16) - (b >> 16);
  const green = ((a >> 8) & 255) - ((b >> 8) & 255);
  const blue = (a & 255) - (b & 255);
  return red * red + green * green + blue * blue;
}

function byte(value: number): number {
  return value < 0 ? 0 : value > 255 ? 255 : value;
}
