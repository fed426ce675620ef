/** Single features looked at closely: which attributes, series and decades they are about, and where they are active. */
import type { EvaluationData } from './evaluation-data.js';
import { activationsOf, histogramOf, strongestSequences } from './portraits.js';
import { labelsOf } from './probes.js';
import type { AttributeRow, Portrait, TopMass } from './results.js';
import { seriesOfTitles } from './series.js';
import { strongestPositions } from './strongest.js';
import { type Property, TOP, topMasses } from './top-mass.js';

const BINS = 24;
const SEQUENCES = 5;
/** Of each kind of attributes that none was chosen of, so many are shown. */
const OTHERS = 2;
/** Series met less often cannot fill a feature's greatest activations. */
const LEAST_MET = TOP;

/** @param chosen attributes that are shown with their top features */
export function lookClosely(
  { loaded, set }: EvaluationData,
  rows: readonly AttributeRow[],
  chosen: readonly AttributeRow[],
): { topMass: TopMass[]; portraits: Portrait[] } {
  const { split, model, shape } = loaded;
  const bearersOf = new Map(
    split.attributeNames.map((name, a) => [name, split.attributeItems[a] ?? new Int32Array()] as const),
  );
  const series = seriesOfTitles(split.titles).map(({ name, items }) => ({ name: `series/${name}`, items }));
  const met = series.filter(({ name, items }) => {
    const borne = new Set(items);
    // A series that the catalogue names is no longer to be told from titles.
    return !bearersOf.has(name) && set.items.reduce((count, item) => count + (borne.has(item) ? 1 : 0), 0) >= LEAST_MET;
  });
  const properties: Property[] = [
    ...rows.map(({ attribute, feature }) => ({
      ...{ name: attribute, items: bearersOf.get(attribute) ?? new Int32Array(), top: feature },
    })),
    ...met,
  ];
  const topMass = topMasses(strongestPositions(model.sae, set, TOP), set.items, properties);
  const shown = [
    ...chosen.map(({ attribute, feature }) => ({ attribute, feature })),
    ...othersToShow(topMass, new Set(chosen.map(({ attribute }) => kindOf(attribute)))),
  ];
  const columns = activationsOf(
    model.sae,
    set,
    shown.map(({ feature }) => feature),
  );
  const portraits = shown.map(({ attribute, feature }, i): Portrait => {
    const bearers = properties.find(({ name }) => name === attribute)?.items ?? new Int32Array();
    const activations = columns[i] ?? new Float32Array();
    return {
      attribute,
      feature,
      histogram: histogramOf(activations, labelsOf(set.items, bearers), BINS),
      sequences: strongestSequences(split, split.test, activations, {
        window: shape.window,
        bearers: new Set(bearers),
        count: SEQUENCES,
      }),
    };
  });
  return { topMass, portraits };
}

/** `decade` of `decade/1980`. */
const kindOf = (attribute: string): string => attribute.slice(0, Math.max(0, attribute.indexOf('/')));

/** Of each other kind what a feature is most plainly about, above how often it is met anyway. */
export function othersToShow(
  topMass: readonly TopMass[],
  kinds: ReadonlySet<string>,
): { attribute: string; feature: number }[] {
  const others = topMass
    .flatMap(({ attribute, popularity, best }) =>
      best ? [{ attribute, feature: best.feature, above: best.share - popularity }] : [],
    )
    .filter(({ attribute }) => !kinds.has(kindOf(attribute)))
    .toSorted((a, b) => b.above - a.above);
  return [...new Set(others.map(({ attribute }) => kindOf(attribute)))].flatMap((kind) =>
    others
      .filter(({ attribute }) => kindOf(attribute) === kind)
      .slice(0, OTHERS)
      .map(({ attribute, feature }) => ({ attribute, feature })),
  );
}
