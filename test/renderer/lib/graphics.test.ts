/** What a page lends: its workers, and the canvases that one of them draws for. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Graphics, type GraphicsWorker } from '../../../src-renderer/lib/graphics.ts';

interface Drawn {
  isClosed: boolean;
  close(): void;
}

class PretendedWorker implements GraphicsWorker<Drawn> {
  readonly told: string[] = [];
  isEnded = false;
  #listener: ((canvas: string, picture: Drawn) => void) | null = null;

  serve(path: string): void {
    this.told.push(`serve ${path}`);
  }

  addCanvas(id: string): void {
    this.told.push(`add ${id}`);
  }

  removeCanvas(id: string): void {
    this.told.push(`remove ${id}`);
  }

  onPicture(listener: (canvas: string, picture: Drawn) => void): void {
    this.#listener = listener;
  }

  end(): void {
    this.isEnded = true;
  }

  draw(canvas: string): Drawn {
    const picture: Drawn = { isClosed: false, close: () => (picture.isClosed = true) };
    this.#listener?.(canvas, picture);
    return picture;
  }
}

function lender(isHere = true) {
  const workers: PretendedWorker[] = [];
  const beginWorker = (): PretendedWorker => {
    const worker = new PretendedWorker();
    workers.push(worker);
    return worker;
  };
  return { graphics: new Graphics<Drawn>({ isHere, beginWorker }), workers };
}

test('a worker for each engine process, once, which are told their sockets alone', () => {
  const { graphics, workers } = lender();
  graphics.lend();
  graphics.lend();
  assert.deepEqual(
    workers.map(({ told }) => told),
    [['serve ./graphics/live'], ['serve ./graphics/heavy']],
  );
  graphics.takeBack();
  assert.ok(workers.every(({ isEnded }) => isEnded));
  assert.equal(
    graphics.openCanvas(() => undefined),
    null,
  );
  graphics.lend();
  assert.equal(workers.length, 4);
});

test('a page without a graphics processor, or with another one’s to lend, begins none', () => {
  const { graphics, workers } = lender(false);
  graphics.lend();
  assert.equal(
    graphics.openCanvas(() => undefined),
    null,
  );
  assert.deepEqual(workers, []);
});

test('pictures come to the canvas that they were drawn for; those for none are closed', () => {
  const { graphics, workers } = lender();
  graphics.lend();
  const [live] = workers;
  const came: Drawn[] = [];
  const canvas = graphics.openCanvas((picture) => came.push(picture));
  assert.ok(canvas !== null);
  assert.equal(live.told.at(-1), `add ${canvas.id}`);
  const picture = live.draw(canvas.id);
  assert.deepEqual(came, [picture]);
  assert.equal(picture.isClosed, false);
  assert.equal(live.draw('another').isClosed, true);
  canvas.close();
  canvas.close();
  assert.deepEqual(live.told.slice(2), [`remove ${canvas.id}`]);
  assert.equal(live.draw(canvas.id).isClosed, true);
});
