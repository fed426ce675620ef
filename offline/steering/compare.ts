/**
 * Compares methods of steering on one attribute. Strengths are chosen on some users and judged on others: the greatest
 * that loses no more than the budget of NDCG, and the one of the best intent NDCG (over cases whose next item bears the
 * attribute: whether who asks for it, and then takes it, finds it).
 */
import { attributeShare, type Intervention } from '../evaluate/sweep.js';
import { interListDiversity } from '../evaluate/ranking-metrics.js';
import { bootstrap, type Interval } from '../evaluate/bootstrap.js';
import { type Chosen, chooser, type Choosing, intentsOf, leaningsOf, mean, nameOf, type Panel } from './choose.js';
import { intervene, type Known, type Method, METHODS, VARIANTS } from './methods.js';

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
  /** Users of the judged cases whose next item bears it, in the order of the rows' intents. */
  readonly intenders: readonly string[];
  readonly unsteered: Outcome;
  readonly methods: readonly MethodRow[];
};

/** What a method did to the judged users, with each intent's NDCG. */
interface Judged extends Outcome {
  readonly intents: readonly number[];
}

export function compareMethods(
  attribute: string,
  known: Known,
  choosing: Choosing,
  judging: Panel & { readonly names: readonly string[] },
  { budget, seed }: { readonly budget: number; readonly seed: number },
): AttributeComparison {
  const bearers = new Set(known.items);
  const leaning = leaningsOf(judging, known.items, choosing.loss);
  const at = ({ variant }: Chosen, strength: number): Judged =>
    judgeAt(judging, bearers, known.items, intervene(variant, known, strength, leaning), strength);
  const choose = chooser(known, choosing, budget);
  const judged = METHODS.map((method) => {
    const all = VARIANTS[method].map(choose);
    const [budgeted, intended] = [
      greatest(all, ({ atBudget }) => atBudget.intent),
      greatest(all, ({ best }) => best.intent),
    ];
    const [atBudget, best] = [at(budgeted, budgeted.atBudget.strength), at(intended, intended.best.strength)];
    return { method, by: { atBudget: nameOf(budgeted.variant), best: nameOf(intended.variant) }, atBudget, best };
  });
  const unsteered = judgeAt(judging, bearers, known.items, {}, 0);
  const [score] = judged;
  if (score === undefined) throw new Error('no method was judged');
  return {
    attribute,
    intenders: judging.cases.flatMap(({ target }, i) => (bearers.has(target) ? [judging.names[i] ?? ''] : [])),
    unsteered: outcome(unsteered),
    methods: judged.map(({ method, by, atBudget, best }) => ({
      method,
      by,
      atBudget: outcome(atBudget),
      best: outcome(best),
      againstScore: {
        atBudget: { ...bootstrap(differences(atBudget, score.atBudget), seed) },
        best: { ...bootstrap(differences(best, score.best), seed) },
      },
      intents: { atBudget: atBudget.intents, best: best.intents },
    })),
  };
}

const outcome = ({ intents: _, ...rest }: Judged): Outcome => rest;

const differences = (one: Judged, other: Judged): number[] =>
  one.intents.map((value, i) => value - (other.intents[i] ?? Number.NaN));

/** The first of the greatest. */
function greatest(all: readonly Chosen[], value: (chosen: Chosen) => number): Chosen {
  const [first, ...others] = all;
  if (first === undefined) throw new Error('there is nothing to choose from');
  return others.reduce((best, next) => (value(next) > value(best) ? next : best), first);
}

function judgeAt(
  { bench, cases }: Panel,
  bearers: ReadonlySet<number>,
  items: Int32Array,
  intervention: Intervention,
  strength: number,
): Judged {
  const point = strength === 0 ? bench.base : bench.run(intervention);
  const intents = intentsOf(point, cases, bearers);
  return {
    strength,
    share: attributeShare(point.lists, items),
    ndcgKept: point.metrics.ndcg / Math.max(1e-9, bench.base.metrics.ndcg),
    intent: mean(intents),
    coverage: point.metrics.coverage,
    diversity: interListDiversity(point.lists),
    intents,
  };
}
