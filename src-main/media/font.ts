/**
 * A bitmap font of 5×7 for labels in contact sheets: printable ASCII; anything else is drawn as a box. Five columns a
 * glyph, one byte each, lowest bit on top (the layout of the common LCD character sets).
 */
import type { Colour, RgbaImage } from './pixels.ts';

export const glyphHeight = 7;
const glyphWidth = 5;
const advance = glyphWidth + 1;

// prettier-ignore
const glyphs: readonly string[] = [
  '0000000000', '00005f0000', '0007000700', '147f147f14', '242a7f2a12', '2313086462', '3649552250', '0005030000', // space…'
  '001c224100', '0041221c00', '14083e0814', '08083e0808', '0050300000', '0808080808', '0060600000', '2010080402', // (…/
  '3e5149453e', '00427f4000', '4261514946', '2141454b31', '1814127f10', '2745454539', '3c4a494930', '0171090503', // 0…7
  '3649494936', '064949291e', '0036360000', '0056360000', '0814224100', '1414141414', '0041221408', '0201510906', // 8…?
  '324979413e', '7e1111117e', '7f49494936', '3e41414122', '7f4141221c', '7f49494941', '7f09090901', '3e4149497a', // @…G
  '7f0808087f', '00417f4100', '2040413f01', '7f08142241', '7f40404040', '7f020c027f', '7f0408107f', '3e4141413e', // H…O
  '7f09090906', '3e4151215e', '7f09192946', '4649494931', '01017f0101', '3f4040403f', '1f2040201f', '3f4038403f', // P…W
  '6314081463', '0708700807', '6151494543', '007f414100', '0204081020', '0041417f00', '0402010204', '4040404040', // X…_
  '0001020400', '2054545478', '7f48444438', '3844444420', '384444487f', '3854545418', '087e090102', '0c5252523e', // `…g
  '7f08040478', '00447d4000', '2040443d00', '7f10284400', '00417f4000', '7c04180478', '7c08040478', '3844444438', // h…o
  '7c14141408', '081414187c', '7c08040408', '4854545420', '043f444020', '3c4040207c', '1c2040201c', '3c4030403c', // p…w
  '4428102844', '0c5050503c', '4464544c44', '0008364100', '00007f0000', '0041360800', '1008081008',               // x…~
];
const box = '7f4141417f';

/** Pixels that a line of text takes. */
export function textWidth(text: string, scale = 1): number {
  return Math.max(0, [...text].length * advance - 1) * scale;
}

/** Draws onto `image`, its top left corner at x, y; what lies outside is cut off. */
export function drawText(
  image: RgbaImage,
  text: string,
  x: number,
  y: number,
  colour: Colour,
  scale = 1,
): void {
  for (const [place, character] of [...text].entries()) {
    const glyph = glyphs[(character.codePointAt(0) ?? 0) - 32] ?? box;
    for (let column = 0; column < glyphWidth; column++) {
      const bits = Number.parseInt(glyph.slice(column * 2, column * 2 + 2), 16);
      for (let row = 0; row < glyphHeight; row++) {
        if (((bits >> row) & 1) === 1)
          fillSquare(image, x + (place * advance + column) * scale, y + row * scale, scale, colour);
      }
    }
  }
}

function fillSquare(image: RgbaImage, left: number, top: number, size: number, colour: Colour): void {
  for (let y = Math.max(0, top); y < Math.min(image.height, top + size); y++) {
    for (let x = Math.max(0, left); x < Math.min(image.width, left + size); x++)
      image.pixels.set([...colour, 255], (y * image.width + x) * 4);
  }
}
