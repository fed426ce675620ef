/** The ranking of one run, or of several with other seeds, as text. */
import type { ChunkRow } from './chunks.js';
import type { RankingRow } from './measure.js';

export interface RankingTable {
  readonly split: string;
  readonly rows: readonly RankingRow[];
  readonly chunks: readonly ChunkRow[];
}

/** @param tables of the runs, their rows in the same order */
export function rankingText(tables: readonly RankingTable[]): string {
  const [first] = tables;
  if (first === undefined) throw new Error('a ranking needs a run');
  const isOne = tables.length === 1;
  const head = [
    'model',
    'users',
    'seen items',
    'NDCG@10',
    ...(isOne ? ['95 %'] : ['runs']),
    'HitRate@10',
    'Coverage@10',
  ];
  const rows = first.rows.map((row, i) => {
    const all = tables.map(({ rows }) => rows[i] ?? row);
    const cell = (digits: number, value: (row: RankingRow) => number): string => spread(all.map(value), digits);
    return [
      row.model,
      `${row.metrics.users} ${row.users}`,
      row.seen,
      cell(4, ({ metrics }) => metrics.ndcg),
      isOne
        ? row.interval.map((value) => value.toFixed(4)).join(' to ')
        : all.map(({ metrics }) => metrics.ndcg.toFixed(4)).join(', '),
      cell(3, ({ metrics }) => metrics.hitRate),
      cell(3, ({ metrics }) => metrics.coverage),
    ];
  });
  const what = isOne ? '' : `, ${tables.length} runs: mean ± standard deviation`;
  return [
    `# Ranking (split: ${first.split}${what})`,
    '',
    line(head),
    line(head.map(() => '---')),
    ...rows.map(line),
    ...(isOne ? ['', ...chunkLines(first.chunks)] : []),
  ].join('\n');
}

/** What served windows cost that slide in chunks. */
function chunkLines(chunks: readonly ChunkRow[]): string[] {
  const percent = (value: number): string => `${(value * 100).toFixed(1)} %`;
  const head = ['start moves by', 'users', 'NDCG@10 sliding', 'in chunks', 'change', '95 %'];
  return [
    line(head),
    line(head.map(() => '---')),
    ...chunks.map(({ step, users, count, sliding, chunked, change }) =>
      line([
        String(step),
        `${count} ${users}`,
        sliding.toFixed(4),
        chunked.toFixed(4),
        percent(change.mean),
        `${percent(change.low)} to ${percent(change.high)}`,
      ]),
    ),
  ];
}

const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;

/** Mean and sample standard deviation; of one value the value. */
function spread(values: readonly number[], digits: number): string {
  const n = values.length;
  const mean = values.reduce((sum, value) => sum + value, 0) / n;
  if (n === 1) return mean.toFixed(digits);
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (n - 1);
  return `${mean.toFixed(digits)} ± ${Math.sqrt(variance).toFixed(digits)}`;
}
