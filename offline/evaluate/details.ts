/** The parts that the paper's tables and figures need beyond what is published. */
import { readActivations, scalarMoments } from '../sae/activation-set.js';
import type { Place } from '../../src/model/shapes.js';
import type { Json } from '../canonical-json.js';
import type { EvaluationData } from './evaluation-data.js';
import { untrainedFloor } from './floor.js';
import { type Interpretation, shownAttributes } from './interpretation.js';
import type { Parts } from './parts.js';
import { activationsOf, histogramOf, strongestSequences, topMassRow, topMassShares } from './portraits.js';
import { featureDirection, fitProbe, judgeProbe, labelsOf, normalised, unitStep } from './probes.js';
import type {
  AttributeRow,
  DirectionSweep,
  EvaluationDetails,
  Floor,
  Portrait,
  ProbeRow,
  SteeredLists,
  TopMass,
} from './results.js';
import { steeredLists, sweep } from './steering-rows.js';

export interface DetailSettings {
  /** What the weights of the model, and of the dictionary, were made from. */
  readonly model: Json;
  readonly dictionary: Json;
  /** Attributes that are looked at closely. */
  readonly attributes: readonly string[];
  readonly strengths: readonly number[];
  /** Places and sizes of all dictionaries of the run: each has a floor. */
  readonly sizes: readonly (Place & { readonly features: number })[];
}

const BINS = 24;
const SEQUENCES = 5;
const TOP = 100;

export async function measureDetails(
  data: EvaluationData,
  { rows, heatMap }: Interpretation,
  settings: DetailSettings,
  parts: Parts,
): Promise<EvaluationDetails> {
  const { dictionary, attributes } = settings;
  const chosen = rows.filter(({ attribute }) => attributes.includes(attribute));
  const floors = await measureFloors(data, settings, parts);
  const { topMass, portraits } = await parts.measure('features', { dictionary, attributes: [...attributes] }, () =>
    lookClosely(data, rows, chosen),
  );
  const lists: SteeredLists[] = [];
  for (const { attribute, feature } of data.cases.length > 0 ? chosen : [])
    lists.push(
      await parts.measure(`lists ${attribute}`, { dictionary, feature }, () => steeredLists(data, attribute, feature)),
    );
  const probes: ProbeRow[] = [];
  const directions: DirectionSweep[] = [];
  for (const row of shownAttributes(rows)) {
    const strengths = chosen.includes(row) ? settings.strengths : [];
    const inputs = { dictionary, feature: row.feature, strengths: [...strengths] };
    const probed = await parts.measure(`probe ${row.attribute}`, inputs, () => probe(data, row, strengths));
    probes.push(...probed.rows);
    directions.push(...probed.sweeps);
  }
  return { floors, heatMap, topMass, portraits, lists, probes, directions };
}

async function measureFloors(data: EvaluationData, { model, sizes }: DetailSettings, parts: Parts): Promise<Floor[]> {
  const { loaded } = data;
  const { split, shape, saeShape } = loaded;
  const floors = new Map<string, Floor>();
  for (const { features, layer, site } of sizes) {
    const name = `floor ${features} ${site}${layer}`;
    if (floors.has(name)) continue;
    const measure = (): Floor => {
      const isOwn = layer === saeShape.layer && site === saeShape.site;
      const read = isOwn ? data.set : readActivations(loaded.model, split.test, { window: shape.window, layer, site });
      return untrainedFloor(split, read, { layer, site }, features);
    };
    floors.set(name, await parts.measure(name, { model, layer, site, features }, measure));
  }
  return [...floors.values()];
}

function lookClosely(
  { loaded, set }: EvaluationData,
  rows: readonly AttributeRow[],
  chosen: readonly AttributeRow[],
): { topMass: TopMass[]; portraits: Portrait[] } {
  const { split, model, shape } = loaded;
  const features = [...new Set(rows.map(({ feature }) => feature))];
  const columns = activationsOf(model.sae, set, features);
  const of = (feature: number): Float32Array => columns[features.indexOf(feature)] ?? new Float32Array();
  const topMass = rows.map(({ attribute, feature }) =>
    topMassRow(split, attribute, feature, topMassShares(of(feature), set.items, split.attributeItems, TOP)),
  );
  const portraits = chosen.map(({ attribute, feature }): Portrait => {
    const bearers = split.attributeItems[split.attributeNames.indexOf(attribute)] ?? new Int32Array();
    return {
      attribute,
      feature,
      histogram: histogramOf(of(feature), labelsOf(set.items, bearers), BINS),
      sequences: strongestSequences(split, split.test, of(feature), {
        window: shape.window,
        bearers: new Set(bearers),
        count: SEQUENCES,
      }),
    };
  });
  return { topMass, portraits };
}

/** The probe of an attribute, judged on the test users; and steps of equal length along three directions. */
function probe(
  data: EvaluationData,
  { attribute, feature }: AttributeRow,
  strengths: readonly number[],
): { rows: ProbeRow[]; sweeps: DirectionSweep[] } {
  const { loaded, set } = data;
  const { model, saeShape } = loaded;
  const { training } = data;
  const moments = scalarMoments(training.values);
  const items = data.itemsOf(attribute);
  const fitted = fitProbe(normalised(training, moments), items);
  if (fitted === undefined) return { rows: [], sweeps: [] };
  const directions: (readonly [string, Float64Array])[] = [
    ['SAE feature', featureDirection(model.sae, feature, saeShape.width)],
    ['linear probe', fitted.logistic.weights],
    ['difference of means', fitted.difference],
  ];
  const sweeps = directions.map(([method, direction]): DirectionSweep => {
    const step = unitStep(direction, moments.std);
    const cells = sweep(data, items, strengths, (v) => ({ direction: step.map((value) => v * value) }));
    return { attribute, method, cells };
  });
  return {
    rows: [judgeProbe(attribute, fitted, normalised(set, moments), items)],
    sweeps: strengths.length > 0 ? sweeps : [],
  };
}
