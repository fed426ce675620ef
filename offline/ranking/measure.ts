/** What a trained model and the baselines list for users that it never saw. */
import type { RankingMetrics } from '../../src/checkpoint/manifest.js';
import { topK } from '../../src/model/top-k.js';
import { itemCounts, markovLists, popularLists } from '../evaluate/baselines.js';
import { casesOf, scoreCases, sliding, type TestCase } from '../evaluate/cases.js';
import { ndcg, rankingMetrics } from '../evaluate/ranking-metrics.js';
import { bootstrap } from '../evaluate/bootstrap.js';
import type { LoadedTraining } from '../train/run-train.js';

export type RankingRow = {
  readonly model: string;
  /** The SAE users are more than the test users, and of the split `paper` GPTRec never saw them either. */
  readonly users: 'test' | 'sae';
  /** Whether items of a user's history may be listed again. */
  readonly seen: 'hidden' | 'listed';
  /** At 10. */
  readonly metrics: RankingMetrics;
  /** Of NDCG's mean over users: the central 95 % of a bootstrap. */
  readonly interval: readonly [number, number];
};

const K = 10;

export function measureRanking(trained: LoadedTraining): RankingRow[] {
  const { split } = trained;
  const V = split.items.length;
  const cases = casesOf(split.test);
  const counts = itemCounts(split.train, V);
  const row = (model: string, lists: readonly Int32Array[]): RankingRow =>
    measured({ model, users: 'test', seen: 'hidden' }, lists, cases, V);
  return [
    ...modelRows(trained, 'test', cases),
    ...(split.kind === 'paper' ? modelRows(trained, 'sae', casesOf(split.sae)) : []),
    row('most popular', popularLists(counts, cases, K)),
    row('item-to-item Markov', markovLists(split.train, counts, cases, K)),
  ];
}

/** The same scores ranked with and without the items of the history. */
function modelRows(
  { split, shape, model }: LoadedTraining,
  users: 'test' | 'sae',
  cases: readonly TestCase[],
): RankingRow[] {
  const lists = scoreCases(model, cases, sliding(shape.window), [], (scores, { history }) => {
    const seen = new Set(history);
    return { hidden: topK(scores, K, (item) => seen.has(item)), listed: topK(scores, K) };
  });
  return (['hidden', 'listed'] as const).map((seen) =>
    measured(
      { model: 'GPTRec', users, seen },
      lists.map((pair) => pair[seen]),
      cases,
      split.items.length,
    ),
  );
}

function measured(
  row: Omit<RankingRow, 'metrics' | 'interval'>,
  lists: readonly Int32Array[],
  cases: readonly TestCase[],
  items: number,
): RankingRow {
  const gains = cases.map(({ target }, i) => ndcg(lists[i] ?? new Int32Array(), target));
  const { low, high } = bootstrap(gains, 1);
  return { ...row, metrics: rankingMetrics(lists, cases, items), interval: [low, high] };
}
