/**
 * Indexes of the k greatest scores, best first; ties by lower index. A bounded heap, smallest on top, so that a
 * catalogue is passed over once.
 */
export function topK(scores: Float32Array, k: number, isExcluded?: (item: number) => boolean): Int32Array {
  const heap = new Int32Array(k);
  let size = 0;
  // Whether item a ranks behind item b.
  const isWorse = (a: number, b: number): boolean => {
    const difference = (scores[a] ?? 0) - (scores[b] ?? 0);
    return difference < 0 || (difference === 0 && a > b);
  };
  const at = (index: number): number => heap[index] ?? 0;
  const sink = (from: number): void => {
    const item = at(from);
    let parent = from;
    for (let child = 2 * parent + 1; child < size; child = 2 * parent + 1) {
      if (child + 1 < size && isWorse(at(child + 1), at(child))) child++;
      if (!isWorse(at(child), item)) break;
      heap[parent] = at(child);
      parent = child;
    }
    heap[parent] = item;
  };
  for (let item = 0; item < scores.length; item++) {
    if (size === k && !isWorse(at(0), item)) continue;
    if (!Number.isFinite(scores[item]) || isExcluded?.(item) === true) continue;
    if (size < k) {
      heap[size++] = item;
      if (size === k) for (let i = (k >> 1) - 1; i >= 0; i--) sink(i);
    } else if (k > 0) {
      heap[0] = item;
      sink(0);
    }
  }
  return heap.subarray(0, size).sort((a, b) => (isWorse(a, b) ? 1 : -1));
}
