/** The comparison as text: one line a method, means over attributes; then a table for each attribute. */
import type { AttributeComparison, MethodRow } from './compare.js';
import { METHODS } from './methods.js';

export interface SteeringComparison {
  readonly split: string;
  readonly budget: number;
  /** Users that strengths were chosen on, and that they were judged on. */
  readonly chosenOn: number;
  readonly judgedOn: number;
  readonly attributes: readonly AttributeComparison[];
}

export function comparisonText({ split, budget, chosenOn, judgedOn, attributes }: SteeringComparison): string {
  const percent = `${Math.round(budget * 100)} %`;
  return [
    `# Methods of steering (split: ${split})`,
    '',
    `${attributes.length} attributes; strengths chosen on ${chosenOn} users, judged on ${judgedOn} others. Intent: NDCG@10 ` +
      'over cases whose next item bears the attribute. Below and above: attributes where the 95 % interval of the ' +
      'difference to score (paired bootstrap over users) lies wholly on that side.',
    '',
    `| method | share at ${percent} lost | intent at ${percent} lost | below / above score | best intent | below / above score | coverage at ${percent} lost |`,
    '| --- | --- | --- | --- | --- | --- | --- |',
    `| unsteered | ${number(mean(attributes, ({ unsteered }) => unsteered.share))} | ${number(mean(attributes, ({ unsteered }) => unsteered.intent))} | | | | ${number(mean(attributes, ({ unsteered }) => unsteered.coverage))} |`,
    ...[...METHODS, 'tuned' as const].map((method) => {
      const rows = attributes.flatMap(({ methods }) => methods.filter((row) => row.method === method));
      const sides = (which: 'atBudget' | 'best'): string => {
        const intervals = rows.map(({ againstScore }) => againstScore[which]);
        const below = intervals.filter(({ high }) => high < 0).length;
        return `${below} / ${intervals.filter(({ low }) => low > 0).length}`;
      };
      const cells = [
        number(mean(rows, ({ atBudget }) => atBudget.share)),
        number(mean(rows, ({ atBudget }) => atBudget.intent)),
        method === 'score' ? '' : sides('atBudget'),
        number(mean(rows, ({ best }) => best.intent)),
        method === 'score' ? '' : sides('best'),
        number(mean(rows, ({ atBudget }) => atBudget.coverage)),
      ];
      return `| ${method} | ${cells.join(' | ')} |`;
    }),
    ...attributes.flatMap(attributeLines),
  ].join('\n');
}

function attributeLines({ attribute, intents, unsteered, methods }: AttributeComparison): string[] {
  return [
    '',
    `## ${attribute} (${intents} intents; unsteered share ${number(unsteered.share)}, intent ${number(unsteered.intent)})`,
    '',
    '| method | strength | share | NDCG kept | intent | against score | best strength | best intent | against score |',
    '| --- | --- | --- | --- | --- | --- | --- | --- | --- |',
    ...methods.map(methodLine),
  ];
}

function methodLine({ method, atBudget, best, againstScore }: MethodRow): string {
  const interval = ({ low, high }: { low: number; high: number }): string => `[${number(low)}, ${number(high)}]`;
  const isScore = method === 'score';
  const cells = [
    atBudget.strength.toFixed(2),
    number(atBudget.share),
    `${(100 * atBudget.ndcgKept).toFixed(0)} %`,
    number(atBudget.intent),
    isScore ? '' : interval(againstScore.atBudget),
    best.strength.toFixed(2),
    number(best.intent),
    isScore ? '' : interval(againstScore.best),
  ];
  return `| ${method} | ${cells.join(' | ')} |`;
}

const number = (value: number): string => value.toFixed(3);

const mean = <T>(rows: readonly T[], value: (row: T) => number): number =>
  rows.reduce((sum, row) => sum + value(row), 0) / Math.max(1, rows.length);
