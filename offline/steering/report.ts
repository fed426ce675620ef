/** The comparison as text: for each kind of attribute one line a method, means over attributes; then a table for each. */
import { bootstrapMean, type Interval } from '../evaluate/bootstrap.js';
import type { AttributeComparison, MethodRow, Outcome } from './compare.js';
import type { Method } from './methods.js';

/** Means over attributes. */
export type MethodMeans = {
  readonly method: Method;
  readonly atBudget: Omit<Outcome, 'strength'>;
  readonly best: Omit<Outcome, 'strength'>;
  /** Intent NDCG less re-ranking's: the mean, attributes with an interval wholly below and above 0. */
  readonly againstScore: { readonly atBudget: Sides; readonly best: Sides };
};

type Sides = { readonly mean: { [K in keyof Interval]: number }; readonly below: number; readonly above: number };

/** What the names of attributes begin with, such as `genre`. */
export type KindMeans = {
  readonly kind: string;
  readonly attributes: number;
  readonly methods: readonly MethodMeans[];
};

export interface SteeringComparison {
  readonly split: string;
  readonly budget: number;
  /** Users that strengths were chosen on, and that they were judged on. */
  readonly chosenOn: number;
  readonly judgedOn: number;
  readonly kinds: readonly KindMeans[];
  readonly attributes: readonly AttributeComparison[];
}

export function meansByKind(attributes: readonly AttributeComparison[], seed: number): KindMeans[] {
  const kinds = Map.groupBy(attributes, ({ attribute }) => attribute.split('/')[0] ?? '');
  return Array.from(kinds, ([kind, own]) => ({
    kind,
    attributes: own.length,
    methods: (own[0]?.methods ?? []).map(({ method }) => meansOf(method, own, seed)),
  }));
}

function meansOf(method: Method, attributes: readonly AttributeComparison[], seed: number): MethodMeans {
  const row = ({ methods }: AttributeComparison, name: Method): MethodRow => {
    const found = methods.find((one) => one.method === name);
    if (found === undefined) throw new Error(`${name} was not compared`);
    return found;
  };
  const rows = attributes.map((one) => row(one, method));
  const means = (which: 'atBudget' | 'best'): Omit<Outcome, 'strength'> => ({
    share: mean(rows, (one) => one[which].share),
    ndcgKept: mean(rows, (one) => one[which].ndcgKept),
    intent: mean(rows, (one) => one[which].intent),
    coverage: mean(rows, (one) => one[which].coverage),
    diversity: mean(rows, (one) => one[which].diversity),
  });
  const sides = (which: 'atBudget' | 'best'): Sides => {
    const intervals = rows.map(({ againstScore }) => againstScore[which]);
    const differences = attributes.map((one) => {
      const [own, score] = [row(one, method).intents[which], row(one, 'score').intents[which]];
      return { users: one.intenders, differences: own.map((value, i) => value - (score[i] ?? Number.NaN)) };
    });
    return {
      mean: { ...bootstrapMean(differences, seed) },
      below: intervals.filter(({ high }) => high < 0).length,
      above: intervals.filter(({ low }) => low > 0).length,
    };
  };
  return {
    method,
    atBudget: means('atBudget'),
    best: means('best'),
    againstScore: { atBudget: sides('atBudget'), best: sides('best') },
  };
}

export function comparisonText({ split, budget, chosenOn, judgedOn, kinds, attributes }: SteeringComparison): string {
  const percent = `${Math.round(budget * 100)} %`;
  return [
    `# Methods of steering (split: ${split})`,
    '',
    `Strengths were chosen on ${chosenOn} users and judged on ${judgedOn} others. Intent: NDCG@10 over cases whose next ` +
      'item bears the attribute. Against score: the difference to re-ranking, with its 95 % interval (paired bootstrap ' +
      'over users); below and above: attributes where that of the attribute lies wholly on that side.',
    ...kinds.flatMap(({ kind, attributes: count, methods }) => {
      const unsteered = attributes
        .filter(({ attribute }) => attribute.split('/')[0] === kind)
        .map((one) => one.unsteered);
      const plain = (value: (one: Outcome) => number): string => number(mean(unsteered, value));
      return [
        '',
        `## ${kind}: means of ${count}`,
        '',
        `| method | share at ${percent} lost | NDCG kept | intent at ${percent} lost | against score | below / above | best intent | against score | below / above | coverage at ${percent} lost | diversity at ${percent} lost |`,
        `|${' --- |'.repeat(11)}`,
        `| unsteered | ${plain(({ share }) => share)} | 1.000 | ${plain(({ intent }) => intent)} | | | | | | ${plain(({ coverage }) => coverage)} | ${plain(({ diversity }) => diversity)} |`,
        ...methods.map(meansLine),
      ];
    }),
    ...attributes.flatMap(attributeLines),
  ].join('\n');
}

function meansLine({ method, atBudget, best, againstScore }: MethodMeans): string {
  const sides = ({ mean: { mean, low, high }, below, above }: Sides): string[] =>
    method === 'score' ? ['', ''] : [`${signed(mean)} [${signed(low)}, ${signed(high)}]`, `${below} / ${above}`];
  const cells = [
    ...[number(atBudget.share), number(atBudget.ndcgKept), number(atBudget.intent), ...sides(againstScore.atBudget)],
    ...[number(best.intent), ...sides(againstScore.best), number(atBudget.coverage), number(atBudget.diversity)],
  ];
  return `| ${method} | ${cells.join(' | ')} |`;
}

function attributeLines({ attribute, intenders, unsteered, methods, about = [] }: AttributeComparison): string[] {
  return [
    '',
    `## ${attribute} (${intenders.length} intents; unsteered share ${number(unsteered.share)}, intent ${number(unsteered.intent)})`,
    ...(about.length > 0 ? ['', `Carried by, among others: ${about.join('; ')}`] : []),
    '',
    '| method | strength | share | NDCG kept | intent | against score | best strength | best intent | against score |',
    `|${' --- |'.repeat(9)}`,
    ...methods.map(methodLine),
  ];
}

function methodLine({ method, by, atBudget, best, againstScore }: MethodRow): string {
  const interval = ({ low, high }: { low: number; high: number }): string => `[${number(low)}, ${number(high)}]`;
  const isScore = method === 'score';
  const named = (variant: string, strength: number): string =>
    variant === method ? strength.toFixed(2) : `${variant}: ${strength.toFixed(2)}`;
  const cells = [
    named(by.atBudget, atBudget.strength),
    number(atBudget.share),
    `${(100 * atBudget.ndcgKept).toFixed(0)} %`,
    number(atBudget.intent),
    isScore ? '' : interval(againstScore.atBudget),
    named(by.best, best.strength),
    number(best.intent),
    isScore ? '' : interval(againstScore.best),
  ];
  return `| ${method} | ${cells.join(' | ')} |`;
}

const number = (value: number): string => value.toFixed(3);
const signed = (value: number): string => (value < 0 ? number(value) : `+${number(value)}`);

const mean = <T>(rows: readonly T[], value: (row: T) => number): number =>
  rows.reduce((sum, row) => sum + value(row), 0) / Math.max(1, rows.length);
