/** What the figures are made of. Series differ in dash and shape as well as in colour: no figure needs colour to be read. */
import type { TopLevelSpec } from 'vega-lite';

export interface Figure {
  /** Unique on the page. */
  readonly id: string;
  readonly title: string;
  /** What is to be seen, for who cannot see it. */
  readonly alt: string;
  readonly spec: TopLevelSpec;
}

export type Datum = Readonly<Record<string, string | number>>;

/** Okabe and Ito's colours, which people with the usual colour blindnesses can tell apart. */
const COLOURS = ['#0072B2', '#D55E00', '#009E73', '#CC79A7', '#000000', '#E69F00', '#56B4E9'];
const DASHES = [
  [1, 0],
  [6, 3],
  [2, 2],
  [8, 3, 2, 3],
  [12, 4],
  [4, 2, 1, 2],
  [1, 4],
];
const SHAPES = ['circle', 'square', 'triangle-up', 'cross', 'diamond', 'triangle-down', 'triangle-right'];

export interface Lines {
  readonly data: readonly Datum[];
  readonly x: Axis;
  /** The field of the values. */
  readonly y: string;
  /** The field that tells the series apart. */
  readonly series: string;
  /** Panels below each other by this field, side by side by that one; the scales of y are their own by row. */
  readonly row?: string;
  readonly column?: string;
  /** The values of `row`, from the top. */
  readonly rows?: readonly string[];
  /** The field along which a line goes from point to point; x where it is left out. */
  readonly order?: string;
  /** The fields of the lower and the upper end of a bar through each point. */
  readonly low?: string;
  readonly high?: string;
  readonly width?: number;
  readonly height?: number;
}

export interface Axis {
  readonly field: string;
  readonly title: string;
  readonly scale?: 'linear' | 'log';
}

/** Lines with points, by series, in panels. */
export function lines(options: Lines): TopLevelSpec {
  const { data, x, y, series, row, column, rows, order, low, high, width = 260, height = 150 } = options;
  const names = [...new Set(data.map((datum) => String(datum[series])))];
  const scale = <T>(range: readonly T[]): object => ({
    domain: names,
    range: names.map((_, i) => range[i % range.length]),
  });
  const legend = { title: null, orient: 'bottom', columns: 3, labelLimit: 400, symbolSize: 120 };
  const position = {
    x: {
      field: x.field,
      type: 'quantitative',
      title: x.title,
      scale: x.scale === 'log' ? { type: 'log', nice: false } : { zero: false, nice: false },
    },
    y: { field: y, type: 'quantitative', title: null, scale: { zero: false } },
    color: { field: series, type: 'nominal', scale: scale(COLOURS), legend },
  };
  const layers = [
    {
      mark: { type: 'line' },
      encoding: {
        ...position,
        strokeDash: { field: series, type: 'nominal', scale: scale(DASHES), legend },
        ...(order !== undefined && { order: { field: order, type: 'quantitative' } }),
      },
    },
    {
      mark: { type: 'point', filled: true, size: 40 },
      encoding: { ...position, shape: { field: series, type: 'nominal', scale: scale(SHAPES), legend } },
    },
    ...(low !== undefined && high !== undefined
      ? [
          {
            mark: { type: 'errorbar', ticks: { size: 8 } },
            encoding: { ...position, y: { ...position.y, field: low }, y2: { field: high } },
          },
        ]
      : []),
  ];
  const header = { title: null, labelFontWeight: 'bold' };
  // Beside a low panel a long name would run into its neighbours'.
  const above = { ...header, labelOrient: 'top', labelAngle: 0, labelAnchor: 'start' };
  return {
    data: { values: [...data] },
    facet: {
      ...(row !== undefined && { row: { field: row, type: 'nominal', header: above, sort: rows ? [...rows] : null } }),
      ...(column !== undefined && { column: { field: column, type: 'nominal', header, sort: null } }),
    },
    spec: { width, height, layer: layers },
    resolve: { scale: { y: 'independent', ...(column === undefined && { x: 'shared' }) } },
    config: CONFIG,
  } as unknown as TopLevelSpec;
}

export interface Cells {
  readonly data: readonly Datum[];
  readonly x: Axis;
  readonly y: Axis;
  readonly value: { readonly field: string; readonly title: string; readonly format: string };
  readonly cellWidth: number;
}

/** A heat map whose cells also hold their numbers. */
export function cells({ data, x, y, value, cellWidth }: Cells): TopLevelSpec {
  const values = data.map((datum) => Number(datum[value.field]));
  const most = Math.max(...values.map(Math.abs), 1e-9);
  const hasNegative = values.some((number) => number < 0);
  const position = {
    x: { field: x.field, type: 'ordinal', title: x.title, sort: null, axis: { labelAngle: -60 } },
    y: { field: y.field, type: 'ordinal', title: y.title, sort: null },
  };
  return {
    data: { values: [...data] },
    width: { step: cellWidth },
    height: { step: 16 },
    encoding: position,
    layer: [
      {
        mark: 'rect',
        encoding: {
          color: {
            field: value.field,
            type: 'quantitative',
            title: value.title,
            scale: hasNegative
              ? { scheme: 'blueorange', reverse: true, domain: [-most, most] }
              : { scheme: 'blues', domain: [0, most] },
          },
        },
      },
      {
        mark: { type: 'text', fontSize: 8 },
        encoding: {
          text: { field: value.field, type: 'quantitative', format: value.format },
          color: { condition: { test: `abs(datum.${value.field}) > ${0.6 * most}`, value: 'white' }, value: 'black' },
        },
      },
    ],
    config: CONFIG,
  } as unknown as TopLevelSpec;
}

/** A mark for each value, by name and kind, on a common axis. @param fields of the names and of the kinds */
export function dots(
  data: readonly Datum[],
  x: Axis,
  { y, kind }: { readonly y: string; readonly kind: string },
): TopLevelSpec {
  const legend = { title: null, orient: 'bottom', labelLimit: 400 };
  const names = [...new Set(data.map((datum) => String(datum[kind])))];
  return {
    data: { values: [...data] },
    width: 520,
    height: { step: 18 },
    mark: { type: 'point', filled: true, size: 70 },
    encoding: {
      x: { field: x.field, type: 'quantitative', title: x.title },
      y: { field: y, type: 'nominal', title: null, sort: null, axis: { grid: true } },
      color: { field: kind, type: 'nominal', scale: { domain: names, range: COLOURS }, legend },
      shape: { field: kind, type: 'nominal', scale: { domain: names, range: SHAPES }, legend },
    },
    config: CONFIG,
  } as unknown as TopLevelSpec;
}

const CONFIG = { font: 'sans-serif', background: 'white', axis: { labelLimit: 240 } };
