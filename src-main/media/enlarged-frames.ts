/** An animation's frames at the size at which they are shown, each with what differs from the one before. */
import type { MovingFrame, Enlarging } from './moving-frames.ts';
import type { RgbaImage } from './pixels.ts';
import { Smoother } from './smooth.ts';

/** The pictures are one and the same, drawn on for each frame: what is to be kept is to be copied. */
export async function* enlargedFrames(
  frames: AsyncIterable<MovingFrame>,
  { scale = 1, smoothTo = null }: Enlarging,
): AsyncGenerator<MovingFrame, void, undefined> {
  if (smoothTo === null && scale === 1) {
    yield* frames;
    return;
  }
  let smoother: Smoother | null = null;
  let shown: RgbaImage | null = null;
  for await (const { image, area, delayMs } of frames) {
    const { width, height } = smoothTo ?? { width: image.width * scale, height: image.height * scale };
    shown ??= { pixels: new Uint8Array(width * height * 4), width, height };
    if (smoothTo === null) {
      enlargeInto(shown, image, scale, area);
      const [x, y] = [area.x * scale, area.y * scale];
      yield { image: shown, area: { x, y, width: area.width * scale, height: area.height * scale }, delayMs };
      continue;
    }
    smoother ??= new Smoother(image, smoothTo);
    const drawn = smoother.show(image) ?? { x: 0, y: 0, width: 1, height: 1 };
    for (let y = drawn.y; y < drawn.y + drawn.height; y++) {
      smoother.row(y, drawn.x, drawn.x + drawn.width, shown.pixels, (y * width + drawn.x) * 4);
    }
    yield { image: shown, area: drawn, delayMs };
  }
}

function enlargeInto(
  { pixels, width }: RgbaImage,
  image: RgbaImage,
  scale: number,
  area: MovingFrame['area'],
): void {
  const to = new Uint32Array(pixels.buffer, pixels.byteOffset, pixels.length >> 2);
  const from = new Uint32Array(image.pixels.slice().buffer);
  for (let y = area.y; y < area.y + area.height; y++) {
    const start = y * scale * width;
    for (let x = area.x; x < area.x + area.width; x++) {
      to.fill(from[y * image.width + x], start + x * scale, start + (x + 1) * scale);
    }
    for (let copy = 1; copy < scale; copy++) {
      const left = start + area.x * scale;
      to.copyWithin(left + copy * width, left, left + area.width * scale);
    }
  }
}
