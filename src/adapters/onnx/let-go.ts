/**
 * Gives an array's memory back at once, after which it is empty. Left to a collection, which is rare where the heap itself
 * is small, the keys and values of batch after batch pile up, and each next array is of pages that are fetched anew: 6 MB
 * take 2.5 ms then, and .4 where the last ones were given back.
 */
export function letGo({ buffer }: Float32Array): void {
  if (buffer instanceof ArrayBuffer) buffer.transfer(0);
}
