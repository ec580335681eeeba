/** Draws every icon into assets/: `node src-main/hosts/electron/packaging/draw-icons.ts`. Run it where the shape changes. */
import { mkdir, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { icnsFile, icoFile, type IconPicture } from './icon-files.ts';
import { fileIconSvg, iconSvg } from './icon-shape.ts';

const assets = new URL('../../../../assets/', import.meta.url);
const folder = new URL('desktop/', assets);
const linuxSizes = [16, 24, 32, 48, 64, 128, 256, 512, 1024];
const windowsSizes = [16, 20, 24, 32, 40, 48, 64, 128, 256];
const macSizes = [16, 32, 64, 128, 256, 512, 1024];

await mkdir(new URL('icons/', folder), { recursive: true });
const write = (name: string, content: string | Uint8Array, base = folder): Promise<void> =>
  writeFile(fileURLToPath(new URL(name, base)), content);

// For the page's tab, which shows it at 16 or 32 pixels.
await write('icon.svg', iconSvg(32), assets);
for (const size of linuxSizes) await write(`icons/${size}x${size}.png`, await drawn(iconSvg(size)));
await write('icon.ico', icoFile(await all(windowsSizes, (size) => iconSvg(size))));
await write('icon.icns', icnsFile(await all(macSizes, (size) => iconSvg(size, 'mac'))));
await write('file.ico', icoFile(await all(windowsSizes, fileIconSvg)));
await write('file.icns', icnsFile(await all(macSizes, fileIconSvg)));

async function all(sizes: readonly number[], shape: (size: number) => string): Promise<IconPicture[]> {
  return Promise.all(sizes.map(async (size) => ({ size, png: await drawn(shape(size)) })));
}

async function drawn(svg: string): Promise<Uint8Array> {
  return sharp(Buffer.from(svg)).png({ compressionLevel: 9, palette: false }).toBuffer();
}
