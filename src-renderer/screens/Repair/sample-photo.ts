/** A picture to try repair on: a sample emoji with a scratch and a blot, and the mask that covers them. */
import sunflower from '../../../assets/samples/emoji/emoji_u1f33b.png';
import type { NamedFile } from '../../lib/uploads.ts';

/** Little more than an emoji, which is shown as it is: what is repaired should be the damage, not a blur. */
const side = 80;

export interface SamplePhoto {
  readonly file: NamedFile;
  /** PNG of the photo's size. */
  readonly mask: Blob;
  /** As it was before the damage: what a repair can be judged by. */
  readonly original: ImageBitmap;
}

export async function createSamplePhoto(): Promise<SamplePhoto> {
  const emoji = await createImageBitmap(await (await fetch(sunflower)).blob());
  const photo = createContext();
  photo.drawImage(emoji, (side - emoji.width) / 2, (side - emoji.height) / 2);
  emoji.close();
  const original = await createImageBitmap(photo.canvas);
  damage(photo, '#3b3732', 0);
  const mask = createContext();
  mask.fillRect(0, 0, side, side);
  // A little wider than the damage, so that nothing of its edge is taken for the picture.
  damage(mask, '#ffffff', 4);
  return { file: { name: 'sunflower.png', file: await png(photo) }, mask: await png(mask), original };
}

function damage(context: OffscreenCanvasRenderingContext2D, colour: string, margin: number): void {
  context.strokeStyle = context.fillStyle = colour;
  context.lineCap = 'round';
  context.lineWidth = 3 + margin;
  context.beginPath();
  context.moveTo(10, 21);
  context.bezierCurveTo(26, 32, 34, 20, 68, 40);
  context.stroke();
  context.beginPath();
  context.ellipse(51, 24, 6 + margin / 2, 5 + margin / 2, 0.5, 0, 2 * Math.PI);
  context.fill();
}

function createContext(): OffscreenCanvasRenderingContext2D {
  const context = new OffscreenCanvas(side, side).getContext('2d');
  if (context === null) throw new Error('this browser draws on no canvas');
  return context;
}

function png(context: OffscreenCanvasRenderingContext2D): Promise<Blob> {
  return context.canvas.convertToBlob({ type: 'image/png' });
}
