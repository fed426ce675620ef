/**
 * Compares methods of steering on one attribute. Strengths are chosen on some users and judged on others: the greatest
 * that loses no more than the budget of NDCG, and the one of the best intent NDCG (over cases whose next item bears the
 * attribute: whether who asks for it, and then takes it, finds it).
 */
import { attributeShare, type Intervention, type SweepPoint } from '../evaluate/sweep.js';
import { interListDiversity } from '../evaluate/ranking-metrics.js';
import { bootstrapMean, type Interval } from '../evaluate/bootstrap.js';
import {
  type Aim,
  type Chosen,
  chosenOf,
  chooser,
  clearlyBest,
  intentsOf,
  leaningsOf,
  mean,
  nameOf,
  type Panel,
  type Panels,
} from './choose.js';
import { intervene, type Known } from './interventions.js';
import { type Method, VARIANTS } from './methods.js';

export type Outcome = {
  readonly strength: number;
  readonly share: number;
  readonly ndcgKept: number;
  readonly intent: number;
  readonly coverage: number;
  readonly diversity: number;
};

/** Intent NDCG less re-ranking's, each at its own strength of that name; over users. */
export type Against = {
  readonly atBudget: { [K in keyof Interval]: number };
  readonly best: { [K in keyof Interval]: number };
};

export type MethodRow = {
  readonly method: Method;
  /** Which variant was chosen, of a method that has several. */
  readonly by: { readonly atBudget: string; readonly best: string };
  readonly atBudget: Outcome;
  readonly best: Outcome;
  readonly againstScore: Against;
  /** NDCG of each intent at either strength: what means over attributes are resampled from. */
  readonly intents: { readonly atBudget: readonly number[]; readonly best: readonly number[] };
};

export type AttributeComparison = {
  readonly attribute: string;
  /** The user of each intent of the rows: judged cases whose next item bears it. */
  readonly intenders: readonly string[];
  readonly unsteered: Outcome;
  readonly methods: readonly MethodRow[];
  /** Titles that say what a discovered feature is about; of attributes and series none. */
  readonly about?: readonly string[];
};

/** What a method did to the judged users, with each intent's NDCG. */
interface Judged extends Outcome {
  readonly intents: readonly number[];
}

/** Those who judge, by the index of their cases' user. */
export interface Judging extends Panels {
  readonly names: readonly string[];
}

export interface CompareSettings {
  readonly budget: number;
  readonly seed: number;
  /** The first is what the others are held against. */
  readonly methods: readonly Method[];
}

export function compareMethods(
  attribute: string,
  known: Known,
  choosing: Panels,
  judging: Judging,
  { budget, seed, methods }: CompareSettings,
): AttributeComparison {
  const leaning = {
    loss: leaningsOf(judging.loss, known.items, choosing.loss),
    wishes: leaningsOf(judging.wishes, known.items, choosing.loss),
  };
  const at = ({ variant }: Chosen, strength: number): Judged =>
    judgeAt(judging, known.items, strength, (panel) => intervene(variant, known, strength, leaning[panel]));
  const choose = chooser(known, choosing, budget);
  const wishers = choosing.wishes.cases.map(({ user }) => user);
  const judged = methods.map((method) => {
    const all = VARIANTS[method].map(choose);
    const by = (aim: Aim): Chosen => (method === 'tuned' ? clearlyBest(all, aim, wishers) : chosenOf(all, aim));
    const [budgeted, intended] = [by('atBudget'), by('best')];
    const [atBudget, best] = [at(budgeted, budgeted.atBudget.strength), at(intended, intended.best.strength)];
    return { method, by: { atBudget: nameOf(budgeted.variant), best: nameOf(intended.variant) }, atBudget, best };
  });
  const unsteered = judgeAt(judging, known.items, 0, () => ({}));
  const [score] = judged;
  if (score === undefined) throw new Error('no method was judged');
  const intenders = judging.wishes.cases.map(({ user }) => judging.names[user] ?? '');
  const against = (aim: Aim, one: Record<Aim, Judged>): Interval => ({
    ...bootstrapMean([{ users: intenders, differences: differences(one[aim], score[aim]) }], seed),
  });
  return {
    attribute,
    intenders,
    unsteered: outcome(unsteered),
    methods: judged.map((one) => ({
      method: one.method,
      by: one.by,
      atBudget: outcome(one.atBudget),
      best: outcome(one.best),
      againstScore: { atBudget: { ...against('atBudget', one) }, best: { ...against('best', one) } },
      intents: { atBudget: one.atBudget.intents, best: one.best.intents },
    })),
  };
}

const outcome = ({ intents: _, ...rest }: Judged): Outcome => rest;

const differences = (one: Judged, other: Judged): number[] =>
  one.intents.map((value, i) => value - (other.intents[i] ?? Number.NaN));

function judgeAt(
  { loss, wishes }: Panels,
  items: Int32Array,
  strength: number,
  interventionFor: (panel: keyof Panels) => Intervention,
): Judged {
  const run = (panel: keyof Panels, { bench }: Panel): SweepPoint =>
    strength === 0 ? bench.base : bench.run(interventionFor(panel));
  const point = run('loss', loss);
  const intents = intentsOf(run('wishes', wishes), wishes.cases, new Set(items));
  return {
    strength,
    share: attributeShare(point.lists, items),
    ndcgKept: point.metrics.ndcg / Math.max(1e-9, loss.bench.base.metrics.ndcg),
    intent: mean(intents),
    coverage: point.metrics.coverage,
    diversity: interListDiversity(point.lists),
    intents,
  };
}
