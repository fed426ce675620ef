/**
 * Gives an array's memory back at once, after which it is empty. Left to a collection, which is rare where the heap itself
 * is small, what is to be kept of batch after batch piles up, and each next array is of pages that are fetched anew: 6 MB
 * take 2.5 ms then, and .4 where the last ones were given back.
 */
export function letGo({ buffer }: Float32Array): void {
  if (buffer instanceof ArrayBuffer) buffer.transfer(0);
}
