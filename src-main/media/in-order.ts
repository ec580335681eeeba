/** Work on one thing after another of which some is done at once, with what comes of it in the order of the things. */

/**
 * @param most How many are worked on at once.
 * @throws what `work` throws
 */
export async function* inOrder<T, R>(
  things: AsyncIterable<T>,
  most: number,
  work: (thing: T) => Promise<R>,
): AsyncGenerator<R, void, undefined> {
  const waiting: Promise<R>[] = [];
  for await (const thing of things) {
    const done = work(thing);
    // Whoever waits for it is told; nobody may.
    done.catch(() => undefined);
    waiting.push(done);
    if (waiting.length >= most) yield await (waiting.shift() as Promise<R>);
  }
  for (const done of waiting) yield await done;
}
