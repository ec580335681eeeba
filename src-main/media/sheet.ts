/**
 * Contact sheets: rows of pictures, e.g. targets above results, on one background, with labels at the left of the rows
 * and above the columns. Pixels are enlarged to crisp squares; a missing picture leaves its place empty.
 */
import { AppError } from '#domain/errors.ts';
import { drawText, glyphHeight, textWidth } from './font.ts';
import { checkFactor, enlarge, white, type Colour, type RgbaImage } from './pixels.ts';

export interface SheetOptions {
  /** Each pixel becomes a square of this many; the default is 1. */
  readonly scale?: number;
  /** Under everything; null is transparent; the default is white. */
  readonly background?: Colour | null;
  /** Pixels between pictures and around them, not enlarged; the default is 4. */
  readonly gap?: number;
  /** One a row, or none. */
  readonly rowLabels?: readonly string[];
  /** One a column, or none. */
  readonly columnLabels?: readonly string[];
  /** Size of the labels' pixels; the default is 1. */
  readonly labelScale?: number;
}

/**
 * The sheet as one picture. Rows may differ in length; every picture gets a cell of the largest one's size.
 * @throws AppError `bad-argument` when there is nothing to draw or the sheet would be larger than 16,384 a side.
 */
export function drawSheet(
  rows: readonly (readonly (RgbaImage | null)[])[],
  options: SheetOptions = {},
): RgbaImage {
  const {
    scale = 1,
    background = white,
    gap = 4,
    rowLabels = [],
    columnLabels = [],
    labelScale = 1,
  } = options;
  checkFactor(scale);
  const columns = Math.max(0, ...rows.map((row) => row.length));
  const pictures = rows.flat().filter((picture) => picture !== null);
  if (pictures.length === 0)
    throw new AppError('bad-argument', 'A sheet needs at least one picture, none was given.');
  const cellHeight = Math.max(...pictures.map(({ height }) => height)) * scale;
  const widest = Math.max(...pictures.map(({ width }) => width)) * scale;
  const cellWidth = Math.max(widest, ...columnLabels.map((label) => textWidth(label, labelScale)));
  const left = gap + labelSpace(Math.max(0, ...rowLabels.map((label) => textWidth(label, labelScale))), gap);
  const top = gap + labelSpace(columnLabels.length > 0 ? glyphHeight * labelScale : 0, gap);
  const sheet = blank(left + columns * (cellWidth + gap), top + rows.length * (cellHeight + gap), background);
  const ink: Colour = background && brightness(background) < 128 ? [230, 230, 230] : [40, 40, 40];

  for (const [column, label] of columnLabels.entries()) {
    const centred = left + column * (cellWidth + gap) + ((cellWidth - textWidth(label, labelScale)) >> 1);
    drawText(sheet, label, centred, gap, ink, labelScale);
  }
  for (const [row, cells] of rows.entries()) {
    const y = top + row * (cellHeight + gap);
    const label = rowLabels[row];
    if (label !== undefined)
      drawText(sheet, label, gap, y + ((cellHeight - glyphHeight * labelScale) >> 1), ink, labelScale);
    for (const [column, picture] of cells.entries()) {
      if (!picture) continue;
      const large = enlarge(picture, scale);
      const x = left + column * (cellWidth + gap) + ((cellWidth - large.width) >> 1);
      paste(sheet, large, x, y + ((cellHeight - large.height) >> 1));
    }
  }
  return sheet;
}

function labelSpace(size: number, gap: number): number {
  return size > 0 ? size + gap : 0;
}

function blank(width: number, height: number, background: Colour | null): RgbaImage {
  const most = 16384;
  if (width > most || height > most)
    throw new AppError(
      'bad-argument',
      `A sheet of ${width}×${height} is too large: use fewer pictures or a smaller scale.`,
    );
  const pixels = new Uint8Array(width * height * 4);
  if (background) {
    const [r, g, b] = background;
    new Uint32Array(pixels.buffer).fill(new Uint32Array(Uint8Array.of(r, g, b, 255).buffer)[0]);
  }
  return { pixels, width, height };
}

/** Straight alpha over whatever is there. */
function paste(sheet: RgbaImage, picture: RgbaImage, left: number, top: number): void {
  for (let y = 0; y < picture.height; y++) {
    for (let x = 0; x < picture.width; x++) {
      const from = (y * picture.width + x) * 4;
      const to = ((top + y) * sheet.width + left + x) * 4;
      const over = picture.pixels[from + 3] / 255;
      const under = (sheet.pixels[to + 3] / 255) * (1 - over);
      const alpha = over + under;
      if (alpha === 0) continue;
      for (let c = 0; c < 3; c++)
        sheet.pixels[to + c] = Math.round(
          (picture.pixels[from + c] * over + sheet.pixels[to + c] * under) / alpha,
        );
      sheet.pixels[to + 3] = Math.round(alpha * 255);
    }
  }
}

function brightness([r, g, b]: Colour): number {
  return 0.299 * r + 0.587 * g + 0.114 * b;
}
