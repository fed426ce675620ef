/** The Pareto table: one row a dictionary, as JSON, CSV and text. */
import type { RankingMetrics } from '../../src/checkpoint/manifest.js';
import type { Site } from '../../src/model/shapes.js';

/** What is measured of a dictionary. */
export type Measured = {
  readonly l0: number;
  readonly rmse: number;
  readonly explainedVariance: number;
  /** At 10, with the dictionary's reconstruction spliced in. */
  readonly ndcg: number;
  readonly hitRate: number;
  readonly coverage: number;
  /** Of each attribute's top feature. */
  readonly meanCorrelation: number;
  /** Features that are never active on the test users. */
  readonly dead: number;
  readonly deadShare: number;
};

export type ParetoRow = Measured & {
  readonly name: string;
  readonly kind: string;
  /** The l1 weight, or k. */
  readonly sparsity: number;
  readonly features: number;
  readonly layer: number;
  readonly site: Site;
  readonly seed: number;
  /** Of its training. */
  readonly steps: number;
  /** Mean correlation of the best neurons of the same place. */
  readonly neurons: number;
  /** Mean correlation of the best features of an untrained dictionary of the same place, size and seed. */
  readonly untrained: number;
  /** Hash of all that the dictionary was made from. */
  readonly origin: string;
};

export interface ParetoTable {
  readonly split: string;
  /** Hash of the step that trained the model. */
  readonly train: string;
  /** The model without any dictionary. */
  readonly model: RankingMetrics;
  /** By kind, then by L0. */
  readonly rows: readonly ParetoRow[];
}

export const paretoTable = (
  head: Pick<ParetoTable, 'split' | 'train' | 'model'>,
  rows: readonly ParetoRow[],
): ParetoTable => ({
  ...head,
  rows: rows.toSorted((a, b) => (a.kind < b.kind ? -1 : a.kind > b.kind ? 1 : a.l0 - b.l0)),
});

const COLUMNS = [
  'name',
  'kind',
  'sparsity',
  'features',
  'layer',
  'site',
  'seed',
  'steps',
  'l0',
  'rmse',
  'explainedVariance',
  'ndcg',
  'hitRate',
  'coverage',
  'meanCorrelation',
  'neurons',
  'untrained',
  'dead',
  'deadShare',
] as const satisfies readonly (keyof ParetoRow)[];

/** With a head; the model alone is its first row, whose other cells are empty. */
export function paretoCsv({ model, rows }: ParetoTable): string {
  const base: Partial<ParetoRow> = { name: 'none', ndcg: model.ndcg, hitRate: model.hitRate, coverage: model.coverage };
  const line = (row: Partial<ParetoRow>): string => COLUMNS.map((column) => row[column] ?? '').join(',');
  return `${[COLUMNS.join(','), line(base), ...rows.map(line)].join('\n')}\n`;
}

/** Markdown. */
export function paretoText({ split, model, rows }: ParetoTable): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  const head = [
    'dictionary',
    'L0',
    'explained variance',
    'NDCG@10',
    'HitRate@10',
    'Coverage@10',
    'correlation',
    'untrained',
    'dead',
  ];
  const ranking = ({ ndcg, hitRate, coverage }: Pick<ParetoRow, 'ndcg' | 'hitRate' | 'coverage'>): string[] => [
    ndcg.toFixed(4),
    hitRate.toFixed(3),
    coverage.toFixed(3),
  ];
  return [
    `# Dictionaries (split: ${split}, ${model.users} test users)\n`,
    line(head),
    line(head.map(() => '---')),
    line(['none', '', '', ...ranking(model), '', '', '']),
    ...rows.map((row) =>
      line([
        row.name,
        row.l0.toFixed(1),
        row.explainedVariance.toFixed(3),
        ...ranking(row),
        row.meanCorrelation.toFixed(3),
        row.untrained.toFixed(3),
        `${(100 * row.deadShare).toFixed(0)} %`,
      ]),
    ),
  ].join('\n');
}
