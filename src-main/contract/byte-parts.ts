/** Long bytes in parts, so that no message holds up the others; whoever gets them puts them together again. */

/** Parts of `most` bytes, the last one shorter: copies, as a part that is a view would take all that is behind it along. */
export function* partsOf(chunks: Iterable<Uint8Array>, most: number): Generator<Uint8Array<ArrayBuffer>> {
  let part = new Uint8Array(most);
  let used = 0;
  for (const chunk of chunks) {
    for (let at = 0; at < chunk.byteLength;) {
      const taken = chunk.subarray(at, at + most - used);
      part.set(taken, used);
      used += taken.byteLength;
      at += taken.byteLength;
      if (used < most) continue;
      yield part;
      part = new Uint8Array(most);
      used = 0;
    }
  }
  if (used > 0) yield part.slice(0, used);
}

/** All of them as one, aligned for every type of number. Empties `parts`, whose memory may go meanwhile. */
export function joinedParts(parts: Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((sum, { byteLength }) => sum + byteLength, 0));
  let at = whole.byteLength;
  for (let part = parts.pop(); part !== undefined; part = parts.pop()) {
    at -= part.byteLength;
    whole.set(part, at);
  }
  return whole;
}
