/** Where each feature of a dictionary is most active: what p_top100 is taken from. */
import * as tf from '@tensorflow/tfjs';
import { features as saeFeatures, type Sae } from '../../src/model/sae.js';
import type { ActivationSet } from '../sae/activation-set.js';

/** A feature's greatest activations, descending; only those above 0. */
export interface Strongest {
  /** Rows of the set. */
  readonly positions: Int32Array;
  readonly activations: Float32Array;
}

/** Values of [rows, m] held at once. */
const CELLS = 4_000_000;

/** By feature, at most `count` positions each. */
export function strongestPositions(sae: Sae, set: ActivationSet, count: number): Strongest[] {
  const m = sae.shape.features;
  const { width } = set;
  const N = set.items.length;
  const kept = Array.from({ length: m }, () => new Greatest(count));
  const chunk = Math.max(1, Math.floor(CELLS / m));
  for (let start = 0; start < N; start += chunk) {
    const end = Math.min(N, start + chunk);
    const values = tf.tidy(() =>
      saeFeatures(
        sae,
        tf.tensor2d(set.values.subarray(start * width, end * width), [end - start, width]),
      ).dataSync<'float32'>(),
    );
    for (let row = start, i = 0; row < end; row++)
      for (let j = 0; j < m; j++, i++) if ((values[i] ?? 0) > 0) kept[j]?.offer(row, values[i] ?? 0);
  }
  return kept.map((greatest) => greatest.sorted());
}

/** The greatest values of many. Twice as many are held, so that sorting is seldom. */
class Greatest {
  #held: [row: number, value: number][] = [];
  #least = 0;

  constructor(readonly count: number) {}

  offer(row: number, value: number): void {
    if (value <= this.#least) return;
    this.#held.push([row, value]);
    if (this.#held.length >= 2 * this.count) this.#shrink();
  }

  sorted(): Strongest {
    this.#shrink();
    return {
      positions: Int32Array.from(this.#held, ([row]) => row),
      activations: Float32Array.from(this.#held, ([, value]) => value),
    };
  }

  #shrink(): void {
    this.#held = this.#held.sort((a, b) => b[1] - a[1]).slice(0, this.count);
    if (this.#held.length === this.count) this.#least = this.#held.at(-1)?.[1] ?? 0;
  }
}
