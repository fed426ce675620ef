/** The numbers of a report as tables: each is shown on the page, and a CSV file beside it. */
import type { ParetoRow } from '../pareto/table.js';
import { methodsByAttribute, methodTable } from './method-tables.js';
import type { ReportData } from './report-data.js';
import { groupsOf, spreadOf } from './seeds.js';
import type { Cell, Table } from './table.js';

export const TABLES = [
  rankingTable,
  dictionaryTable,
  seedTable,
  kindTable,
  attributeTable,
  heatMapTable,
  comparisonTable,
  topMassTable,
  histogramTable,
  steeringTable,
  equalizerTable,
  directionTable,
  methodTable,
  methodsByAttribute,
] as const;

function rankingTable({ evaluation }: ReportData): Table {
  return {
    id: 'ranking',
    title: 'Ranking (seen items are not listed)',
    head: ['ranking', 'users', 'number', 'NDCG@10', 'HitRate@10', 'Coverage@10'],
    rows: evaluation.ranking.map(({ name, users, metrics }) => [
      ...[name, users, metrics.users],
      ...[metrics.ndcg, metrics.hitRate, metrics.coverage],
    ]),
  };
}

const SPREAD = [
  ['RMSE', 'rmse'],
  ['explained variance', 'explainedVariance'],
  ['L0', 'l0'],
  ['dead features', 'dead'],
  ['NDCG@10', 'ndcg'],
  ['HitRate@10', 'hitRate'],
  ['Coverage@10', 'coverage'],
  ['mean correlation', 'meanCorrelation'],
  ['untrained', 'untrained'],
  ['neurons', 'neurons'],
] as const satisfies readonly (readonly [string, keyof ParetoRow])[];

/** Means over seeds, each with its standard deviation. The first row is the model without any dictionary. */
function dictionaryTable({ runs }: ReportData): Table {
  const groups = groupsOf(runs);
  const several = groups.some(({ rows }) => rows.length > 1);
  const cellsOf = (values: readonly number[]): Cell[] => {
    const { mean, deviation } = spreadOf(values);
    return several ? [mean, deviation] : [mean];
  };
  const models = new Map(runs.map(({ table }) => [table.train, table.model]));
  const bare = [...models.values()].map((model): Cell[] => [
    ...['none', null, null, null, null, null, null, null],
    ...SPREAD.flatMap(([, column]): Cell[] => [
      column in model ? (model[column as keyof typeof model] ?? null) : null,
      ...(several ? [null] : []),
    ]),
  ]);
  return {
    id: 'dictionaries',
    title: 'Reconstruction, ranking with the reconstruction spliced in, and correlation with the attributes',
    head: [
      ...['dictionary', 'kind', 'L1 weight or k', 'features', 'block', 'site', 'steps', 'seeds'],
      ...SPREAD.flatMap(([name]) => (several ? [name, '±'] : [name])),
    ],
    rows: [
      ...bare,
      ...groups.map(({ name, kind, sparsity, features, layer, site, steps, rows }) => [
        ...[name, kind, String(sparsity), features, layer, site, steps, rows.length],
        ...SPREAD.flatMap(([, column]) => cellsOf(rows.map((row) => row[column]))),
      ]),
    ],
  };
}

/** Every dictionary by itself. */
function seedTable({ runs }: ReportData): Table {
  return {
    id: 'seeds',
    title: 'Every dictionary of every seed',
    head: ['run', 'dictionary', 'seed', ...SPREAD.map(([name]) => name)],
    rows: runs.flatMap(({ run, table }) =>
      table.rows.map((row) => [run, row.name, row.seed, ...SPREAD.map(([, column]) => row[column])]),
    ),
    isHidden: true,
  };
}

function attributeTable({ evaluation }: ReportData): Table {
  return {
    id: 'attributes',
    title: 'Top feature of each attribute',
    head: ['attribute', 'feature', 'correlation', 'AUC', 'sensitivity', 'popularity'],
    rows: evaluation.attributes.map((row) => [
      ...[row.attribute, row.feature, row.correlation, row.auc, row.sensitivity, row.popularity],
    ]),
  };
}

/** `genre` of `genre/Sci-Fi`. */
export const kindOf = (attribute: string): string => attribute.replace(/\/.*$/s, '');

/** Means over all attributes of a kind: genres, decades, moods, ... */
function kindTable(data: ReportData): Table {
  const { attributes, details } = data.evaluation;
  const floor = ownFloor(data);
  const probes = new Map(details.probes.map((probe) => [probe.attribute, probe.probability]));
  const best = new Map(details.topMass.map((one) => [one.attribute, one.best?.share]));
  const meanOf = (values: readonly (number | undefined)[]): Cell => {
    const known = values.filter((value) => value !== undefined);
    return known.length > 0 ? spreadOf(known).mean : null;
  };
  return {
    id: 'kinds',
    title: 'Means by kind of attribute',
    head: [
      ...['kind', 'attributes', 'correlation of the top feature', 'AUC', 'sensitivity', 'best neuron', 'untrained SAE'],
      ...['linear probe', 'greatest p_top100', 'share of all positions'],
    ],
    rows: [...new Set(attributes.map(({ attribute }) => kindOf(attribute)))].map((kind) => {
      const rows = attributes.filter(({ attribute }) => kindOf(attribute) === kind);
      const names = rows.map(({ attribute }) => attribute);
      return [
        ...[kind, rows.length, meanOf(rows.map((row) => row.correlation)), meanOf(rows.map((row) => row.auc))],
        ...[meanOf(rows.map((row) => row.sensitivity)), meanOf(rows.map((row) => row.neuron))],
        ...[floor, probes, best].map((values) => meanOf(names.map((name) => values.get(name)))),
        meanOf(rows.map((row) => row.popularity)),
      ];
    }),
  };
}

function heatMapTable({ evaluation }: ReportData): Table {
  const { attributes, features, correlation } = evaluation.details.heatMap;
  return {
    id: 'correlations',
    title: 'Correlation of every top feature with every attribute',
    head: ['attribute', ...features.map((feature) => `feature ${feature}`)],
    rows: attributes.map((attribute, a) => [attribute, ...(correlation[a] ?? [])]),
    isHidden: true,
  };
}

/** The untrained SAE of the dictionary's own size and place. */
export function ownFloor({ evaluation: { details } }: ReportData): ReadonlyMap<string, number> {
  return new Map(details.floor.attributes.map(({ attribute, correlation }) => [attribute, correlation]));
}

function comparisonTable(data: ReportData): Table {
  const { details, attributes } = data.evaluation;
  const floor = ownFloor(data);
  const probes = new Map(details.probes.map((probe) => [probe.attribute, probe]));
  return {
    id: 'comparison',
    title: 'Correlations: best feature, best neuron, best feature of an untrained SAE, and lines fitted to labels',
    head: [
      ...['attribute', 'feature', 'neuron', 'untrained SAE', 'probe (probability)', 'probe (logit)', 'probe AUC'],
      'difference of means',
    ],
    rows: attributes.map((row) => {
      const probe = probes.get(row.attribute);
      const fitted = [probe?.probability, probe?.logit, probe?.auc, probe?.difference];
      return [row.attribute, row.correlation, row.neuron, floor.get(row.attribute), ...fitted].map((v) => v ?? null);
    }),
  };
}

function topMassTable({ evaluation }: ReportData): Table {
  return {
    id: 'p-top100',
    title: 'p_top100: share of the mass of a feature’s 100 greatest activations on items that bear an attribute',
    head: [
      ...['attribute', 'share of all positions', 'top feature by correlation', 'its share'],
      ...['feature of the greatest share', 'that share', 'different items among its 100'],
    ],
    rows: evaluation.details.topMass.map(({ attribute, popularity, top, best }) => [
      ...[attribute, popularity, top?.feature ?? null, top?.share ?? null],
      ...[best?.feature ?? null, best?.share ?? null, best?.items ?? null],
    ]),
  };
}

function histogramTable({ evaluation }: ReportData): Table {
  return {
    id: 'histograms',
    title: 'Histograms of activations: shares of the positions with and without the attribute',
    head: ['attribute', 'feature', 'from', 'to', 'with', 'without'],
    rows: evaluation.details.portraits.flatMap(({ attribute, feature, histogram: h }) => [
      [attribute, feature, 0, 0, h.zeroWith, h.zeroWithout],
      ...h.withAttribute.map((share, i) => [
        ...[attribute, feature, h.edges[i] ?? 0, h.edges[i + 1] ?? 0],
        ...[share, h.without[i] ?? 0],
      ]),
    ]),
    isHidden: true,
  };
}

const SWEEP = ['share', 'NDCG@10', 'NDCG kept', 'Coverage@10', 'inter-list diversity'];

function steeringTable({ evaluation }: ReportData): Table {
  const names = evaluation.attributes.map(({ attribute }) => `share of ${attribute}`);
  return {
    id: 'steering',
    title: 'A top feature set to a strength: the lists of the test users',
    head: ['attribute', 'mode', 'strength', ...SWEEP, ...names],
    rows: evaluation.steering.flatMap(({ attribute, mode, cells }) =>
      cells.map((cell) => [
        ...[attribute, mode, cell.strength, cell.share, cell.ndcg, cell.ndcgKept, cell.coverage, cell.diversity],
        ...cell.shares,
      ]),
    ),
    isHidden: true,
  };
}

function equalizerTable({ evaluation }: ReportData): Table {
  return {
    id: 'equalizer',
    title: 'The equalizer at gain 1 and -1',
    head: [
      ...['attribute', 'method', 'unsteered share', 'share at 1', 'NDCG kept at 1', 'share at -1', 'NDCG kept at -1'],
    ],
    rows: evaluation.equalizer.map(({ attribute, method, base, up, down }) => [
      ...[attribute, method, base, up.share, up.ndcgKept, down.share, down.ndcgKept],
    ]),
  };
}

function directionTable({ evaluation }: ReportData): Table {
  return {
    id: 'directions',
    title: 'Steps of equal length along three directions',
    head: ['attribute', 'direction', 'strength', ...SWEEP],
    rows: evaluation.details.directions.flatMap(({ attribute, method, cells }) =>
      cells.map((cell) => [
        ...[attribute, method, cell.strength, cell.share, cell.ndcg, cell.ndcgKept, cell.coverage, cell.diversity],
      ]),
    ),
    isHidden: true,
  };
}

/** As RFC 4180 has it; an empty cell where there is no value. */
export function tableCsv({ head, rows }: Pick<Table, 'head' | 'rows'>): string {
  const cell = (value: Cell): string => {
    const text = String(value ?? '');
    return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  return `${[head, ...rows].map((row) => row.map(cell).join(',')).join('\n')}\n`;
}
