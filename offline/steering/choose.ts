/**
 * Chooses strengths of methods: the greatest that loses no more than the budget of NDCG, and the one of the best intent
 * NDCG (over cases whose next item bears the attribute).
 */
import type { TestCase } from '../evaluate/cases.js';
import { ndcg } from '../evaluate/ranking-metrics.js';
import type { SweepBench, SweepPoint } from '../evaluate/sweep.js';
import { leadsClearly } from '../methods/clear-lead.js';
import { leanings, meanLogit } from '../methods/personal.js';
import { intervene, type Known, strengthsOf } from './interventions.js';
import type { Variant } from './methods.js';

/** Some cases, ready for interventions. */
export interface Panel {
  readonly bench: SweepBench;
  readonly cases: readonly TestCase[];
}

/** What chooses, or judges: some cases tell what is lost, others whose next item bears the attribute what is won. */
export interface Panels {
  readonly loss: Panel;
  readonly wishes: Panel;
}

export const nameOf = ({ method, by }: Variant): string =>
  method === 'hybrid' || method === 'personal' ? `${method} ${by}` : method;

export interface Choice {
  readonly strength: number;
  /** NDCG of each wish, and their mean. */
  readonly intents: readonly number[];
  readonly intent: number;
}

export interface Chosen {
  readonly variant: Variant;
  readonly atBudget: Choice;
  readonly best: Choice;
}

/** How much each case of a panel leans towards the items, held against those who tell what is lost. */
export const leaningsOf = (panel: Panel, items: Int32Array, against: Panel): Float64Array =>
  leanings(panel.bench.massOf(items), meanLogit(against.bench.massOf(items)));

/** A sweep stops where so much of the best intent NDCG is gone again and the budget is spent. */
const PAST_BEST = 0.95;

/** Each variant is swept once, whoever asks. */
export function chooser(known: Known, { loss, wishes }: Panels, budget: number): (variant: Variant) => Chosen {
  const bearers = new Set(known.items);
  const swept = new Map<string, Chosen>();
  const leaning = {
    loss: leaningsOf(loss, known.items, loss),
    wishes: leaningsOf(wishes, known.items, loss),
  };
  const wished = (variant: Variant, strength: number): Choice => {
    const { bench, cases } = wishes;
    const point = strength === 0 ? bench.base : bench.run(intervene(variant, known, strength, leaning.wishes));
    const intents = intentsOf(point, cases, bearers);
    return { strength, intents, intent: mean(intents) };
  };
  const sweep = (variant: Variant): Chosen => {
    const unsteered = loss.bench.base.metrics.ndcg;
    const least = (1 - budget) * unsteered;
    let before = { strength: 0, ndcg: unsteered };
    let best = wished(variant, 0);
    let crossing: number | undefined;
    for (const strength of strengthsOf(variant.method, known)) {
      const choice = wished(variant, strength);
      if (choice.intent > best.intent) best = choice;
      if (crossing !== undefined) {
        if (choice.intent < PAST_BEST * best.intent) break;
        continue;
      }
      const { ndcg: kept } = loss.bench.run(intervene(variant, known, strength, leaning.loss)).metrics;
      // Between the two points on both sides of the budget.
      if (kept < least)
        crossing = before.strength + ((before.ndcg - least) / (before.ndcg - kept)) * (strength - before.strength);
      before = { strength, ndcg: kept };
    }
    return { variant, atBudget: wished(variant, crossing ?? before.strength), best };
  };
  return (variant) => {
    const chosen = swept.get(nameOf(variant)) ?? sweep(variant);
    swept.set(nameOf(variant), chosen);
    return chosen;
  };
}

/** What a strength is chosen for. */
export type Aim = 'atBudget' | 'best';

/** Of the variants of a method, the first that serves the wishes best. */
export function chosenOf(all: readonly Chosen[], aim: Aim): Chosen {
  const [first, ...others] = all;
  if (first === undefined) throw new Error('there is nothing to choose from');
  return others.reduce((best, next) => (next[aim].intent > best[aim].intent ? next : best), first);
}

/** The first, re-ranking, unless others serve the wishes clearly better. @param wishers the user of each wish */
export function clearlyBest(all: readonly Chosen[], aim: Aim, wishers: readonly number[]): Chosen {
  const [score, ...others] = all;
  if (score === undefined) throw new Error('there is nothing to choose from');
  const reRanked = score[aim].intents;
  return chosenOf([score, ...others.filter((one) => leadsClearly(wishers, { own: one[aim].intents, reRanked }))], aim);
}

/** NDCG of each case whose target bears the attribute. */
export const intentsOf = ({ lists }: SweepPoint, cases: readonly TestCase[], bearers: ReadonlySet<number>): number[] =>
  cases.flatMap(({ target }, i) => (bearers.has(target) ? [ndcg(lists[i] ?? new Int32Array(), target)] : []));

export const mean = (values: readonly number[]): number =>
  values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
