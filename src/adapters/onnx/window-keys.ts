export interface WindowKeys {
  readonly whole: number;
  readonly prefix: number;
}

/**
 * Hashes of 53 bits of a window, and of it without its last item: FNV-1a over items, twice, from two beginnings and with
 * two factors. Who finds something by a hash compares the items.
 */
export function keysOf(window: Int32Array): WindowKeys {
  let [a, b] = [0x811c9dc5, 0x9e3779b9];
  let prefix = 0;
  for (let i = 0; i < window.length; i++) {
    if (i === window.length - 1) prefix = combined(a, b);
    const item = window[i] ?? 0;
    a = Math.imul(a ^ item, 0x01000193);
    b = Math.imul(b ^ (b >>> 15) ^ item, 0x85ebca6b);
  }
  return { whole: combined(a, b), prefix };
}

const combined = (a: number, b: number): number => (a >>> 0) * 2 ** 21 + (b >>> 11);
