/** Normalised activations of every place that some dictionary of a run reads: one batch of positions serves them all. */
import * as tf from '@tensorflow/tfjs';
import type { Tensor2D } from '@tensorflow/tfjs';
import { type ActivationSet, scalarMoments } from './activation-set.js';
import type { DictionarySettings, SetsByPlace } from './dictionary.js';

/** As tensors, which live until `dispose`. */
export class SharedActivations {
  readonly #places = new Map<string, { data: Tensor2D; mean: number; std: number }>();
  readonly rows: number;
  readonly width: number;

  constructor(sets: SetsByPlace, dictionaries: readonly DictionarySettings[]) {
    const found = new Map(dictionaries.map(({ place }) => [keyOf(place), sets(place)]));
    const any = [...found.values()][0];
    if (any === undefined || any.items.length === 0) throw new Error('there are no activations to train the SAE on');
    this.rows = any.items.length;
    this.width = any.width;
    for (const [key, set] of found) this.#places.set(key, normalised(set));
  }

  of(settings: Pick<DictionarySettings, 'place'>): { data: Tensor2D; mean: number; std: number } {
    const found = this.#places.get(keyOf(settings.place));
    if (found === undefined) throw new Error(`no activations were read at ${keyOf(settings.place)}`);
    return found;
  }

  /** The same rows at every place, gathered once each. */
  withBatch(rows: Int32Array, use: (batch: (settings: DictionarySettings) => Tensor2D) => void): void {
    const gathered = new Map<string, Tensor2D>();
    try {
      use((settings) => {
        const key = keyOf(settings.place);
        const batch = gathered.get(key) ?? tf.gather(this.of(settings).data, rows);
        gathered.set(key, batch);
        return batch;
      });
    } finally {
      tf.dispose([...gathered.values()]);
    }
  }

  dispose(): void {
    tf.dispose([...this.#places.values()].map(({ data }) => data));
  }
}

const keyOf = ({ layer, site }: DictionarySettings['place']): string => `${site} ${layer}`;

function normalised({ values, items, width }: ActivationSet): { data: Tensor2D; mean: number; std: number } {
  const { mean, std } = scalarMoments(values);
  const data = tf.tidy(() => tf.tensor2d(values, [items.length, width]).sub(mean).div(std)) as Tensor2D;
  return { data, mean, std };
}
