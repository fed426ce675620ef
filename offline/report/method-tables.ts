/** Methods of steering beside each other (the steering step), as tables of a report. */
import type { AttributeComparison } from '../steering/compare.js';
import type { MethodMeans } from '../steering/report.js';
import type { ReportData } from './report-data.js';
import type { Cell, Table } from './table.js';

const AIMS = ['atBudget', 'best'] as const;
const NAMES = { atBudget: 'at the budget', best: 'at best' } as const;
const OUTCOMES = ['share', 'ndcgKept', 'intent', 'coverage', 'diversity'] as const;
const OUTCOME_HEADS = ['share', 'NDCG kept', 'intent NDCG@10', 'coverage', 'diversity'];
const INTERVAL = ['against score', 'low', 'high'];

const headsOf = (heads: readonly string[]): string[] =>
  AIMS.flatMap((aim) => heads.map((head) => `${head} ${NAMES[aim]}`));

/** Means over the attributes of a kind. */
export function methodTable({ comparisons }: ReportData): Table {
  const cellsOf = ({ againstScore, ...row }: MethodMeans): Cell[] =>
    AIMS.flatMap((aim): Cell[] => {
      const { mean, below, above } = againstScore[aim];
      return [...OUTCOMES.map((name) => row[aim][name]), mean.mean, mean.low, mean.high, below, above];
    });
  return {
    id: 'methods',
    title: 'Methods of steering: means over attributes',
    head: ['kind', 'attributes', 'method', ...headsOf([...OUTCOME_HEADS, ...INTERVAL, 'below', 'above'])],
    rows: comparisons
      .flatMap(({ kinds }) => kinds)
      .flatMap(({ kind, attributes, methods }) =>
        methods.map((row) => [kind, attributes, row.method, ...cellsOf(row)]),
      ),
  };
}

/** Each attribute. */
export function methodsByAttribute({ comparisons }: ReportData): Table {
  const rowsOf = ({ attribute, intenders, methods, about = [] }: AttributeComparison): Cell[][] =>
    methods.map(({ method, by, againstScore, ...row }) => [
      ...[attribute, about.join('; '), intenders.length, method],
      ...AIMS.flatMap((aim): Cell[] => {
        const { mean, low, high } = againstScore[aim];
        return [by[aim], row[aim].strength, ...OUTCOMES.map((name) => row[aim][name]), mean, low, high];
      }),
    ]);
  return {
    id: 'methods-by-attribute',
    title: 'Methods of steering',
    head: [
      ...['attribute', 'carried by', 'intents', 'method'],
      ...headsOf(['by', 'strength', ...OUTCOME_HEADS, ...INTERVAL]),
    ],
    rows: comparisons.flatMap(({ attributes }) => attributes).flatMap(rowsOf),
    isHidden: true,
  };
}
