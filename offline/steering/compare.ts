/**
 * Compares methods of steering on one attribute. Strengths are chosen on some users and judged on others: the greatest
 * that loses no more than the budget of NDCG, and the one of the best intent NDCG (over cases whose next item bears the
 * attribute: whether who asks for it, and then takes it, finds it).
 */
import { attributeShare, type Intervention, type SweepBench, type SweepPoint } from '../evaluate/sweep.js';
import type { TestCase } from '../evaluate/cases.js';
import { ndcg } from '../evaluate/ranking-metrics.js';
import { bootstrap, type Interval } from './bootstrap.js';
import { intervene, type Known, type Method, METHODS, strengthsOf, TUNED, type Variant } from './methods.js';

/** The last case of each of some users, ready for interventions. */
export interface Panel {
  readonly bench: SweepBench;
  readonly cases: readonly TestCase[];
}

export type Outcome = {
  readonly strength: number;
  readonly share: number;
  readonly ndcgKept: number;
  readonly intent: number;
  readonly coverage: number;
};

/** Intent NDCG less re-ranking's, each at its own strength of that name; over users. */
export type Against = {
  readonly atBudget: { [K in keyof Interval]: number };
  readonly best: { [K in keyof Interval]: number };
};

export type MethodRow = {
  readonly method: Method | 'tuned';
  readonly atBudget: Outcome;
  readonly best: Outcome;
  readonly againstScore: Against;
};

export type AttributeComparison = {
  readonly attribute: string;
  /** Judged cases whose next item bears it. */
  readonly intents: number;
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
  choosing: Panel,
  judging: Panel,
  { budget, seed }: { readonly budget: number; readonly seed: number },
): AttributeComparison {
  const bearers = new Set(known.items);
  const at = (variant: Variant, strength: number): Judged =>
    judgeAt(judging, bearers, known.items, intervene(variant, known, strength), strength);
  const choose = (variant: Variant): Chosen => chooseStrengths(variant, known, choosing, bearers, budget);
  const chosen = METHODS.map((method) => choose({ method }));
  const all = TUNED.map(
    (variant) =>
      chosen.find((one) => variant.share === undefined && one.variant.method === variant.method) ?? choose(variant),
  );
  const judged = [
    ...chosen.map((one) => ({ method: one.variant.method, budgeted: one, intended: one })),
    {
      method: 'tuned' as const,
      budgeted: greatest(all, ({ atBudget }) => atBudget.intent),
      intended: greatest(all, ({ best }) => best.intent),
    },
  ].map(({ method, budgeted, intended }) => ({
    method,
    atBudget: at(budgeted.variant, budgeted.atBudget.strength),
    best: at(intended.variant, intended.best.strength),
  }));
  const unsteered = judgeAt(judging, bearers, known.items, {}, 0);
  const [score] = judged;
  if (score === undefined) throw new Error('no method was judged');
  return {
    attribute,
    intents: unsteered.intents.length,
    unsteered: outcome(unsteered),
    methods: judged.map(({ method, atBudget, best }) => ({
      method,
      atBudget: outcome(atBudget),
      best: outcome(best),
      againstScore: {
        atBudget: { ...bootstrap(differences(atBudget, score.atBudget), seed) },
        best: { ...bootstrap(differences(best, score.best), seed) },
      },
    })),
  };
}

const outcome = ({ intents: _, ...rest }: Judged): Outcome => rest;

const differences = (one: Judged, other: Judged): number[] =>
  one.intents.map((value, i) => value - (other.intents[i] ?? Number.NaN));

interface Choice {
  readonly strength: number;
  /** Of the choosing users. */
  readonly intent: number;
}

interface Chosen {
  readonly variant: Variant;
  readonly atBudget: Choice;
  readonly best: Choice;
}

function chooseStrengths(
  variant: Variant,
  known: Known,
  { bench, cases }: Panel,
  bearers: ReadonlySet<number>,
  budget: number,
): Chosen {
  const choiceOf = (point: SweepPoint, strength: number): Choice => ({
    strength,
    intent: mean(intentsOf(point, cases, bearers)),
  });
  const least = (1 - budget) * bench.base.metrics.ndcg;
  let before = { strength: 0, ndcg: bench.base.metrics.ndcg };
  let best = choiceOf(bench.base, 0);
  let crossing: number | undefined;
  for (const strength of strengthsOf(variant.method, known)) {
    const point = bench.run(intervene(variant, known, strength));
    const choice = choiceOf(point, strength);
    if (choice.intent > best.intent) best = choice;
    const { ndcg: kept } = point.metrics;
    // Between the two points on both sides of the budget.
    if (kept < least) {
      crossing ??= before.strength + ((before.ndcg - least) / (before.ndcg - kept)) * (strength - before.strength);
    }
    before = { strength, ndcg: kept };
  }
  const strength = crossing ?? before.strength;
  return { variant, atBudget: choiceOf(bench.run(intervene(variant, known, strength)), strength), best };
}

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
    intents,
  };
}

/** NDCG of each case whose target bears the attribute. */
const intentsOf = ({ lists }: SweepPoint, cases: readonly TestCase[], bearers: ReadonlySet<number>): number[] =>
  cases.flatMap(({ target }, i) => (bearers.has(target) ? [ndcg(lists[i] ?? new Int32Array(), target)] : []));

const mean = (values: readonly number[]): number =>
  values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
