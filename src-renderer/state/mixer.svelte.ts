/**
 * The Mixer: the styles in its slots, what its controls are set to, which modes the styles allow, and which other styles
 * would fit. The growth itself is the one on the screen (growth-state.svelte.ts); what undo brings back there is followed
 * here. Kept while the window is open, so that leaving the screen loses nothing.
 */
import type { AppContract } from '#contract/app-contract.ts';
import type { Result } from '#contract/contract.ts';
import type { StyleDetail } from '#contract/shapes/library.ts';
import type { Morph, MorphRef } from '#contract/shapes/mix.ts';
import { AppError } from '#domain/errors.ts';
import { MOST_STYLES, type LatentPath, type Mix } from '#domain/mix.ts';
import { untrack } from 'svelte';
import { bandedMap, filledMap, paintedMap, refittedMap, type AreaMap } from '../canvas/area-map.ts';
import type { Point, Size } from '../canvas/view.ts';
import { client } from '../lib/client.ts';
import { app } from './app-state.svelte.ts';
import { attempt, failureMessage } from './attempt.ts';
import { growth } from './growth-state.svelte.ts';
import { amountsAfter, mixOf, type MixKind, type MixSettings } from './mix-settings.ts';
import { router } from './router.svelte.ts';
import { toasts } from './toasts.svelte.ts';

type Problems = Result<AppContract, 'mix.check'>;

/** Settings that undo can bring back: as many as a growth's undo has levels, and some. */
const mostKnown = 400;

class MixerState {
  /** Of the route. */
  styleIds: readonly string[] = $state.raw([]);
  /** In the order of the slots; null while one is on its way. */
  styles: readonly (StyleDetail | null)[] = $state.raw([]);
  /** A sentence, where a style cannot be shown. */
  problem: string | null = $state(null);
  settings: MixSettings = $state.raw({
    kind: 'turns',
    amounts: [],
    path: 'spherical',
    softness: 2,
    map: bandedMap({ width: 1, height: 1 }, 1),
    gain: null,
  });
  /** Why a mode cannot be had; null while that is not known. */
  problems: Problems | null = $state.raw(null);
  seed = $state(1);
  grid: Size | null = $state.raw(null);
  /** The style that the area tools paint. */
  painted = $state(0);
  /** Over the picture, also while the pointer is elsewhere. */
  isMapShown = $state(false);
  /** The way from style to style, as it was set last. */
  morph: Morph = $state.raw({ path: 'spherical', easing: 'ease', isLoop: true, frames: 60 });
  /** Of the new style while it is made. */
  isSaving = $state(false);
  mix: Mix = $derived(mixOf(this.settings));
  names: readonly string[] = $derived(this.styles.map((style) => style?.name ?? '…'));
  /** The settings behind a mix, for when undo brings it back. */
  readonly #known = new Map<string, MixSettings>();
  #round = 0;
  /** Changes belong together from `hold` to `release`. */
  #held: number | null = null;
  #strokePoints: Point[] = [];
  #mapBefore: AreaMap | null = null;

  /** The route's styles; amounts stay with the styles that stay. */
  async show(styleIds: readonly string[]): Promise<void> {
    const round = ++this.#round;
    const before = this.styleIds;
    const held = new Map(this.styles.flatMap((style) => (style === null ? [] : [[style.id, style]])));
    this.styleIds = styleIds;
    this.styles = styleIds.map((id) => held.get(id) ?? null);
    this.problem = null;
    this.problems = null;
    this.painted = Math.min(this.painted, Math.max(0, styleIds.length - 1));
    const isOther = before.join() !== styleIds.join();
    if (isOther) {
      const kept = amountsAfter(before, this.settings.amounts, styleIds);
      const map =
        before.length === styleIds.length ? this.settings.map : bandedMap(this.settings.map, styleIds.length);
      this.settings = { ...this.settings, amounts: kept, map };
    }
    if (styleIds.length === 0) return;
    const [styles, problems] = await Promise.all([
      Promise.all(styleIds.map((id) => this.#detail(id))),
      client.call('mix.check', { styleIds: [...styleIds] }).catch(() => null),
    ]);
    if (round !== this.#round) return;
    this.styles = styles;
    this.problems = problems;
    this.#fitMap();
    const why = this.whyNot(this.settings.kind);
    if (why === null || this.settings.kind === 'turns') return;
    this.setKind('turns');
    toasts.show(`${why} They take turns now.`);
  }

  /** A sentence, where the styles cannot be mixed so. */
  whyNot(kind: MixKind): string | null {
    if (this.problems === null) return null;
    return kind === 'weights' || kind === 'latent' ? this.problems[kind] : this.problems.turns;
  }

  /** Another size of the canvas: the map keeps its layout. */
  setGrid(grid: Size | null): void {
    this.grid = grid;
    this.#fitMap();
  }

  /** What changes until `release` is one step of undo. */
  hold(): void {
    this.#held ??= growth.newStroke();
  }

  release(): void {
    this.#held = null;
  }

  get isHeld(): boolean {
    return this.#held !== null;
  }

  setKind(kind: MixKind): void {
    this.#change({ kind });
  }

  setAmount(slot: number, amount: number): void {
    if (this.settings.amounts[slot] === amount) return;
    this.#change({ amounts: this.settings.amounts.with(slot, amount) });
  }

  setPath(path: LatentPath): void {
    this.#change({ path });
  }

  setSoftness(softness: number): void {
    this.#change({ softness });
  }

  /** @param gain null for the first style's own. */
  setGain(gain: number | null): void {
    this.#change({ gain });
  }

  /** Areas as they were at first. */
  resetMap(): void {
    this.#change({ map: bandedMap(this.settings.map, this.styleIds.length) });
  }

  fillAll(): void {
    const { map } = this.settings;
    this.#change({ map: { ...map, cells: new Uint8Array(map.cells.length).fill(this.painted) } });
  }

  fill(at: Point): void {
    this.#change({ map: filledMap(this.settings.map, at, this.painted) });
  }

  /** @param size Of the brush, in cells across. */
  beginPainting(at: Point, size: number): void {
    this.hold();
    this.#mapBefore = this.settings.map;
    this.#strokePoints = [at];
    this.#change({ map: paintedMap(this.settings.map, [at], size, this.painted) });
  }

  paintOn(points: readonly Point[], size: number): void {
    const last = this.#strokePoints.at(-1);
    if (last === undefined) return;
    this.#strokePoints = [...points];
    this.#change({ map: paintedMap(this.settings.map, [last, ...points], size, this.painted) });
  }

  endPainting(): void {
    this.#strokePoints = [];
    this.#mapBefore = null;
    this.release();
  }

  /** The stroke became something else: the map is as before it. */
  cancelPainting(): void {
    if (this.#mapBefore !== null) this.#change({ map: this.#mapBefore });
    this.endPainting();
  }

  /** The mix that a frame was grown with: undo brings earlier ones back. */
  follow(mix: Mix): void {
    if (this.isHeld || growth.isMixing) return;
    const key = JSON.stringify(mix);
    if (key === JSON.stringify(untrack(() => this.mix))) return;
    const known = this.#known.get(key);
    if (known !== undefined && known.amounts.length === this.styleIds.length) this.settings = known;
  }

  /** To be called when the growth is opened with what is set now. */
  current(): Mix {
    this.#remember();
    return this.mix;
  }

  /** Why this style cannot join the others. @param slot The one that it would take. */
  async problemWith(styleId: string, slot: number): Promise<string | null> {
    const others = this.styleIds.filter((_, index) => index !== slot);
    if (others.length === 0) return null;
    try {
      return (await client.call('mix.check', { styleIds: [...others, styleId] })).turns;
    } catch (failure) {
      return failureMessage(failure);
    }
  }

  /** No style is chosen; what else is set stays. */
  clear(): void {
    this.styleIds = [];
    this.styles = [];
    this.problem = null;
    this.problems = null;
  }

  /** Beside those that are mixed, and shown. Where they do not fit, it says why, and offers a mix of their own. */
  async join(styleIds: readonly string[]): Promise<void> {
    const before = this.styleIds;
    const all = [...before, ...styleIds.filter((id) => !before.includes(id))];
    const anew = { label: 'Mix anew', run: () => router.mix(...styleIds) };
    router.mix(...before);
    if (all.length > MOST_STYLES) {
      toasts.show('Four styles are mixed already: drop it on the slot that it is to take.', { action: anew });
      return;
    }
    const found = await attempt(() => client.call('mix.check', { styleIds: all }));
    if (found === undefined) return;
    if (found.turns === null) router.mix(...all);
    else toasts.show(found.turns, { kind: 'bad', action: before.length > 0 ? anew : null });
  }

  /** Into a slot, or a new one behind them. */
  put(styleId: string, slot: number): void {
    const ids = [...this.styleIds];
    if (slot < ids.length) ids[slot] = styleId;
    else if (ids.length < MOST_STYLES) ids.push(styleId);
    else return;
    router.mix(...ids);
  }

  swap(slot: number, other: number): void {
    const ids = [...this.styleIds];
    if (slot === other || ids[slot] === undefined || ids[other] === undefined) return;
    [ids[slot], ids[other]] = [ids[other], ids[slot]];
    router.mix(...ids);
  }

  take(slot: number): void {
    router.mix(...this.styleIds.filter((_, index) => index !== slot));
  }

  throwDice(): void {
    this.seed = Math.floor(Math.random() * 1_000_000);
  }

  /** The mix as one rule, in the library. @returns its id, or null after a failure that was told. */
  async saveStyle(name: string): Promise<string | null> {
    if (this.isSaving) return null;
    this.isSaving = true;
    const { mix } = this;
    const saved = await attempt(() =>
      client.call('mix.saveStyle', { styleIds: [...this.styleIds], mix, name }),
    );
    this.isSaving = false;
    return saved?.styleId ?? null;
  }

  /** To be exported. */
  morphRef(): MorphRef {
    const { styleIds, seed, grid, morph } = this;
    return { kind: 'morph', styleIds: [...styleIds], seed, grid, morph };
  }

  /** The slot that a child goes to: a free one, else that of the smallest share. */
  get slotForChild(): number {
    const { length } = this.styleIds;
    if (length < MOST_STYLES) return length;
    const given = this.settings.amounts;
    return given.indexOf(Math.min(...given));
  }

  #change(change: Partial<MixSettings>): void {
    const before = this.mix;
    this.settings = { ...this.settings, ...change };
    if (JSON.stringify(before) === JSON.stringify(this.mix)) return;
    this.#remember();
    if (growth.opened !== null) growth.setMix(this.mix, this.#held ?? growth.newStroke());
  }

  #remember(): void {
    this.#known.set(JSON.stringify(this.mix), this.settings);
    const [oldest] = this.#known.keys();
    if (this.#known.size > mostKnown && oldest !== undefined) this.#known.delete(oldest);
  }

  /** To the growth's grid. */
  #fitMap(): void {
    const count = this.styleIds.length;
    const size = this.grid ?? this.#trainedGrid();
    if (size === null || count === 0) return;
    const { map } = this.settings;
    const isPlain = map.width === 1 && map.height === 1;
    if (isPlain) this.settings = { ...this.settings, map: bandedMap(size, count) };
    else if (map.width !== size.width || map.height !== size.height)
      this.settings = { ...this.settings, map: refittedMap(map, size, count) };
  }

  /** The largest, as growths of several are. */
  #trainedGrid(): Size | null {
    const grids = this.styles.flatMap((style) => (style === null ? [] : [style.grid]));
    if (grids.length === 0) return null;
    return {
      width: Math.max(...grids.map(({ width }) => width)),
      height: Math.max(...grids.map(({ height }) => height)),
    };
  }

  async #detail(id: string): Promise<StyleDetail | null> {
    try {
      const detail = await client.call('gallery.detail', { kind: 'style', id });
      return detail.kind === 'style' ? detail : null;
    } catch (failure) {
      if (failure instanceof AppError && app.connection === 'open') this.problem = failure.message;
      return null;
    }
  }
}

export const mixer = new MixerState();
