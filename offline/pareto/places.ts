/** What the test users' activations at each place tell by themselves; read when the first asks. */
import type { Place } from '../../src/model/shapes.js';
import { headlineMean } from '../evaluate/headline.js';
import { featureStatistics, topFeatures } from '../evaluate/interpretability.js';
import { type ActivationSet, readActivations } from '../sae/activation-set.js';
import type { LoadedTraining } from '../train/run-train.js';

export class TestActivations {
  readonly #sets = new Map<string, ActivationSet>();

  constructor(readonly trained: LoadedTraining) {}

  at({ layer, site }: Place): ActivationSet {
    const key = placeName({ layer, site });
    const { model, split, shape } = this.trained;
    const set = this.#sets.get(key) ?? readActivations(model, split.test, { window: shape.window, layer, site });
    this.#sets.set(key, set);
    return set;
  }
}

/** Such as `block1`. */
export const placeName = ({ layer, site }: Place): string => `${site}${layer}`;

/** Mean correlation of each attribute's best neuron. */
export function neuronCorrelation({ split }: LoadedTraining, set: ActivationSet): number {
  const best = topFeatures(featureStatistics(set, split.attributeItems, (x) => x)).map(({ correlation }, a) => ({
    attribute: split.attributeNames[a] ?? '',
    correlation,
  }));
  return headlineMean(best, (row) => row.correlation);
}
