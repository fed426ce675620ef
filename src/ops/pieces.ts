/**
 * Long work of the main thread in pieces, of some milliseconds each where that can be: a generator that yields between
 * them. What the process has to do meanwhile, such as heartbeats and HTTP, is done in between.
 */
export type Pieces<T> = Generator<undefined, T>;

/** Lets go of the thread after every piece. */
export async function inPieces<T>(work: Pieces<T>): Promise<T> {
  for (;;) {
    const step = work.next();
    if (step.done === true) return step.value;
    await new Promise(setImmediate);
  }
}

/** For whoever has nothing else to do. */
export function atOnce<T>(work: Pieces<T>): T {
  for (;;) {
    const step = work.next();
    if (step.done === true) return step.value;
  }
}

/** Indexes of `count` things, so many at a time. */
export function* stretches(count: number, most: number): Generator<readonly [from: number, to: number]> {
  for (let from = 0; from < count; from += most) yield [from, Math.min(from + most, count)];
}
