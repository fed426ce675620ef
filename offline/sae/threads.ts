/** How many threads of native TensorFlow train dictionaries best. */
import type { DictionarySettings } from './dictionary.js';

/** Values of a batch of activations, N m, up to which a second thread costs more than it does: measured with two. */
const SMALL = 2 ** 19;

/** One where all dictionaries are small, so that another training can have the other cores; else as many as there are. */
export const threadsFor = (
  batch: number,
  dictionaries: readonly Pick<DictionarySettings, 'features'>[],
): 1 | undefined => (dictionaries.every(({ features }) => batch * features <= SMALL) ? 1 : undefined);
