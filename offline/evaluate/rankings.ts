/** GPTRec against the baselines, and with the SAE's reconstruction in its place. */
import { itemCounts, markovLists, popularLists } from './baselines.js';
import { casesOf, rankCases, type TestCase } from './cases.js';
import type { EvaluationData } from './evaluation-data.js';
import { rankingMetrics } from './ranking-metrics.js';
import type { NamedMetrics } from './results.js';
import { splicedLists } from './spliced.js';

export function rankings({ loaded, cases: test }: EvaluationData): NamedMetrics[] {
  const { split, shape, model } = loaded;
  const V = split.items.length;
  const counts = itemCounts(split.train, V);
  const { window } = shape;
  const measure = (
    name: string,
    users: 'test' | 'sae',
    lists: readonly Int32Array[],
    cases: readonly TestCase[],
  ): NamedMetrics => ({
    name,
    users,
    metrics: rankingMetrics(lists, cases, V),
  });
  const rows = [
    measure('GPTRec', 'test', rankCases(model, test, { window, k: 10 }), test),
    measure('most popular', 'test', popularLists(counts, test, 10), test),
    measure('item-to-item Markov', 'test', markovLists(split.train, counts, test, 10), test),
    measure('GPTRec, SAE spliced in', 'test', splicedLists(model, test, window, 10), test),
  ];
  if (split.kind !== 'paper') return rows;
  const others = casesOf(split.sae);
  return [...rows, measure('GPTRec', 'sae', rankCases(model, others, { window, k: 10 }), others)];
}
