/** What rules a ranking beside the states, as inputs of a graph. */
import type { GraphBuilder, Value } from './graph.js';

/** Which items must not be listed, what is added to scores, and how long lists are: inputs of a graph. */
export interface Rules {
  /** [T, V] and [B or 1, T] */
  readonly terms: Value;
  readonly termAmounts: Value;
  readonly hasTerms: Value;
  /** [E, 2]: row, item */
  readonly excluded: Value;
  readonly hasExcluded: Value;
  /** [1] */
  readonly k: Value;
}

/** @param V items up to a whole block */
export const declareRules = (g: GraphBuilder, V: number): Rules => ({
  terms: g.input('terms', 'float', ['T', V], 'what is added to the scores: an attribute, a mask'),
  termAmounts: g.input('term_amounts', 'float', ['R', 'T'], 'how much of each: R is B, or 1 for all rows alike'),
  hasTerms: g.input('has_terms', 'bool', [], 'whether they are added at all'),
  excluded: g.input('excluded', 'int64', ['E', 2], 'rows and items that must not be listed'),
  hasExcluded: g.input('has_excluded', 'bool', [], 'whether there are any'),
  k: g.input('k', 'int64', [1], 'length of the lists, at most the number of items'),
});

/** all [B, V] with a value [1] at pairs of row and item. */
export const without = (g: GraphBuilder, all: Value, excluded: Value, value: Value): Value =>
  g.op('ScatterND', [all, excluded, g.op('Expand', [value, g.op('Shape', [excluded], { start: 0, end: 1 })])]);
