/** Figures of single features: how they line up with attributes, and how active they are. */
import { cells, type Datum, dots, type Figure, lines } from './figure.js';
import type { ReportData } from './report-data.js';
import { ownFloor } from './tables.js';

export function featureFigures(data: ReportData): Figure[] {
  const { attributes, details } = data.evaluation;
  return [
    ...(attributes.length > 0 ? [heatMapFigure(data), comparisonFigure(data)] : []),
    ...(details.portraits.length > 0 ? [histogramFigure(data)] : []),
  ];
}

function heatMapFigure({ evaluation }: ReportData): Figure {
  const { attributes, features, correlation } = evaluation.details.heatMap;
  const data = attributes.flatMap((attribute, a) =>
    features.map((feature, j) => ({ attribute, feature: String(feature), correlation: correlation[a]?.[j] ?? 0 })),
  );
  return {
    id: 'heat-map',
    title: 'Correlation of the top features with the attributes',
    alt:
      `A table of ${attributes.length} attributes by ${features.length} features, each cell with its correlation; the ` +
      'features are in the order of the attributes that they are best for, so the diagonal is high.',
    spec: cells({
      data,
      x: { field: 'feature', title: 'feature' },
      y: { field: 'attribute', title: 'attribute' },
      value: { field: 'correlation', title: 'correlation', format: '.2f' },
      cellWidth: 30,
    }),
  };
}

function comparisonFigure(data: ReportData): Figure {
  const { attributes, details, sae } = data.evaluation;
  const floor = ownFloor(data);
  const probes = new Map(details.probes.map((probe) => [probe.attribute, probe]));
  const shown = attributes.filter(({ attribute }) => details.heatMap.attributes.includes(attribute));
  const values = shown.flatMap(({ attribute, correlation, neuron }): Datum[] => {
    const probe = probes.get(attribute);
    const untrained = floor.get(attribute);
    return [
      { attribute, correlation, what: 'SAE feature' },
      { attribute, correlation: neuron, what: 'neuron' },
      ...(untrained === undefined ? [] : [{ attribute, correlation: untrained, what: 'untrained SAE' }]),
      ...(probe ? [{ attribute, correlation: probe.probability, what: 'linear probe' }] : []),
      ...(probe ? [{ attribute, correlation: probe.difference, what: 'difference of means' }] : []),
    ];
  });
  return {
    id: 'comparison',
    title: 'Features beside neurons, an untrained SAE, and lines fitted to labels',
    alt:
      `Correlations by attribute. On average a feature reaches ${sae.meanCorrelation.toFixed(3)} and a neuron ` +
      `${sae.meanNeuronCorrelation.toFixed(3)}; the untrained SAE shows what the best of as many features reaches by luck.`,
    spec: dots(values, { field: 'correlation', title: 'correlation' }, { y: 'attribute', kind: 'what' }),
  };
}

function histogramFigure({ evaluation }: ReportData): Figure {
  const { portraits } = evaluation.details;
  const values = portraits.flatMap(({ attribute, feature, histogram: h }) =>
    h.withAttribute.flatMap((share, i) => {
      const x = ((h.edges[i] ?? 0) + (h.edges[i + 1] ?? 0)) / 2;
      const panel = `${attribute}, feature ${feature}`;
      return [
        { panel, x, share, what: 'with the attribute' },
        { panel, x, share: h.without[i] ?? 0, what: 'without' },
      ];
    }),
  );
  const inactive = portraits.map(
    ({ attribute, histogram: h }) =>
      `${attribute} ${(100 * h.zeroWith).toFixed(0)} % with it, ${(100 * h.zeroWithout).toFixed(0)} % without`,
  );
  return {
    id: 'histograms',
    title: 'Activations of the top features, with and without the attribute',
    alt: `Shares of positions by activation. Not active, and left out: ${inactive.join('; ')}.`,
    spec: lines({
      ...{ data: values, x: { field: 'x', title: 'activation' }, y: 'share', series: 'what', row: 'panel' },
      ...{ width: 480, height: 110 },
    }),
  };
}
