/**
 * TopK (Gao et al. 2024, "Scaling and evaluating sparse autoencoders", section 2.3): the k greatest of each activation,
 *   f = ReLU(TopK(z)),   loss = mean ||x - x^||_2^2
 * It serves as it was trained: k of each activation.
 */
import { decode, topKActivation } from '../../../src/model/sae.js';
import { meanSquaredError } from '../tensor-functions.js';
import type { Recipe } from '../dictionary.js';
import { trainedPreActivations } from '../pre-activations.js';

export const topKRecipe = (k: number): Recipe => ({
  encoder: 'transposed',
  code(weights, x) {
    const z = trainedPreActivations(weights, x);
    const f = topKActivation(z, k);
    const reconstruction = decode(weights, f);
    return {
      loss: meanSquaredError(reconstruction, () => x),
      preActivations: z,
      features: f,
      reconstruction: () => reconstruction,
    };
  },
  serve: () => ({ activation: { kind: 'topk', k } }),
});
