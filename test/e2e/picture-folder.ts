/** A folder as people have them: 300 pictures that are good, and twelve files that are each bad in their own way. */
import fs from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { flatImage, patternImage } from '#test/media/sample-images.ts';

const emoji = [
  fileURLToPath(new URL('../../assets/samples/emoji/', import.meta.url)),
  fileURLToPath(new URL('../fixtures/emoji/', import.meta.url)),
];

export const GOOD = 300;

/** Fills a folder that is there and empty. @returns the names of the bad files, sorted */
export async function makePictureFolder(folder: string): Promise<string[]> {
  const inner = join(folder, 'more', 'of these');
  await fs.mkdir(inner, { recursive: true });
  let good = 0;
  for (const source of emoji) {
    for (const name of (await fs.readdir(source)).filter((entry) => entry.endsWith('.png'))) {
      await fs.copyFile(join(source, name), join(good < 200 ? folder : inner, name));
      good++;
    }
  }
  if (good !== GOOD) throw new Error(`${good} emoji instead of ${GOOD}`);
  const picture = await patternImage(80, 80).png().toBuffer();
  const photo = await patternImage(80, 80).jpeg().toBuffer();
  const wrongSum = Buffer.from(picture);
  wrongSum[picture.indexOf('IDAT') + 20] ^= 0xff;
  const bad: Record<string, Uint8Array | string> = {
    'cut short.jpg': photo.subarray(0, photo.length * 0.6),
    'cut short.png': picture.subarray(0, picture.length * 0.6),
    'empty.png': '',
    'wrong sum.png': wrongSum,
    'letter.png': 'Dear all, this is no picture.',
    'drawing.svg': '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>',
    'phone.heic': Buffer.concat([Buffer.from([0, 0, 0, 24]), Buffer.from('ftypheic\0\0\0\0mif1heic')]),
    'tiny.png': await patternImage(1, 1).png().toBuffer(),
    'nothing visible.png': await flatImage(80, 80, { r: 9, g: 9, b: 9, alpha: 0 }).png().toBuffer(),
    'huge.png': await hugePng(),
    'paper.pdf': '%PDF-1.7\n%%EOF\n',
    'weights.pt.png': Buffer.from('PK\u0003\u0004archive/data.pkl', 'latin1'),
  };
  for (const [name, bytes] of Object.entries(bad)) await fs.writeFile(join(folder, name), bytes);
  return Object.keys(bad).sort();
}

/** A real PNG whose header is changed to claim 30,000 × 30,000 pixels. */
async function hugePng(): Promise<Buffer> {
  const bytes = await patternImage(8, 8).png().toBuffer();
  bytes.writeUInt32BE(30_000, 16);
  bytes.writeUInt32BE(30_000, 20);
  return bytes;
}
