/** Figures of what steering does to lists. */
import type { SweepCell } from '../evaluate/results.js';
import { cells, type Datum, type Figure, lines } from './figure.js';
import type { ReportData } from './report-data.js';

const MEASURES = [
  ['share of the attribute', (cell: SweepCell) => cell.share],
  ['NDCG@10', (cell: SweepCell) => cell.ndcg],
  ['Coverage@10', (cell: SweepCell) => cell.coverage],
  ['inter-list diversity', (cell: SweepCell) => cell.diversity],
] as const;
const STRENGTH = { field: 'strength', title: 'strength' };

export function steeringFigures(data: ReportData): Figure[] {
  const { steering, details } = data.evaluation;
  return [
    ...(steering.length > 0 ? [sweepFigure(data), ...sharesFigures(data)] : []),
    ...(details.directions.length > 0 ? [directionFigure(data), directionCostFigure(data)] : []),
  ];
}

function sweepFigure({ evaluation }: ReportData): Figure {
  const values = evaluation.steering.flatMap(({ attribute, mode, cells: points }) =>
    points.flatMap((cell) =>
      MEASURES.map(([measure, value]) => ({ attribute, mode, strength: cell.strength, measure, value: value(cell) })),
    ),
  );
  const model = evaluation.ranking.find(({ users }) => users === 'test');
  return {
    id: 'sweep',
    title: 'A top feature set to a strength',
    alt:
      'Share of the attribute, NDCG, Coverage and inter-list diversity against the strength, one row each; the feature ' +
      'replaced on the left, changed by the difference on the right. ' +
      `Unsteered NDCG@10 is ${model?.metrics.ndcg.toFixed(4) ?? 'unknown'}.`,
    spec: lines({
      ...{ data: values, x: STRENGTH, y: 'value', series: 'attribute', row: 'measure', column: 'mode' },
      rows: MEASURES.map(([name]) => name),
    }),
  };
}

/** Of each steered attribute, what becomes of all the others. */
function sharesFigures({ evaluation }: ReportData): Figure[] {
  const { attributes, details, steering } = evaluation;
  const names = attributes.map(({ attribute }) => attribute);
  const shown = details.heatMap.attributes;
  return steering
    .filter(({ mode }) => mode === 'replace')
    .map(({ attribute: steered, cells: points }, i) => {
      const values = points.flatMap(({ strength, shares }): Datum[] =>
        shown.map((attribute) => ({ attribute, strength, percent: 100 * (shares[names.indexOf(attribute)] ?? 0) })),
      );
      return {
        id: `shares-${i}`,
        title: `Shares of all attributes when ${steered} is steered (per cent)`,
        alt: `A table of ${shown.length} attributes by ${points.length} strengths; each cell holds the share of the top 10.`,
        spec: cells({
          data: values,
          x: STRENGTH,
          y: { field: 'attribute', title: 'attribute' },
          value: { field: 'percent', title: 'per cent', format: '.0f' },
          cellWidth: 22,
        }),
      };
    });
}

function directionFigure({ evaluation }: ReportData): Figure {
  const { directions } = evaluation.details;
  const measures = [MEASURES[0], MEASURES[1]];
  const values = directions.flatMap(({ attribute, method, cells: points }) =>
    points.flatMap((cell) =>
      measures.map(([measure, value]) => ({
        ...{ attribute, method, strength: cell.strength, measure, value: value(cell) },
      })),
    ),
  );
  return {
    id: 'directions',
    title: 'SAE feature, linear probe and difference of means',
    alt: 'Share of the attribute and NDCG against steps of equal length along three directions, a column an attribute.',
    spec: lines({
      ...{ data: values, x: STRENGTH, y: 'value', series: 'method', row: 'measure', column: 'attribute' },
      ...{ rows: measures.map(([name]) => name), width: 180 },
    }),
  };
}

/** A step of unit length does not mean the same along each direction; what is lost for a share does. */
function directionCostFigure({ evaluation }: ReportData): Figure {
  const values = evaluation.details.directions.flatMap(({ attribute, method, cells: points }) =>
    points
      .filter(({ strength }) => strength >= 0)
      .map(({ strength, share, ndcgKept }) => ({ attribute, method, strength, share, kept: 100 * ndcgKept })),
  );
  return {
    id: 'directions-cost',
    title: 'What each direction pays for a share',
    alt:
      'Share of the attribute against the share of NDCG that is kept, one panel an attribute; each line goes from no ' +
      'strength to the greatest. Where two lines lie on each other, their methods do the same at equal loss.',
    spec: lines({
      ...{ data: values, x: { field: 'kept', title: 'per cent of NDCG kept' }, y: 'share', series: 'method' },
      ...{ column: 'attribute', order: 'strength', width: 180 },
    }),
  };
}
