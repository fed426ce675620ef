/** A feature's own scale: a high quantile of its activations, instead of one constant for all dials. */
import * as tf from '@tensorflow/tfjs';
import { type Sae, someFeatures } from '../../src/model/sae.js';
import type { ActivationSet } from '../sae/activation-set.js';

const QUANTILE = 0.99;
/** Points looked at, at most: the first ones. */
const SAMPLE = 8192;

/** 99 % quantile of the feature's positive activations on items that bear the attribute; 1 where it is never active. */
export function highQuantile(sae: Sae, set: ActivationSet, items: Int32Array, feature: number): number {
  const bearers = new Set(items);
  const rows: number[] = [];
  for (let row = 0; row < set.items.length && rows.length < SAMPLE; row++)
    if (bearers.has(set.items[row] ?? -1)) rows.push(row);
  if (rows.length === 0) return 1;
  const values = new Float32Array(rows.length * set.width);
  for (const [i, row] of rows.entries())
    values.set(set.values.subarray(row * set.width, (row + 1) * set.width), i * set.width);
  const active = tf.tidy(() =>
    someFeatures(sae, tf.tensor2d(values, [rows.length, set.width]), tf.tensor1d([feature], 'int32')),
  );
  const positive = active
    .dataSync<'float32'>()
    .filter((value) => value > 0)
    .sort();
  active.dispose();
  return positive[Math.floor(QUANTILE * (positive.length - 1))] ?? 1;
}
