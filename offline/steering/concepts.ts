/**
 * What is compared: attributes by their names, or concepts that nothing is labelled with when it is served. Of these the
 * labels, where there are any, are used in calibration and in judging only: attributes of some kinds (decades, what was
 * joined), series told from titles, and features that the SAE found and no attribute names.
 */
import { UserError } from '../../src/terminal/user-error.js';
import type { Split } from '../dataset/split.js';
import { casesOf } from '../evaluate/cases.js';
import { seriesOfTitles } from '../evaluate/series.js';
import { everyCase } from '../methods/learning-cases.js';
import { recentCases } from '../methods/quarters.js';
import { judgedWishes, type Roles } from './roles.js';
import { WISHED } from './steering-data.js';

export interface Concept {
  /** Such as `genre/Drama`, `series/Star Trek`, `feature/547`. */
  readonly name: string;
  /** That bear it. */
  readonly items: Int32Array;
  /** Of the first SAE, where the concept is a feature; else the one that lines up best with the items is sought. */
  readonly feature?: number;
}

/** Kinds of concepts that are no attributes of the catalogue. */
export const SERIES = 'series';
export const FEATURES = 'feature';

export const attributesOf = ({ attributeNames, attributeItems }: Split): Concept[] =>
  attributeNames.map((name, i) => ({ name, items: attributeItems[i] ?? new Int32Array() }));

/** @throws UserError for a kind of which there is nothing */
export function requireKinds({ attributeNames }: Split, asked: readonly string[]): void {
  const kinds = [...new Set(attributeNames.map((name) => name.split('/')[0] ?? '')), SERIES, FEATURES];
  const unknown = asked.find((kind) => !kinds.includes(kind));
  if (unknown !== undefined)
    throw new UserError(`there are no concepts of kind ${unknown}; there are ${kinds.join(', ')}`);
}

/** Attributes of these kinds that enough items bear, and the series among the titles where they are asked for. */
export function labelledConcepts(split: Split, kinds: readonly string[], minItems: number): Concept[] {
  const attributes = attributesOf(split).filter(
    ({ name, items }) => kinds.some((kind) => name.startsWith(`${kind}/`)) && items.length >= minItems,
  );
  return kinds.includes(SERIES) ? [...attributes, ...seriesOf(split)] : attributes;
}

/** Without those that the catalogue names. */
export const seriesOf = ({ titles, attributeNames }: Split): Concept[] =>
  seriesOfTitles(titles)
    .map(({ name, items }) => ({ name: `${SERIES}/${name}`, items }))
    .filter(({ name }) => !attributeNames.includes(name));

/** Those that enough cases of each part of the users take next: some to learn from, to choose and to judge by. */
export function withCases(
  concepts: readonly Concept[],
  roles: Roles,
  { judgedCases, minCases }: { readonly judgedCases: number; readonly minCases: number },
  print: (line: string) => void,
): readonly Concept[] {
  const parts = [
    everyCase(casesOf(roles.teaching)),
    recentCases(roles.isUnseen, casesOf(roles.choosing), WISHED),
    judgedWishes(roles, judgedCases),
  ];
  const taken = parts.map((cases) => Map.groupBy(cases, ({ target }) => target));
  const hasCases = ({ items }: Concept): boolean =>
    taken.every((byItem) => items.reduce((sum, item) => sum + (byItem.get(item)?.length ?? 0), 0) >= minCases);
  const leftOut = concepts.filter((one) => !hasCases(one));
  if (leftOut.length > 0) {
    const names = leftOut.map(({ name }) => name).join(', ');
    const few =
      minCases === 1
        ? 'no user who teaches, or chooses, or judges took'
        : `of the cases of those who teach, choose or judge fewer than ${minCases} have as next`;
    print(`steering: left out, since ${few} an item that bears it: ${names}`);
  }
  return concepts.filter(hasCases);
}
