/** The parts that the paper's tables and figures need beyond what is published. */
import { scalarMoments } from '../sae/activation-set.js';
import type { Json } from '../canonical-json.js';
import type { EvaluationData } from './evaluation-data.js';
import { untrainedFloor } from './floor.js';
import { type Interpretation, shownAttributes } from './interpretation.js';
import { lookClosely } from './look-closely.js';
import type { Parts } from './parts.js';
import { featureDirection, fitProbe, judgeProbe, normalised, unitStep } from './probes.js';
import type { AttributeRow, DirectionSweep, EvaluationDetails, ProbeRow, SteeredLists } from './results.js';
import { steeredLists } from './steered-lists.js';
import { sweep } from './steering-rows.js';

export interface DetailSettings {
  /** What the dictionary's weights were made from. */
  readonly dictionary: Json;
  /** Attributes that are looked at closely. */
  readonly attributes: readonly string[];
  readonly strengths: readonly number[];
  /** The dictionary's. */
  readonly seed: number;
}

export async function measureDetails(
  data: EvaluationData,
  { rows, heatMap }: Interpretation,
  settings: DetailSettings,
  parts: Parts,
): Promise<EvaluationDetails> {
  const { dictionary, attributes } = settings;
  const chosen = rows.filter(({ attribute }) => attributes.includes(attribute));
  const { features } = data.loaded.saeShape;
  const { seed } = settings;
  const floor = await parts.measure('floor', '', { dictionary }, () =>
    untrainedFloor(data.loaded.split, data.set, { features, seed }),
  );
  const { topMass, portraits } = await parts.measure('features', '', { dictionary, attributes: [...attributes] }, () =>
    lookClosely(data, rows, chosen),
  );
  const lists: SteeredLists[] = [];
  for (const { attribute, feature } of data.cases.length > 0 ? chosen : [])
    lists.push(
      ...(await parts.measure('lists', attribute, { dictionary, feature }, () =>
        steeredLists(data, attribute, feature),
      )),
    );
  const probes: ProbeRow[] = [];
  const directions: DirectionSweep[] = [];
  for (const row of shownAttributes(rows)) {
    const strengths = chosen.includes(row) ? settings.strengths : [];
    const inputs = { dictionary, feature: row.feature, strengths: [...strengths] };
    const probed = await parts.measure('probe', row.attribute, inputs, () => probe(data, row, strengths));
    probes.push(...probed.rows);
    directions.push(...probed.sweeps);
  }
  return { floor, heatMap, topMass, portraits, lists, probes, directions };
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
