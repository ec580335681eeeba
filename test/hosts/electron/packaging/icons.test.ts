/** The icons that are kept are those that are drawn, in files that systems read. */
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { icnsFile, icoFile } from '#hosts/electron/packaging/icon-files.ts';
import { fileIconSvg, iconSvg } from '#hosts/electron/packaging/icon-shape.ts';

const assets = fileURLToPath(new URL('../../../../assets/', import.meta.url));
const desktop = join(assets, 'desktop');

const drawn = (svg: string): Promise<Buffer> => sharp(Buffer.from(svg)).ensureAlpha().raw().toBuffer();

test('the kept icons are what is drawn now, from 16 to 1024 pixels', async () => {
  assert.equal(readFileSync(join(assets, 'icon.svg'), 'utf8'), iconSvg(32));
  const sizes = readdirSync(join(desktop, 'icons')).map((name) => /^(\d+)x\1\.png$/.exec(name)?.[1]);
  assert.deepEqual(
    sizes.map(Number).sort((a, b) => a - b),
    [16, 24, 32, 48, 64, 128, 256, 512, 1024],
  );
  for (const size of sizes.map(Number)) {
    const kept = sharp(join(desktop, `icons/${size}x${size}.png`)).ensureAlpha();
    assert.ok((await kept.raw().toBuffer()).equals(await drawn(iconSvg(size))), `${size}: run draw-icons.ts`);
  }
});

test('cells begin and end on whole pixels in every size', () => {
  for (const tile of ['full', 'mac'] as const)
    for (const size of tile === 'mac' ? [16, 32, 64, 128, 256] : [16, 20, 24, 32, 40, 48, 64, 128, 256]) {
      const cells = [
        ...iconSvg(size, tile).matchAll(/<rect x="([^"]*)" y="([^"]*)" width="([^"]*)"[^>]*fill="#/g),
      ];
      assert.ok(cells.length > 20);
      for (const [cell, ...numbers] of cells)
        assert.ok(
          numbers.every((number) => Number.isInteger(Number(number))),
          `${tile} ${size}: ${cell}`,
        );
    }
});

test('Windows finds each size in the .ico, macOS in the .icns', async () => {
  for (const name of ['icon.ico', 'file.ico']) {
    const file = readFileSync(join(desktop, name));
    assert.deepEqual([file.readUInt16LE(0), file.readUInt16LE(2)], [0, 1]);
    for (let index = 0; index < file.readUInt16LE(4); index++) {
      const entry = 6 + 16 * index;
      const at = file.readUInt32LE(entry + 12);
      const { width, height, format } = await sharp(
        file.subarray(at, at + file.readUInt32LE(entry + 8)),
      ).metadata();
      const size = file[entry] === 0 ? 256 : file[entry];
      assert.deepEqual([width, height, format], [size, size, 'png'], name);
    }
  }
  for (const name of ['icon.icns', 'file.icns']) {
    const file = readFileSync(join(desktop, name));
    assert.deepEqual([file.toString('latin1', 0, 4), file.readUInt32BE(4)], ['icns', file.length]);
    const types = new Map<string, number | undefined>();
    for (let at = 8; at < file.length; at += file.readUInt32BE(at + 4)) {
      const png = file.subarray(at + 8, at + file.readUInt32BE(at + 4));
      types.set(file.toString('latin1', at, at + 4), (await sharp(png).metadata()).width);
    }
    assert.equal(types.get('ic10'), 1024);
    assert.equal(types.get('ic07'), 128);
    assert.equal(types.get('icp4'), 16);
  }
});

test('files say where each picture lies', () => {
  const pictures = [
    { size: 16, png: Uint8Array.of(1, 2, 3) },
    { size: 256, png: Uint8Array.of(4) },
  ];
  const ico = Buffer.from(icoFile(pictures));
  assert.deepEqual([ico[6], ico[22], ico.readUInt32LE(6 + 12), ico.readUInt32LE(22 + 12)], [16, 0, 38, 41]);
  assert.equal(ico.length, 42);
  // The picture of 256 is there twice: for itself, and as that of 128 on a dense screen.
  const icns = Buffer.from(icnsFile(pictures));
  assert.equal(icns.length, 8 + (8 + 3) + 2 * (8 + 1));
  assert.match(fileIconSvg(64), /^<svg [^]*<\/svg>\n$/);
});
