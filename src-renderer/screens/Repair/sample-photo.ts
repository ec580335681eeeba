/** A picture to try repair on: a sample emoji on a soft ground, with a scratch and a hole, and the mask that covers them. */
import sunflower from '../../../assets/samples/emoji/emoji_u1f33b.png';
import type { NamedFile } from '../../lib/uploads.ts';

const side = 480;

export interface SamplePhoto {
  readonly file: NamedFile;
  /** PNG of the photo's size. */
  readonly mask: Blob;
}

export async function createSamplePhoto(): Promise<SamplePhoto> {
  const emoji = await createImageBitmap(await (await fetch(sunflower)).blob());
  const photo = createContext();
  const ground = photo.createLinearGradient(0, 0, 0, side);
  ground.addColorStop(0, '#cfe6f2');
  ground.addColorStop(1, '#f4efe1');
  photo.fillStyle = ground;
  photo.fillRect(0, 0, side, side);
  photo.imageSmoothingQuality = 'high';
  photo.drawImage(emoji, side * 0.1, side * 0.1, side * 0.8, side * 0.8);
  emoji.close();
  damage(photo, '#3b3732', 0);
  const mask = createContext();
  mask.fillRect(0, 0, side, side);
  // A little wider than the damage, so that nothing of its edge is taken for the picture.
  damage(mask, '#ffffff', 8);
  return { file: { name: 'sunflower.png', file: await png(photo) }, mask: await png(mask) };
}

function damage(context: OffscreenCanvasRenderingContext2D, colour: string, margin: number): void {
  context.strokeStyle = context.fillStyle = colour;
  context.lineCap = 'round';
  context.lineWidth = 9 + margin;
  context.beginPath();
  context.moveTo(70, 130);
  context.bezierCurveTo(160, 190, 200, 120, 400, 230);
  context.stroke();
  context.beginPath();
  context.ellipse(310, 150, 34 + margin / 2, 26 + margin / 2, 0.5, 0, 2 * Math.PI);
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
