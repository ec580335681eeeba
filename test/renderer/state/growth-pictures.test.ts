/** Pictures on their way to a stage: pixels and what the page drew itself, in one row, the newest always. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Frame } from '#contract/shapes/growth.ts';
import { plainMix } from '#contract/shapes/mix.ts';
import type { DrawnPicture, Picture } from '../../../src-renderer/canvas/picture.ts';
import { GrowthPictures, type PictureSource } from '../../../src-renderer/state/growth-pictures.ts';

interface Drawn extends DrawnPicture {
  isClosed: boolean;
}

/** A page that draws, with a stage that shows when it is told to. */
class DrawingPage implements PictureSource<Drawn> {
  readonly closed: string[] = [];
  readonly shown: Picture<Drawn>['pixels'][] = [];
  lends = true;
  drawsBlank = false;
  looks = 0;
  blanks = 0;
  #opened = 0;
  #draw: ((picture: Drawn) => void) | null = null;
  #waiting: (() => void)[] = [];

  readonly openCanvas: PictureSource<Drawn>['openCanvas'] = (onPicture) => {
    if (!this.lends) return null;
    const id = `canvas-${++this.#opened}`;
    this.#draw = onPicture;
    return { id, close: () => void this.closed.push(id) };
  };
  readonly isBlank = (): boolean => {
    this.looks++;
    return this.drawsBlank;
  };
  readonly onBlank = (): void => {
    this.blanks++;
  };

  readonly show = ({ pixels }: Picture<Drawn>): Promise<void> => {
    this.shown.push(pixels);
    return new Promise((resolve) => this.#waiting.push(resolve));
  };

  draw(): Drawn {
    const picture: Drawn = { width: 2, height: 1, isClosed: false, close: () => (picture.isClosed = true) };
    this.#draw?.(picture);
    return picture;
  }

  /** A refresh of the screen. */
  refresh(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}

function frameOf(rgba: Uint8Array<ArrayBuffer> | null, alive = 1): Frame {
  return {
    ...{ step: 1, lastStep: 1, isPlaying: true, height: 1, width: 2, rgba, alive, eventsSoFar: 0, events: 0 },
    ...{ mix: plainMix, canUndo: false, canRedo: false, stepsPerSecond: 60 },
  };
}

/** Whether it is fulfilled already. */
async function isDone(promise: Promise<void>): Promise<boolean> {
  return Promise.race([promise.then(() => true), Promise.resolve().then(() => Promise.resolve(false))]);
}

test('a frame without pixels is acknowledged when what was drawn for it was shown', async () => {
  const page = new DrawingPage();
  const pictures = new GrowthPictures(page);
  pictures.showOn(page.show);
  assert.equal(pictures.open(), 'canvas-1');
  const picture = page.draw();
  assert.deepEqual(page.shown, [picture]);
  const taken = pictures.take(frameOf(null));
  assert.equal(await isDone(taken), false);
  page.refresh();
  await taken;
  assert.equal(picture.isClosed, false, 'that is for the stage to do');
});

test('pixels and drawn pictures are shown in the order in which they come', async () => {
  const page = new DrawingPage();
  const pictures = new GrowthPictures(page);
  pictures.showOn(page.show);
  pictures.open();
  const first = page.draw();
  const bytes = new Uint8Array(8);
  const taken = [pictures.take(frameOf(null)), pictures.take(frameOf(bytes))];
  const last = page.draw();
  taken.push(pictures.take(frameOf(null)));
  page.refresh();
  await Promise.all(taken);
  assert.deepEqual(page.shown, [first, bytes, last]);
});

test('without a stage the newest waits for one, and older ones are closed', async () => {
  const page = new DrawingPage();
  const pictures = new GrowthPictures(page);
  pictures.open();
  const older = page.draw();
  const oldest = pictures.take(frameOf(null));
  const newest = page.draw();
  await oldest;
  assert.deepEqual([older.isClosed, newest.isClosed], [true, false]);
  const taken = pictures.take(frameOf(null));
  const hide = pictures.showOn(page.show);
  assert.deepEqual(page.shown, [newest]);
  page.refresh();
  await taken;
  hide();
  const unseen = page.draw();
  const left = pictures.take(frameOf(null));
  pictures.close();
  await left;
  assert.equal(unseen.isClosed, true);
  assert.deepEqual(page.closed, ['canvas-1']);
});

test('each growth has a canvas of its own, and none where the page lends nothing', () => {
  const page = new DrawingPage();
  const pictures = new GrowthPictures(page);
  assert.equal(pictures.open(), 'canvas-1');
  assert.equal(pictures.open(), 'canvas-2');
  page.lends = false;
  assert.equal(pictures.open(), null);
  assert.deepEqual(page.closed, ['canvas-1', 'canvas-2']);
});

test('a page whose drawings come blank is asked for none again; one that was right is looked at once', () => {
  const broken = new DrawingPage();
  broken.drawsBlank = true;
  const pixelsAlone = new GrowthPictures(broken);
  pixelsAlone.open();
  broken.draw();
  // Nothing lives: nothing is to be seen.
  void pixelsAlone.take(frameOf(null, 0));
  assert.equal(broken.blanks, 0);
  broken.draw();
  void pixelsAlone.take(frameOf(null));
  assert.equal(broken.blanks, 1);
  assert.equal(pixelsAlone.open(), null);

  const lost = new DrawingPage();
  lost.drawsBlank = true;
  const pixelsAfterwards = new GrowthPictures(lost);
  pixelsAfterwards.open();
  lost.draw();
  void pixelsAfterwards.take(frameOf(new Uint8Array(8)));
  assert.deepEqual([pixelsAfterwards.open(), lost.blanks], [null, 0]);

  const right = new DrawingPage();
  const pictures = new GrowthPictures(right);
  pictures.open();
  for (let i = 0; i < 3; i++) {
    right.draw();
    void pictures.take(frameOf(null));
  }
  assert.deepEqual([right.looks, right.blanks], [1, 0]);
});
