/**
 * Single features looked at closely (the paper's section 4.2): where one is active, and what is there. A position is an
 * item in a user's window.
 */
import * as tf from '@tensorflow/tfjs';
import { type Sae, someFeatures } from '../../src/model/sae.js';
import type { Split, UserSequences } from '../dataset/split.js';
import type { ActivationSet } from '../sae/activation-set.js';
import { lastItems, userCount } from '../train/batches.js';
import type { Histogram, SequenceItem, StrongSequence } from './results.js';

const CHUNK = 4096;

/** Activations of some features at every position of the set, one array a feature. */
export function activationsOf(sae: Sae, set: ActivationSet, features: readonly number[]): Float32Array[] {
  const { width } = set;
  const N = set.items.length;
  const columns = features.map(() => new Float32Array(N));
  if (features.length === 0) return columns;
  for (let start = 0; start < N; start += CHUNK) {
    const end = Math.min(N, start + CHUNK);
    const values = tf.tidy(() => {
      const x = tf.tensor2d(set.values.subarray(start * width, end * width), [end - start, width]);
      return someFeatures(sae, x, tf.tensor1d([...features], 'int32')).dataSync<'float32'>();
    });
    for (const [j, column] of columns.entries())
      for (let row = start; row < end; row++) column[row] = values[(row - start) * features.length + j] ?? 0;
  }
  return columns;
}

/** Equal bins from 0 to the greatest activation; what is not active is counted by itself, since it is most. */
export function histogramOf(activations: Float32Array, bears: readonly boolean[], bins: number): Histogram {
  const top = activations.reduce((most, value) => Math.max(most, value), 0);
  const counts = [new Float64Array(bins + 1), new Float64Array(bins + 1)] as const;
  const totals: [number, number] = [0, 0];
  for (const [n, value] of activations.entries()) {
    const kind = bears[n] ? 0 : 1;
    const bin = value > 0 ? Math.min(bins, 1 + Math.floor((value / top) * bins)) : 0;
    counts[kind][bin] = (counts[kind][bin] ?? 0) + 1;
    totals[kind]++;
  }
  const shares = (kind: 0 | 1): number[] => Array.from(counts[kind], (count) => count / Math.max(1, totals[kind]));
  const [zeroWith = 0, ...withAttribute] = shares(0);
  const [zeroWithout = 0, ...without] = shares(1);
  const edges = Array.from({ length: bins + 1 }, (_, i) => (i * top) / bins);
  return { edges, withAttribute, without, zeroWith, zeroWithout };
}

/** Items shown before and after the greatest activation. */
const BEFORE = 7;
const AFTER = 2;

/**
 * The windows in which the feature is most active, one a user, the strongest first.
 * @param activations at the positions of the users' windows, in the order in which readActivations reads them
 */
export function strongestSequences(
  { titles }: Pick<Split, 'titles'>,
  sequences: UserSequences,
  activations: Float32Array,
  { window, bearers, count }: { window: number; bearers: ReadonlySet<number>; count: number },
): StrongSequence[] {
  const found: { user: string; items: Int32Array; start: number; peak: number; most: number }[] = [];
  let start = 0;
  for (let user = 0; user < userCount(sequences); user++) {
    const items = lastItems(sequences, user, window);
    let peak = 0;
    for (let i = 1; i < items.length; i++)
      if ((activations[start + i] ?? 0) > (activations[start + peak] ?? 0)) peak = i;
    found.push({ user: sequences.users[user] ?? '', items, start, peak, most: activations[start + peak] ?? 0 });
    start += items.length;
  }
  return found
    .filter(({ most }) => most > 0)
    .toSorted((a, b) => b.most - a.most)
    .slice(0, count)
    .map(({ user, items, start: first, peak }) => {
      const from = Math.max(0, peak - BEFORE);
      const shown = Array.from(items.subarray(from, peak + AFTER + 1), (item, i): SequenceItem => {
        const activation = activations[first + from + i] ?? 0;
        return { title: titles[item] ?? '', activation, bears: bearers.has(item) };
      });
      return { user, items: shown };
    });
}
