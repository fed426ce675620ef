/** Figures over the dictionaries of a run: along the L1 weight (or k) and the size, by place, and what sparsity costs. */
import { SITES } from '../../src/model/shapes.js';
import type { ParetoRow } from '../pareto/table.js';
import { type Axis, type Datum, dots, type Figure, lines } from './figure.js';
import type { ReportData } from './report-data.js';
import { type Group, groupsOf, seedsText, spreadOf, stepsOf } from './seeds.js';

const MEASURES = [
  ['mean correlation', (row: ParetoRow) => row.meanCorrelation],
  ['RMSE', (row: ParetoRow) => row.rmse],
  ['L0', (row: ParetoRow) => row.l0],
  ['share of dead features', (row: ParetoRow) => row.deadShare],
  ['NDCG@10, spliced in', (row: ParetoRow) => row.ndcg],
] as const;
/** What the mean correlation stands on, drawn beside it. */
const BESIDE = [
  ['untrained', (row: ParetoRow) => row.untrained],
  ['best neurons', (row: ParetoRow) => row.neurons],
] as const;

export function dictionaryFigures(data: ReportData): Figure[] {
  const figures: (Figure | undefined)[] = [
    curve(data, 'sparsity', { field: 'x', title: 'L1 weight, or k', scale: 'log' }),
    curve(data, 'features', { field: 'x', title: 'features', scale: 'log' }),
    placesFigure(data),
    costFigure(data),
  ];
  return figures.filter((figure) => figure !== undefined);
}

const TITLES = {
  sparsity: 'Dictionaries along the L1 weight, or k',
  features: 'Dictionaries along their size',
} as const;

/** Series are dictionaries that differ in nothing else. Undefined where none differ. */
function curve({ runs }: ReportData, along: keyof typeof TITLES, x: Axis): Figure | undefined {
  const all = groupsOf(runs);
  const seriesOf = (group: Group): string => {
    const { kind, sparsity, features, site, layer } = group;
    const other = along === 'sparsity' ? `${features} features` : String(sparsity);
    return [kind, other, `${site} ${layer}`, ...stepsOf(group, all)].join(', ');
  };
  const shown = all.filter((group) =>
    all.some((other) => seriesOf(other) === seriesOf(group) && other[along] !== group[along]),
  );
  if (shown.length === 0) return undefined;
  const data = new Map<string, Datum>();
  const add = (group: Group, series: string, measure: string, value: (row: ParetoRow) => number): void => {
    // Dictionaries of different sparsity stand on one floor.
    const key = JSON.stringify([series, measure, group[along]]);
    if (!data.has(key)) data.set(key, pointOf(group, series, measure, value, group[along]));
  };
  for (const group of shown) {
    for (const [measure, value] of MEASURES) add(group, seriesOf(group), measure, value);
    const where = along === 'sparsity' ? `${group.features} features, ` : '';
    for (const [what, value] of BESIDE)
      add(group, `${what}, ${where}${group.site} ${group.layer}`, MEASURES[0][0], value);
  }
  const best = shown
    .map((group) => ({ name: group.name, ...spreadOf(group.rows.map((row) => row.meanCorrelation)) }))
    .reduce((a, b) => (b.mean > a.mean ? b : a));
  return {
    id: `curve-${along}`,
    title: TITLES[along],
    alt:
      `${MEASURES.map(([name]) => name).join(', ')} against ${x.title}, one panel each. The greatest mean correlation is ` +
      `${best.mean.toFixed(3)}, of ${best.name}; what an untrained dictionary of the same size and the best single ` +
      `neurons reach is drawn beside it. ${seedsText(shown, runs)}`,
    spec: lines({
      ...{ data: [...data.values()], x, y: 'value', series: 'series', row: 'measure' },
      rows: MEASURES.map(([name]) => name),
      ...{ low: 'low', high: 'high', width: 480, height: 130 },
    }),
  };
}

/** The mean of a group, and one standard deviation to both sides of it. */
function pointOf(
  { rows }: Group,
  series: string,
  measure: string,
  value: (row: ParetoRow) => number,
  x: number,
): Datum {
  const { mean, deviation } = spreadOf(rows.map(value));
  const off = deviation ?? 0;
  return { x, series, measure, value: mean, low: mean - off, high: mean + off };
}

/** Undefined where all dictionaries read at one place. */
function placesFigure({ runs }: ReportData): Figure | undefined {
  const all = groupsOf(runs);
  const seriesOf = (group: Group): string =>
    [group.kind, String(group.sparsity), `${group.features} features`, ...stepsOf(group, all)].join(', ');
  const placeOf = ({ layer, site }: Group): string => `block ${layer}: ${SITE_TEXT[site]}`;
  const order = (group: Group): number => 3 * group.layer + SITES.indexOf(group.site);
  const shown = all
    .filter((group) => all.some((other) => seriesOf(other) === seriesOf(group) && placeOf(other) !== placeOf(group)))
    .toSorted((a, b) => order(a) - order(b));
  if (shown.length === 0) return undefined;
  const data = shown.flatMap((group) =>
    group.rows.flatMap((row): Datum[] => [
      { place: placeOf(group), correlation: row.meanCorrelation, what: seriesOf(group) },
      ...BESIDE.map(([what, value]) => ({
        ...{ place: placeOf(group), correlation: value(row) },
        what: what === 'untrained' ? `untrained, ${group.features} features` : what,
      })),
    ]),
  );
  const best = shown
    .map((group) => ({ place: placeOf(group), ...spreadOf(group.rows.map((row) => row.meanCorrelation)) }))
    .reduce((a, b) => (b.mean > a.mean ? b : a));
  return {
    id: 'places',
    title: 'Dictionaries by place: the output of each block, and what its attention and its MLP add',
    alt:
      `Mean correlation by place, of dictionaries, of untrained ones and of the best single neurons; a mark a seed. The ` +
      `greatest is ${best.mean.toFixed(3)}, at ${best.place}. ${seedsText(shown, runs)}`,
    spec: dots(data, { field: 'correlation', title: 'mean correlation' }, { y: 'place', kind: 'what' }),
  };
}

const SITE_TEXT = { block: 'output', attention: 'attention', mlp: 'MLP' } as const;

/** Undefined where there is only one dictionary. */
function costFigure({ runs }: ReportData): Figure | undefined {
  const groups = groupsOf(runs);
  const [first] = runs;
  if (first === undefined || groups.length < 2) return undefined;
  const measures = [
    ['explained variance', (row: ParetoRow) => row.explainedVariance],
    ['NDCG@10, spliced in', (row: ParetoRow) => row.ndcg],
    ['mean correlation', (row: ParetoRow) => row.meanCorrelation],
  ] as const;
  const data = groups.flatMap((group) => {
    const l0 = Math.max(0.1, spreadOf(group.rows.map((row) => row.l0)).mean);
    const { kind, features, site, layer } = group;
    const series = [kind, `${features} features`, `${site} ${layer}`, ...stepsOf(group, groups)].join(', ');
    return measures.map(([measure, value]) => pointOf(group, series, measure, value, l0));
  });
  return {
    id: 'pareto',
    title: 'What sparsity costs',
    alt:
      'Explained variance, NDCG with the reconstruction spliced in, and mean correlation against L0, one panel each. ' +
      `Without any dictionary NDCG@10 is ${first.table.model.ndcg.toFixed(4)}. ${seedsText(groups, runs)}`,
    spec: lines({
      ...{ data, x: { field: 'x', title: 'L0', scale: 'log' }, y: 'value', series: 'series', row: 'measure' },
      ...{ rows: measures.map(([name]) => name), low: 'low', high: 'high', width: 480, height: 150 },
    }),
  };
}
