/** Lists of single users before and after (the paper's Fig. 7). */
import type { TestCase } from './cases.js';
import type { EvaluationData } from './evaluation-data.js';
import type { ListedItem, SteeredLists } from './results.js';
import { featureEdit } from './steering-rows.js';

const LIST_STRENGTHS = [-5, 2, 5];
const SHOWN_HISTORY = 10;

/** A shorter history says little of what its user likes. */
const LEAST_HISTORY = 10;
/** By what part of all users has less of the attribute in the history. */
const STANDINGS = [
  ['little', 0.1],
  ['middling', 0.5],
  ['much', 0.9],
] as const;

/** A user who is shown, by how much of the attribute the history holds among the histories of all. */
export interface Shown {
  /** Of the case. */
  readonly index: number;
  readonly standing: 'little' | 'middling' | 'much';
  /** Of the history's items. */
  readonly historyShare: number;
}

/**
 * Users at the 10 %, 50 % and 90 % quantile of the attribute's share in the history, of those with ten items or more (of
 * all, where there are none); equal shares in the order of the cases. Their lists are not looked at. One user is shown once.
 */
export function shownUsers(cases: readonly Pick<TestCase, 'history'>[], bearers: ReadonlySet<number>): Shown[] {
  const all = cases.map(({ history }, index) => {
    const borne = history.reduce((count, item) => count + (bearers.has(item) ? 1 : 0), 0);
    return { index, length: history.length, historyShare: borne / Math.max(1, history.length) };
  });
  const long = all.filter(({ length }) => length >= LEAST_HISTORY);
  const ranked = (long.length > 0 ? long : all).toSorted((a, b) => a.historyShare - b.historyShare);
  const shown = STANDINGS.flatMap(([standing, quantile]): Shown[] => {
    const one = ranked[Math.round(quantile * (ranked.length - 1))];
    return one ? [{ index: one.index, standing, historyShare: one.historyShare }] : [];
  });
  return shown.filter(({ index }, i) => shown.findIndex((other) => other.index === index) === i);
}

/** Of an attribute whose top feature is set to several strengths, in mode replace. */
export function steeredLists(data: EvaluationData, attribute: string, feature: number): SteeredLists[] {
  const { bench, cases, loaded } = data;
  const { split } = loaded;
  const title = (item: number): string => split.titles[item] ?? '';
  const bearers = new Set(data.itemsOf(attribute));
  const steered = LIST_STRENGTHS.map((strength) => ({
    strength,
    lists: bench.run({ edits: [featureEdit(data, feature, 'replace', strength)] }).lists,
  }));
  return shownUsers(cases, bearers).flatMap(({ index, standing, historyShare }) => {
    const testCase = cases[index];
    if (testCase === undefined) return [];
    const before = bench.base.lists[index] ?? new Int32Array();
    const shown = (list: Int32Array): ListedItem[] =>
      Array.from(list, (item) => ({ title: title(item), bears: bearers.has(item), isNew: !before.includes(item) }));
    return [
      {
        attribute,
        user: split.test.users[testCase.user] ?? '',
        standing,
        historyShare,
        history: Array.from(testCase.history.subarray(-SHOWN_HISTORY), (item) => ({
          title: title(item),
          bears: bearers.has(item),
        })),
        target: { title: title(testCase.target), bears: bearers.has(testCase.target) },
        lists: [
          { strength: null, items: shown(before) },
          ...steered.map(({ strength, lists }) => ({ strength, items: shown(lists[index] ?? new Int32Array()) })),
        ],
      },
    ];
  });
}
