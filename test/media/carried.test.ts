import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import sharp from 'sharp';
import { carryInPng, readCarried } from '#media/carried.ts';
import { encodeGif } from '#media/gif.ts';
import { encodePng } from '#media/png.ts';
import type { RgbaImage } from '#media/pixels.ts';
import { encodeMovingWebp, encodeWebp } from '#media/webp.ts';

const picture: RgbaImage = {
  pixels: Uint8Array.from({ length: 6 * 4 * 4 }, (_, i) => (i % 4 === 3 ? 255 : (i * 37) & 255)),
  ...{ width: 6, height: 4 },
};
const moving = { framesPerSecond: 20, holdMs: 100, loop: 0 };

async function gather(encode: (sink: (bytes: Uint8Array) => void) => Promise<unknown>): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  await encode((bytes) => void pieces.push(bytes.slice()));
  return Buffer.concat(pieces);
}

const carriers: Readonly<Record<string, (carried: Uint8Array | null) => Promise<Uint8Array>>> = {
  png: async (carried) => {
    const png = await encodePng(picture);
    return carried === null ? png : carryInPng(png, carried);
  },
  gif: (carried) => gather((sink) => encodeGif(() => [picture], { carried }, sink)),
  webp: (carried) => encodeWebp(picture, carried),
  'moving webp': async (carried) => {
    const pieces: Uint8Array[] = [];
    let head: Uint8Array = new Uint8Array();
    await encodeMovingWebp(
      [picture],
      { ...moving, carried },
      { write: (bytes) => void pieces.push(bytes.slice()), rewrite: (bytes) => void (head = bytes) },
    );
    const file = Buffer.concat(pieces);
    file.set(head);
    return file;
  },
};

for (const [kind, encode] of Object.entries(carriers)) {
  test(`a ${kind} carries any bytes, and shows the same pixels with and without`, async () => {
    const plain = await encode(null);
    assert.equal(readCarried(plain), null);
    const pixels = await sharp(plain).ensureAlpha().raw().toBuffer();
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 2000 }), async (carried) => {
        const file = await encode(carried);
        assert.deepEqual(Uint8Array.from(readCarried(file) ?? []), carried);
        assert.deepEqual(await sharp(file, { failOn: 'warning' }).ensureAlpha().raw().toBuffer(), pixels);
      }),
      { numRuns: 20 },
    );
  });

  test(`a ${kind} that ends anywhere is refused or carries nothing`, async () => {
    const file = await encode(Uint8Array.from({ length: 700 }, (_, i) => (i * i) & 255));
    for (let length = 0; length < file.length; length += 7) {
      try {
        const carried = readCarried(file.subarray(0, length));
        assert.ok(carried === null || carried.length === 700);
      } catch (failure) {
        assert.equal((failure as { code?: string }).code, 'bad-file');
      }
    }
  });
}

test('any bytes at all are judged without a fault', () => {
  const beginnings = [[], [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a], [...Buffer.from('GIF89a')]];
  fc.assert(
    fc.property(fc.constantFrom(...beginnings), fc.uint8Array({ maxLength: 300 }), (beginning, rest) => {
      assert.equal(readCarried(Uint8Array.from([...beginning, ...rest])), null);
    }),
  );
});
