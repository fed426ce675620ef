/** What all concepts share, made when the first of them asks: one that was compared before asks for nothing. */
import { casesOf, type TestCase } from '../evaluate/cases.js';
import { featureStatistics, type FeatureStatistics } from '../evaluate/interpretability.js';
import { features as saeFeatures, type Sae } from '../../src/model/sae.js';
import { type NormalSet, normalised } from '../evaluate/probes.js';
import { SweepBench } from '../evaluate/sweep.js';
import { type ActivationSet, readPlaces } from '../sae/activation-set.js';
import type { LoadedDictionary } from '../sae/run-sae.js';
import type { Panel } from './choose.js';
import { recentCases } from '../methods/quarters.js';
import { Teaching, type TeachingSettings } from '../methods/teaching.js';
import { judgedWishes, type Roles } from './roles.js';

/** Last cases of each choosing user: that tell what is lost, and among which wishes are found. */
const LOST = 2;
export const WISHED = 10;

/** To be closed. */
export class SteeringData {
  readonly #loaded: LoadedDictionary;
  readonly #roles: Roles;
  readonly #judgedCases: number;
  readonly teaching: Teaching;
  /** One for each block that has one, the first block's first. */
  readonly saes: readonly Sae[];
  #panels: { choosing: Panel; judging: Panel } | undefined;
  #wishes: { choosing: readonly TestCase[]; judging: readonly TestCase[] } | undefined;
  #sets: ActivationSet[] | undefined;
  #normal: NormalSet | undefined;

  constructor(
    loaded: LoadedDictionary,
    saes: readonly Sae[],
    roles: Roles,
    { judgedCases, ...settings }: TeachingSettings & { readonly judgedCases: number },
  ) {
    this.#judgedCases = judgedCases;
    this.#loaded = loaded;
    this.saes = saes;
    this.#roles = roles;
    const { model, shape, split } = loaded;
    this.teaching = new Teaching(model, shape.window, { unseen: roles.teaching, seen: split.train }, settings);
  }

  get panels(): { readonly choosing: Panel; readonly judging: Panel } {
    return (this.#panels ??= {
      choosing: this.panel(this.#recent(LOST)),
      judging: this.panel(this.#roles.judging.cases),
    });
  }

  /** To be closed by the caller. */
  panel(cases: readonly TestCase[]): Panel {
    const { model, shape, split } = this.#loaded;
    return { cases, bench: new SweepBench(model, cases, { window: shape.window, items: split.items.length }) };
  }

  /** Among which those are found whose next item bears a concept: last cases, since what is served is what comes next. */
  get wishes(): { readonly choosing: readonly TestCase[]; readonly judging: readonly TestCase[] } {
    return (this.#wishes ??= {
      choosing: this.#recent(WISHED),
      judging: judgedWishes(this.#roles, this.#judgedCases),
    });
  }

  #recent(most: number): TestCase[] {
    return recentCases(this.#roles.isUnseen, casesOf(this.#roles.choosing), most);
  }

  /** What each SAE reads, of the users who teach and choose. */
  get sets(): readonly ActivationSet[] {
    return (this.#sets ??= this.#readSets());
  }

  /** By SAE: the correlations of concepts that these items bear. */
  statisticsOf(items: readonly Int32Array[]): FeatureStatistics[] {
    return this.saes.map((sae, i) => featureStatistics(at(this.sets, i), items, (x) => saeFeatures(sae, x)));
  }

  /** For the probe: normalised as the first SAE does. */
  get normal(): NormalSet {
    return (this.#normal ??= normalised(at(this.sets, 0), this.scaling));
  }

  get scaling(): { readonly mean: number; readonly std: number } {
    const [mean = 0, std = 1] = at(this.saes, 0).weights.scaling.dataSync<'float32'>();
    return { mean, std };
  }

  /** Names of those who judge, by the index of their cases' user. */
  get judges(): readonly string[] {
    return this.#roles.judging.names;
  }

  close(): void {
    this.#panels?.choosing.bench.close();
    this.#panels?.judging.bench.close();
    this.teaching.close();
  }

  #readSets(): ActivationSet[] {
    const { model, shape } = this.#loaded;
    const places = this.saes.map(({ shape: { layer, site } }) => ({ layer, site }));
    const options = { window: shape.window };
    const parts = [this.#roles.teaching, this.#roles.choosing].map((users) =>
      readPlaces(model, users, places, options),
    );
    return places.map((_, i) => joined(parts.map((sets) => at(sets, i))));
  }
}

function joined(sets: readonly ActivationSet[]): ActivationSet {
  const values = new Float32Array(sets.reduce((sum, set) => sum + set.values.length, 0));
  const items = new Int32Array(sets.reduce((sum, set) => sum + set.items.length, 0));
  let row = 0;
  for (const set of sets) {
    values.set(set.values, row * set.width);
    items.set(set.items, row);
    row += set.items.length;
  }
  return { values, items, width: at(sets, 0).width };
}

function at<T>(all: readonly T[], index: number): T {
  const one = all[index];
  if (one === undefined) throw new Error(`there is no ${index}th of ${all.length}`);
  return one;
}
