/**
 * The icon, drawn with the program's own idea: on a grid of 7 × 7 cells one seed, and around it a living thing that
 * lost a piece and grows back. It is drawn anew for each size, so that cells begin and end on whole pixels and are as
 * sharp at 16 pixels as at 1024.
 */

/** macOS wants the tile within a margin; everywhere else it is the whole square. */
export type IconTile = 'full' | 'mac';

interface Cell {
  readonly y: number;
  readonly x: number;
  readonly fill: string;
}

const GRID = 7;
const CENTRE = (GRID - 1) / 2;
const SEED = '#fff3b0';
/** From young cells to old ones. */
const GREENS = [
  [22, 92, 80],
  [27, 154, 129],
  [110, 226, 196],
  [196, 255, 226],
] as const;
/** As parts of a turn, clockwise from the top: where the wound begins, and how much of a turn is alive. */
const WOUND_AT = 0.16;
const ALIVE = 0.9;

/** @param size in pixels, which is also the SVG's own width and height */
export function iconSvg(size: number, tile: IconTile = 'full'): string {
  // At 16 pixels there is nothing to spare. Margins are of whole pixels.
  const margin = tile === 'mac' && size > 16 ? Math.round((size * 100) / 1024) : 0;
  return svg(size, tileAt(margin, margin, size - 2 * margin));
}

/** A sheet of paper with the icon on it, for files. */
export function fileIconSvg(size: number): string {
  const left = Math.round(size * 0.14);
  const right = size - left;
  const fold = Math.round(size * 0.22);
  const tile = Math.round(size * (size < 64 ? 0.6 : 0.5));
  const line = rounded(Math.max(size / 85, 0.5));
  const top = line / 2;
  return svg(size, [
    `<path d="M${left} ${top}H${right - fold}L${right} ${fold}V${size - top}H${left}z" fill="#f6f7f5" stroke="#7f8f8a" stroke-width="${line}"/>`,
    `<path d="M${right - fold} ${top}V${fold}H${right}z" fill="#cfd8d4" stroke="#7f8f8a" stroke-width="${line}"/>`,
    ...tileAt(Math.round((size - tile) / 2), size - tile - Math.round(size * 0.12), tile),
  ]);
}

function svg(size: number, shapes: readonly string[]): string {
  const lines = [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${size}" height="${size}" viewBox="0 0 ${size} ${size}">`,
    '<linearGradient id="ground" x1="0" y1="0" x2="0" y2="1"><stop offset="0" stop-color="#12352d"/>' +
      '<stop offset="1" stop-color="#061713"/></linearGradient>',
    ...shapes,
    '</svg>',
  ];
  return `${lines.join('\n')}\n`;
}

function tileAt(left: number, top: number, width: number): string[] {
  const share = width < 40 ? 0.875 : width < 100 ? 0.84 : 0.77;
  const pitch = Math.max(1, Math.round((width * share) / GRID));
  const gap = width < 36 ? 0 : Math.max(1, Math.round(pitch / 10));
  const inset = Math.floor((width - (GRID * pitch - gap)) / 2);
  const side = pitch - gap;
  const corner = width < 40 ? 0 : rounded(side * 0.22);
  const tileCorner = rounded(width * (width < 30 ? 0.13 : 0.22));
  const line = rounded(Math.max(width / 85, 0.5));
  return [
    `<rect x="${left}" y="${top}" width="${width}" height="${width}" rx="${tileCorner}" fill="url(#ground)"/>`,
    // Without it the tile would have no edge on a dark desktop.
    `<rect x="${left + line / 2}" y="${top + line / 2}" width="${width - line}" height="${width - line}" ` +
      `rx="${tileCorner - line / 2}" fill="none" stroke="#4f9f8d" stroke-opacity="0.55" stroke-width="${line}"/>`,
    ...livingCells().map(
      ({ y, x, fill }) =>
        `<rect x="${left + inset + x * pitch}" y="${top + inset + y * pitch}" width="${side}" height="${side}"` +
        `${corner === 0 ? '' : ` rx="${corner}"`} fill="${fill}"/>`,
    ),
  ];
}

/** The seed; a ring that is older the farther clockwise from the wound; and within it younger cells. */
function livingCells(): Cell[] {
  const cells: Cell[] = [];
  for (let y = 0; y < GRID; y++) {
    for (let x = 0; x < GRID; x++) {
      const distance = Math.hypot(y - CENTRE, x - CENTRE);
      const turn = Math.atan2(x - CENTRE, CENTRE - y) / (2 * Math.PI);
      const age = ((turn - WOUND_AT + 2) % 1) / ALIVE;
      if (distance === 0) cells.push({ y, x, fill: SEED });
      else if (age >= 1 || distance < 2 || distance > 3.7) continue;
      else if (distance > 2.7) cells.push({ y, x, fill: green(age) });
      else if (age > 0.13 && distance !== Math.hypot(1, 1))
        cells.push({ y, x, fill: green(age * 0.62 - 0.1) });
    }
  }
  return cells;
}

/** @param age from 0 to 1 */
function green(age: number): string {
  const place = Math.min(Math.max(age, 0), 0.9999) * (GREENS.length - 1);
  const first = Math.floor(place);
  const part = place - first;
  const hex = GREENS[first].map((value, channel) =>
    Math.round(value + (GREENS[first + 1][channel] - value) * part)
      .toString(16)
      .padStart(2, '0'),
  );
  return `#${hex.join('')}`;
}

function rounded(value: number): number {
  return Math.round(value * 4) / 4;
}
