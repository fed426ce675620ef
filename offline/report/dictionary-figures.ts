/** Figures over the dictionaries of a run: along the L1 weight (or k), the size, the block; and what sparsity costs. */
import type { ParetoRow } from '../pareto/table.js';
import { type Axis, type Datum, type Figure, lines } from './figure.js';
import type { ReportData } from './report-data.js';

const MEASURES = [
  ['mean correlation', (row: ParetoRow) => row.meanCorrelation],
  ['RMSE', (row: ParetoRow) => row.rmse],
  ['L0', (row: ParetoRow) => row.l0],
  ['share of dead features', (row: ParetoRow) => row.deadShare],
  ['NDCG@10, spliced in', (row: ParetoRow) => row.ndcg],
] as const;

export function dictionaryFigures(data: ReportData): Figure[] {
  const curves: (Figure | undefined)[] = [
    curve(data, 'sparsity', { field: 'x', title: 'L1 weight, or k', scale: 'log' }),
    curve(data, 'features', { field: 'x', title: 'features', scale: 'log' }),
    curve(data, 'layer', { field: 'x', title: 'block' }),
    costFigure(data),
  ];
  return curves.filter((figure) => figure !== undefined);
}

const TITLES = {
  sparsity: 'Dictionaries along the L1 weight, or k',
  features: 'Dictionaries along their size',
  layer: 'Dictionaries by block',
} as const;

/** Series are dictionaries that differ in nothing else. Undefined where none differ. */
function curve({ evaluation, runs }: ReportData, along: keyof typeof TITLES, x: Axis): Figure | undefined {
  const all = runs.flatMap(({ table }) => table.rows);
  const seriesOf = (row: ParetoRow): string =>
    [
      row.kind,
      ...(along === 'sparsity' ? [] : [String(row.sparsity)]),
      ...(along === 'features' ? [] : [`${row.features} features`]),
      along === 'layer' ? row.site : `${row.site} ${row.layer}`,
    ].join(', ');
  const isCurve = (row: ParetoRow): boolean =>
    all.some((other) => seriesOf(other) === seriesOf(row) && other[along] !== row[along]);
  const shown = all.filter(isCurve);
  if (shown.length === 0) return undefined;
  const values: Datum[] = shown.flatMap((row) =>
    MEASURES.map(([measure, value]) => ({ x: row[along], value: value(row), measure, series: seriesOf(row) })),
  );
  // The floor has a size and a block, and no sparsity.
  for (const floor of along === 'sparsity' ? [] : evaluation.details.floors)
    values.push({
      ...{
        x: along === 'features' ? floor.features : floor.layer,
        value: floor.meanCorrelation,
        measure: MEASURES[0][0],
      },
      series:
        along === 'features'
          ? `untrained, ${floor.site} ${floor.layer}`
          : `untrained, ${floor.features} features, ${floor.site}`,
    });
  const best = shown.reduce((a, b) => (b.meanCorrelation > a.meanCorrelation ? b : a));
  return {
    id: `curve-${along}`,
    title: TITLES[along],
    alt:
      `Lines of ${MEASURES.map(([name]) => name).join(', ')} against ${x.title}, one panel each. The greatest mean ` +
      `correlation is ${best.meanCorrelation.toFixed(3)}, of ${best.name}.`,
    spec: lines({
      ...{ data: values, x, y: 'value', series: 'series', row: 'measure', rows: MEASURES.map(([name]) => name) },
      ...{ spread: runs.length > 1, width: 480, height: 130 },
    }),
  };
}

/** Undefined where there is only one dictionary. */
function costFigure({ runs }: ReportData): Figure | undefined {
  const rows = runs.flatMap(({ table }) => table.rows);
  const [first] = runs;
  if (first === undefined || rows.length < 2) return undefined;
  const measures = ['explained variance', 'NDCG@10, spliced in', 'mean correlation'] as const;
  const values = rows.flatMap((row) =>
    [row.explainedVariance, row.ndcg, row.meanCorrelation].map((value, i) => ({
      ...{ x: Math.max(0.1, row.l0), value, measure: measures[i] ?? '' },
      series: `${row.kind}, ${row.features} features, ${row.site} ${row.layer}`,
    })),
  );
  return {
    id: 'pareto',
    title: 'What sparsity costs',
    alt:
      'Explained variance, NDCG with the reconstruction spliced in, and mean correlation against L0, one panel each. ' +
      `Without any dictionary NDCG@10 is ${first.table.model.ndcg.toFixed(4)}.`,
    spec: lines({
      ...{ data: values, x: { field: 'x', title: 'L0', scale: 'log' }, y: 'value', series: 'series' },
      ...{ row: 'measure', rows: measures, width: 480, height: 150 },
    }),
  };
}
