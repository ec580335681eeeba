/** The place of the nearest of some colours. */

/**
 * By squared distance, the first of equals. They are looked at from the one with the same green outwards, until green
 * alone is farther than the nearest: a tenth of them.
 * @param colours As 0xRRGGBB.
 */
export function createSearch(
  colours: readonly number[],
): (red: number, green: number, blue: number) => number {
  const order = colours.map((_, place) => place).sort((a, b) => greenOf(colours[a]) - greenOf(colours[b]));
  const red = Int32Array.from(order, (place) => colours[place] >> 16);
  const green = Int32Array.from(order, (place) => greenOf(colours[place]));
  const blue = Int32Array.from(order, (place) => colours[place] & 255);
  const places = Int32Array.from(order);
  const count = places.length;
  const firstOf = new Uint16Array(256);
  for (let value = 0, at = 0; value < 256; value++) {
    while (at < count && green[at] < value) at++;
    firstOf[value] = at;
  }
  return (r, g, b) => {
    let best = 0;
    let least = 0x7fffffff;
    let up = firstOf[g];
    let down = up - 1;
    while (up < count || down >= 0) {
      if (up < count) {
        const dg = green[up] - g;
        if (dg * dg > least) up = count;
        else {
          const dr = red[up] - r;
          const db = blue[up] - b;
          const distance = dr * dr + dg * dg + db * db;
          if (distance < least || (distance === least && places[up] < best)) {
            least = distance;
            best = places[up];
          }
          up++;
        }
      }
      if (down >= 0) {
        const dg = green[down] - g;
        if (dg * dg > least) down = -1;
        else {
          const dr = red[down] - r;
          const db = blue[down] - b;
          const distance = dr * dr + dg * dg + db * db;
          if (distance < least || (distance === least && places[down] < best)) {
            least = distance;
            best = places[down];
          }
          down--;
        }
      }
    }
    return best;
  };
}

function greenOf(colour: number): number {
  return (colour >> 8) & 255;
}
