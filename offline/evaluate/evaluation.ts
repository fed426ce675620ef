/** Measures a trained model, its SAE and its steering map on users that none of them saw. */
import type { SteeringMap } from '../../src/steering/steering-map.js';
import type { Json } from '../canonical-json.js';
import type { LoadedDictionary } from '../sae/run-sae.js';
import { type DetailSettings, measureDetails } from './details.js';
import { EvaluationData } from './evaluation-data.js';
import { interpret } from './interpretation.js';
import type { Parts } from './parts.js';
import { rankings } from './rankings.js';
import type { EvaluationReport, SteeringRow } from './results.js';
import { featureEdit, gainRow, sweep } from './steering-rows.js';

export interface EvaluationSettings extends DetailSettings {
  /** What the steering map was made from. */
  readonly calibrate: Json;
  /** Nothing but what is published. */
  readonly brief: boolean;
}

export async function evaluate(
  loaded: LoadedDictionary,
  map: SteeringMap,
  settings: EvaluationSettings,
  parts: Parts,
): Promise<EvaluationReport> {
  const { dictionary, calibrate, attributes, strengths } = settings;
  const data = new EvaluationData(loaded);
  try {
    const ranking = await parts.measure('rankings', '', { dictionary }, () => rankings(data));
    const interpretation = await parts.measure('interpretability', '', { dictionary }, () => interpret(data));
    const { rows, summary } = interpretation;
    const steering: SteeringRow[] = [];
    for (const { attribute, feature } of rows.filter((row) => attributes.includes(row.attribute)))
      for (const mode of ['replace', 'delta'] as const) {
        const inputs = { dictionary, feature, strengths: [...strengths] };
        const cells = await parts.measure('sweep', `${mode} ${attribute}`, inputs, () =>
          sweep(data, data.itemsOf(attribute), strengths, (amount) => ({
            edits: [featureEdit(data, feature, mode, amount)],
          })),
        );
        steering.push({ attribute, mode, cells });
      }
    const equalizer = await parts.measure('equalizer', '', { calibrate }, () =>
      map.attributes.map(({ attribute }) => gainRow(data, map, attribute)),
    );
    const { split, name, saeShape } = loaded;
    const { features, layer, site } = saeShape;
    const report = {
      split: split.kind,
      dictionary: { name, features, layer, site },
      ranking,
      sae: summary,
      attributes: rows,
      steering,
      equalizer,
    };
    return settings.brief
      ? report
      : { ...report, details: await measureDetails(data, interpretation, settings, parts) };
  } finally {
    data.close();
  }
}
