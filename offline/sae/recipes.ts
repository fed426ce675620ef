/** Which recipe trains which kind. */
import type { Recipe, Sparsity } from './dictionary.js';
import { batchTopKRecipe } from './kinds/batch-top-k.js';
import { jumpReluRecipe } from './kinds/jump-relu.js';
import { l1Recipe } from './kinds/l1.js';
import { matryoshkaRecipe } from './kinds/matryoshka.js';
import { topKRecipe } from './kinds/top-k.js';

export function recipeOf(sparsity: Sparsity): Recipe {
  switch (sparsity.kind) {
    case 'l1':
      return l1Recipe(sparsity);
    case 'topk':
      return topKRecipe(sparsity.k);
    case 'batch-topk':
      return batchTopKRecipe(sparsity.k);
    case 'matryoshka':
      return matryoshkaRecipe(sparsity.k);
    case 'jumprelu':
      return jumpReluRecipe(sparsity.k);
  }
}
